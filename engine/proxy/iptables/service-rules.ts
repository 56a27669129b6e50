import type { Cause } from '../../core/cause.ts'
import type { Ip } from '../../net/address.ts'
import { cidrContains } from '../../net/ip.ts'
import type { DesiredChain } from '../../kernel/netfilter/sync-chains.ts'
import type { NfMatch, NfRule, NfTarget } from '../../kernel/tables.ts'
import type { ReasonCode } from '../../kernel/trace/reasons.ts'
import { isExternal, type ServicePort, usesClusterEndpoints, usesLocalEndpoints } from '../service-ports.ts'
import type { Usable } from '../topology.ts'
import { serviceChains } from './chain-names.ts'
import { endpointChains, policyChain } from './endpoint-rules.ts'
import type { LocalDetector } from './local-detector.ts'
import { comment, dport, from, fromHost, jump, local, proto, rule, to } from './rule.ts'

/** What one service port contributes to the chains that all Services share, and its own chains. */
export interface ServiceRules {
  readonly nat: { readonly services: readonly NfRule[]; readonly nodePorts: readonly NfRule[] }
  readonly filter: {
    readonly services: readonly NfRule[]
    readonly external: readonly NfRule[]
    readonly nodePorts: readonly NfRule[]
    readonly firewall: readonly NfRule[]
  }
  readonly chains: readonly DesiredChain[]
}

export interface ServiceContext {
  readonly masqueradeAll: boolean
  readonly detector?: LocalDetector
  /** Of the node, in the port's family: whether its own requests pass source ranges. */
  readonly nodeIP?: Ip
  /** More than 1,000 endpoints in the cluster: comments of endpoints are left out. */
  readonly large: boolean
}

const MARK_MASQ = jump('KUBE-MARK-MASQ')
const ACCEPT: NfTarget = { kind: 'ACCEPT' }
const DROP: NfTarget = { kind: 'DROP' }

/** Models pkg/proxy/iptables/proxier.go syncProxyRules(), the loop over service ports. */
export function serviceRules(port: ServicePort, usable: Usable, context: ServiceContext): ServiceRules {
  const names = serviceChains(port)
  const usesSvc = usable.cluster.length > 0 && usesClusterEndpoints(port)
  const usesSvl = usable.local.length > 0 && usesLocalEndpoints(port)
  const hasInternal = port.internalLocal ? usesSvl : usesSvc
  const hasExternal = port.externalLocal ? usesSvl : usesSvc
  const usesExt = usable.any && isExternal(port)
  const usesFw = usable.any && port.lbVIPs.length > 0 && port.sourceRanges.length > 0
  const chains: DesiredChain[] = []
  const chain = (name: string, rules: readonly NfRule[]) =>
    chains.push({ table: 'nat', name, rules: Object.freeze(rules), cause: causeOf(port) })
  if (usesExt) chain(names.ext, extRules(port, context, hasExternal))
  if (usesFw) chain(names.fw, fwRules(port, context))
  if (usesSvc)
    chain(names.svc, [
      ...(port.internalLocal ? [] : masqueradeCheck(port, context)),
      ...policyChain(port, usable.cluster, context.large),
    ])
  if (usesSvl)
    chain(names.svl, [
      ...(port.internalLocal ? masqueradeCheck(port, context) : []),
      ...policyChain(port, usable.local, context.large),
    ])
  chains.push(...endpointChains(port, usable.reachable, context.large))
  return {
    nat: {
      services: usable.any ? portalRules(port, { hasInternal, usesFw }) : [],
      nodePorts: port.nodePort && usable.any ? [nodePortRule(port)] : [],
    },
    filter: {
      services: hasInternal ? [] : [refusal(port, usable, [to(port.clusterIP)], port.port, 'port')],
      external: hasExternal ? [] : externalRefusals(port, usable),
      nodePorts: port.healthCheckNodePort ? [healthCheckRule(port)] : [],
      firewall: usesFw ? port.lbVIPs.map((vip) => firewallRule(port, vip)) : [],
    },
    chains,
  }
}

/** The Service, and the field of its port that asked for the rule. */
export function causeOf(port: ServicePort, field?: string): Cause {
  return {
    kind: 'Service',
    namespace: port.namespace,
    name: port.service,
    field: field ?? `spec.ports[${port.index}]`,
    cluster: port.cluster,
  }
}

const portCause = (port: ServicePort, field: string) => ({ cause: causeOf(port, `spec.ports[${port.index}].${field}`) })
const specCause = (port: ServicePort, field: string) => ({ cause: causeOf(port, `spec.${field}`) })

/** `-d IP -p tcp -m comment --comment "..." -m tcp --dport N`. */
function portal(port: ServicePort, ip: Ip, text: string): NfMatch[] {
  return [to(ip), proto(port.protocol), comment(text), dport(port.protocol, port.port)]
}

