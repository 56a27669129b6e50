import type { ObjectRow } from '../api/types.ts'
import type { Cidr, Family, Ip } from '../net/address.ts'
import { familyOf, parseCidr, parseIp } from '../net/ip.ts'

export type Protocol = 'tcp' | 'udp' | 'sctp'

/** One port of one Service in one address family: what a proxy balances. Models pkg/proxy/serviceport.go. */
export interface ServicePort {
  readonly namespace: string
  readonly service: string
  readonly cluster: string
  /** `namespace/service` or `namespace/service:port`: in comments and chain names. */
  readonly name: string
  readonly portName: string
  /** Index in `spec.ports`. */
  readonly index: number
  readonly family: Family
  readonly protocol: Protocol
  readonly clusterIP: Ip
  readonly port: number
  readonly nodePort: number
  readonly externalIPs: readonly Ip[]
  /** Ingress addresses of mode VIP: traffic to them is taken on every node. */
  readonly lbVIPs: readonly Ip[]
  readonly sourceRanges: readonly Cidr[]
  /** Seconds of ClientIP affinity; absent: none. */
  readonly affinitySeconds?: number
  readonly externalLocal: boolean
  readonly internalLocal: boolean
  readonly healthCheckNodePort: number
}

/** Accepts traffic from outside the cluster. */
export function isExternal(port: ServicePort): boolean {
  return port.nodePort !== 0 || port.externalIPs.length > 0 || port.lbVIPs.length > 0
}

/** Even with a Local external policy cluster-wide endpoints are needed: pods of the node reach external addresses by them. */
export function usesClusterEndpoints(port: ServicePort): boolean {
  return !port.internalLocal || isExternal(port)
}

export function usesLocalEndpoints(port: ServicePort): boolean {
  return port.internalLocal || (port.externalLocal && isExternal(port))
}

const memo = new WeakMap<ObjectRow, Readonly<Record<Family, readonly ServicePort[]>>>()

/** The ports of a Service that a proxy of this family handles: none for headless, ExternalName and other proxies' Services. */
export function servicePorts(row: ObjectRow, family: Family): readonly ServicePort[] {
  let ports = memo.get(row)
  if (!ports) {
    ports = { ipv4: readPorts(row, 'ipv4'), ipv6: readPorts(row, 'ipv6') }
    memo.set(row, ports)
  }
  return ports[family]
}

const PROXY_NAME = 'service.kubernetes.io/service-proxy-name'
const HEADLESS = 'service.kubernetes.io/headless'

interface SpecPort {
  readonly name?: string
  readonly protocol?: string
  readonly port: number
  readonly nodePort?: number
}

function readPorts(row: ObjectRow, family: Family): ServicePort[] {
  const { spec = {}, status, metadata } = row.object
  const labels = metadata.labels ?? {}
  if (spec.type === 'ExternalName' || PROXY_NAME in labels || HEADLESS in labels) return []
  const clusterIPs: readonly string[] = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP]
  const clusterIP = addresses(clusterIPs, family)[0]
  if (!clusterIP) return []
  const isLoadBalancer = spec.type === 'LoadBalancer'
  const external = isLoadBalancer || spec.type === 'NodePort'
  const ingress: readonly { ip?: string; ipMode?: string }[] = (isLoadBalancer && status?.loadBalancer?.ingress) || []
  const vips = ingress.filter(({ ipMode }) => ipMode !== 'Proxy').map(({ ip }) => ip)
  const affinity = spec.sessionAffinity === 'ClientIP'
  const list: readonly SpecPort[] = spec.ports ?? []
  return list.map((port, index) => ({
    ...{ namespace: row.namespace, service: row.name, cluster: row.cluster, index, family, clusterIP, port: port.port },
    name: `${row.namespace}/${row.name}${port.name ? `:${port.name}` : ''}`,
    portName: port.name ?? '',
    protocol: (port.protocol ?? 'TCP').toLowerCase() as Protocol, // validated by the API
    nodePort: external ? (port.nodePort ?? 0) : 0,
    externalIPs: addresses(spec.externalIPs ?? [], family),
    lbVIPs: addresses(vips, family),
    sourceRanges: ranges(spec.loadBalancerSourceRanges ?? [], family),
    ...(affinity ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 } : {}),
    externalLocal: spec.externalTrafficPolicy === 'Local',
    internalLocal: spec.internalTrafficPolicy === 'Local',
    // Only who sends traffic to some nodes and not to others needs to ask them.
    healthCheckNodePort: isLoadBalancer && spec.externalTrafficPolicy === 'Local' ? (spec.healthCheckNodePort ?? 0) : 0,
  }))
}

function addresses(list: readonly (string | undefined)[], family: Family): Ip[] {
  return list.flatMap((text) => {
    const ip = text && text !== 'None' ? parseIp(text) : undefined
    return ip && familyOf(ip) === family ? [ip] : []
  })
}

function ranges(list: readonly string[], family: Family): Cidr[] {
  return list.flatMap((text) => {
    const cidr = parseCidr(text.trim())
    return cidr && familyOf(cidr) === family ? [cidr] : []
  })
}
