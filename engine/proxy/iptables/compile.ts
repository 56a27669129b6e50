import type { ObjectRow } from '../../api/types.ts'
import type { Cidr, Family, Ip } from '../../net/address.ts'
import type { DesiredChain, DesiredJump } from '../../kernel/netfilter/sync-chains.ts'
import type { NfRule } from '../../kernel/tables.ts'
import type { ProxyConfig } from '../config.ts'
import { endpointsOf } from '../endpoints.ts'
import { type ServicePort, servicePorts } from '../service-ports.ts'
import { dependsOnNode, type ProxyNode, usableEndpoints } from '../topology.ts'
import { type BaseRules, baseRules, nodePortJumps } from './base-chains.ts'
import { type LocalDetector, localDetector } from './local-detector.ts'
import { type ServiceRules, serviceRules } from './service-rules.ts'

/** What a node's kube-proxy looks at. `slices` answers with the EndpointSlices of a Service, by `namespace/name`. */
export interface ProxyInput {
  readonly config: ProxyConfig
  readonly family: Family
  readonly node: ProxyNode & { readonly podCIDR?: Cidr; readonly addresses: readonly Ip[] }
  readonly services: readonly ObjectRow[]
  readonly slices: ReadonlyMap<string, readonly ObjectRow[]>
  readonly large: boolean
}

export interface Ruleset {
  readonly chains: readonly DesiredChain[]
  readonly jumps: readonly DesiredJump[]
}

/**
 * All that kube-proxy programs on one node for one family. Pure; what does not depend on the node is compiled once and is
 * the same objects for every node, down to the whole ruleset.
 */
export function compileRuleset(input: ProxyInput): Ruleset {
  const { config, family, node, services, slices } = input
  const detector = localDetector(config, family, node.podCIDR)
  const parts: ServiceRules[] = []
  for (const service of services) {
    const own = slices.get(`${service.namespace}/${service.name}`) ?? NONE
    for (const port of servicePorts(service, family)) parts.push(compilePort(port, own, input, detector))
  }
  const last = nodePortJumps(config, family, node.addresses)
  return assemble(parts, sharedBase(config, family), last, `${family} ${JSON.stringify(last)}`, config)
}

const NONE: readonly ObjectRow[] = Object.freeze([])

/** The rules of one service port for these slices, by what else they depend on. */
interface Compiled {
  readonly slices: readonly ObjectRow[]
  readonly dependsOnNode: boolean
  readonly variants: Map<string, ServiceRules>
}
const compiled = new WeakMap<ServicePort, Compiled>()

function compilePort(
  port: ServicePort,
  slices: readonly ObjectRow[],
  input: ProxyInput,
  detector: LocalDetector | undefined,
): ServiceRules {
  const { config, node, large } = input
  let known = compiled.get(port)
  const endpoints = known && sameItems(known.slices, slices) ? undefined : endpointsOf(port, slices)
  if (!known || endpoints) {
    known = { slices, dependsOnNode: dependsOnNode(endpoints ?? [], port), variants: new Map() }
    compiled.set(port, known)
  }
  const nodeIP = port.sourceRanges.length > 0 ? node.addresses[0] : undefined
  const where = known.dependsOnNode ? `${node.name} ${node.zone ?? ''}` : ''
  const key = [config.flags.masqueradeAll, detector?.key ?? '', large, nodeIP ?? '', where].join('|')
  let rules = known.variants.get(key)
  if (!rules) {
    const usable = usableEndpoints(endpoints ?? endpointsOf(port, slices), port, node)
    rules = serviceRules(port, usable, {
      ...{ masqueradeAll: config.flags.masqueradeAll, large },
      ...(detector ? { detector } : {}),
      ...(nodeIP ? { nodeIP } : {}),
    })
    known.variants.set(key, rules)
  }
  return rules
}

const bases = new WeakMap<ProxyConfig, Partial<Record<Family, BaseRules>>>()

function sharedBase(config: ProxyConfig, family: Family): BaseRules {
  const known = bases.get(config) ?? {}
  bases.set(config, known)
  known[family] ??= baseRules(config, family)
  return known[family]
}

/** The ruleset that was put together last, for the next node that wants the same. */
const assembled = new WeakMap<
  ProxyConfig,
  Map<string, { readonly parts: readonly ServiceRules[]; readonly ruleset: Ruleset }>
>()

function assemble(
  parts: readonly ServiceRules[],
  base: BaseRules,
  last: readonly NfRule[],
  key: string,
  config: ProxyConfig,
): Ruleset {
  const byKey = assembled.get(config) ?? new Map()
  assembled.set(config, byKey)
  const known = byKey.get(key)
  if (known && sameItems(known.parts, parts)) return known.ruleset
  const all = (pick: (part: ServiceRules) => readonly NfRule[]) => parts.flatMap(pick)
  const chain = (table: 'nat' | 'filter', name: string, rules: readonly NfRule[]): DesiredChain => ({
    table,
    name,
    rules: Object.freeze(rules),
  })
  const ruleset: Ruleset = {
    chains: [
      ...base.chains,
      chain(
        'filter',
        'KUBE-SERVICES',
        all(({ filter }) => filter.services),
      ),
      chain(
        'filter',
        'KUBE-EXTERNAL-SERVICES',
        all(({ filter }) => filter.external),
      ),
      chain(
        'filter',
        'KUBE-NODEPORTS',
        all(({ filter }) => filter.nodePorts),
      ),
      chain(
        'filter',
        'KUBE-PROXY-FIREWALL',
        all(({ filter }) => filter.firewall),
      ),
      chain('nat', 'KUBE-SERVICES', [...all(({ nat }) => nat.services), ...last]),
      chain(
        'nat',
        'KUBE-NODEPORTS',
        all(({ nat }) => nat.nodePorts),
      ),
      ...parts.flatMap(({ chains }) => chains),
    ],
    jumps: base.jumps,
  }
  byKey.set(key, { parts, ruleset })
  return ruleset
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