function portalRules(port: ServicePort, { hasInternal, usesFw }: { hasInternal: boolean; usesFw: boolean }): NfRule[] {
  const { svc, svl, ext, fw } = serviceChains(port)
  const { name } = port
  const internal = hasInternal
    ? [
        rule(
          portal(port, port.clusterIP, `${name} cluster IP`),
          jump(port.internalLocal ? svl : svc),
          portCause(port, 'port'),
        ),
      ]
    : []
  const external = port.externalIPs.map((ip, i) =>
    rule(portal(port, ip, `${name} external IP`), jump(ext), specCause(port, `externalIPs[${i}]`)),
  )
  const vips = port.lbVIPs.map((ip) =>
    rule(portal(port, ip, `${name} loadbalancer IP`), jump(usesFw ? fw : ext), specCause(port, 'type')),
  )
  return [...internal, ...external, ...vips]
}

function nodePortRule(port: ServicePort): NfRule {
  const matches = [proto(port.protocol), comment(port.name), dport(port.protocol, port.nodePort)]
  return rule(matches, jump(serviceChains(port).ext), portCause(port, 'nodePort'))
}

function healthCheckRule(port: ServicePort): NfRule {
  const matches = [proto('tcp'), comment(`${port.name} health check node port`), dport('tcp', port.healthCheckNodePort)]
  return rule(matches, ACCEPT, specCause(port, 'healthCheckNodePort'))
}

/** Nobody answers at all: REJECT, and the client knows at once. Nobody here under a Local policy: DROP, and it times out. */
function refusal(port: ServicePort, usable: Usable, where: readonly NfMatch[], number: number, field: string): NfRule {
  const text = `${port.name} has no ${usable.any ? 'local ' : ''}endpoints`
  const [first, ...rest] = where
  const head =
    first.kind === 'dst' ? [first, proto(port.protocol), comment(text)] : [proto(port.protocol), comment(text), first]
  const matches = [...head, ...rest, dport(port.protocol, number)]
  const reason: ReasonCode = usable.any ? 'service.no-local-endpoint' : 'service.no-endpoints'
  const reject: NfTarget = {
    kind: 'REJECT',
    with: port.family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable',
  }
  const policy = field === 'port' ? 'spec.internalTrafficPolicy' : 'spec.externalTrafficPolicy'
  return rule(matches, usable.any ? DROP : reject, {
    cause: causeOf(port, usable.any ? policy : 'spec.selector'),
    reason,
  })
}

function externalRefusals(port: ServicePort, usable: Usable): NfRule[] {
  const addresses = [...port.externalIPs, ...port.lbVIPs].map((ip) =>
    refusal(port, usable, [to(ip)], port.port, 'external'),
  )
  return port.nodePort ? [...addresses, refusal(port, usable, [local('dst')], port.nodePort, 'nodePort')] : addresses
}

/** Traffic to the ClusterIP from anybody but a pod is masqueraded, or the answer would go past this node. */
function masqueradeCheck(port: ServicePort, { masqueradeAll, detector }: ServiceContext): NfRule[] {
  const matches = portal(port, port.clusterIP, `${port.name} cluster IP`)
  if (masqueradeAll) return [rule(matches, MARK_MASQ, portCause(port, 'port'))]
  return detector ? [rule(placed(detector.ifNotLocal, matches), MARK_MASQ, portCause(port, 'port'))] : []
}

/** A source goes before the destination, an interface after it: the kernel's order. */
function placed(match: NfMatch, matches: readonly NfMatch[]): NfMatch[] {
  return match.kind === 'src' ? [match, ...matches] : [matches[0], match, ...matches.slice(1)]
}

function extRules(port: ServicePort, { detector }: ServiceContext, hasExternal: boolean): NfRule[] {
  const { svc, svl } = serviceChains(port)
  const why = specCause(port, 'externalTrafficPolicy')
  const destinations = `for ${port.name} external destinations`
  const onward = hasExternal ? [rule([], jump(port.externalLocal ? svl : svc), why)] : []
  if (!port.externalLocal) return [rule([comment(`masquerade traffic ${destinations}`)], MARK_MASQ, why), ...onward]
  return [
    ...(detector ? [rule([detector.ifLocal, comment(`pod traffic ${destinations}`)], jump(svc), why)] : []),
    rule([comment(`masquerade LOCAL traffic ${destinations}`), local('src')], MARK_MASQ, why),
    rule([comment(`route LOCAL traffic ${destinations}`), local('src')], jump(svc), why),
    ...onward,
  ]
}

function fwRules(port: ServicePort, { nodeIP }: ServiceContext): NfRule[] {
  const { ext } = serviceChains(port)
  const text = comment(`${port.name} loadbalancer IP`)
  const why = (i: number) => specCause(port, `loadBalancerSourceRanges[${i}]`)
  const allowed = port.sourceRanges.map((cidr, i) => rule([from(cidr), text], jump(ext), why(i)))
  const own = nodeIP && port.sourceRanges.some((cidr) => cidrContains(cidr, nodeIP)) ? port.lbVIPs : []
  return [
    ...allowed,
    ...own.map((vip) => rule([fromHost(vip), text], jump(ext), specCause(port, 'loadBalancerSourceRanges'))),
    rule(
      [comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`)],
      undefined,
      specCause(port, 'loadBalancerSourceRanges'),
    ),
  ]
}

function firewallRule(port: ServicePort, vip: Ip): NfRule {
  const text = `${port.name} traffic not accepted by ${serviceChains(port).fw}`
  return rule(portal(port, vip, text), DROP, {
    ...specCause(port, 'loadBalancerSourceRanges'),
    reason: 'service.source-ranges',
  })
}
