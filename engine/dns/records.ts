import type { WorldReader } from '../core/world.ts'
import { clusterConfig } from '../api/cluster-config.ts'
import { objectId } from '../api/names.ts'
import type { KubeObject } from '../api/types.ts'
import { familyOf, parseIp } from '../net/ip.ts'
import type { DnsRecord } from '../net/packet.ts'
import { addressOfPtr } from './ptr.ts'

/**
 * What the cluster's DNS knows, as a pure function of Services, EndpointSlices and Namespaces.
 * Models coredns plugin/kubernetes (kubernetes.go Records(), findServices(), findPods(); parse.go) with kubeadm's Corefile:
 * `pods insecure`, `ttl 30`; and the DNS specification of Kubernetes 1.1.0 where they agree.
 */
export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL'
  readonly answers: readonly DnsRecord[]
  readonly authority?: readonly DnsRecord[]
  /** Objects that gave the answer, as `Kind/namespace/name`. */
  readonly from: readonly string[]
  /** The name lies outside of the cluster's zones: `forward` asks the node's resolver. */
  readonly outside?: boolean
}

export const TTL = 30
const NO_DATA: Pick<DnsAnswer, 'rcode' | 'answers' | 'from'> = { rcode: 'NOERROR', answers: [], from: [] }
const NX_DOMAIN: Pick<DnsAnswer, 'rcode' | 'answers' | 'from'> = { rcode: 'NXDOMAIN', answers: [], from: [] }

interface Zone {
  readonly world: WorldReader
  readonly cluster: string
  readonly domain: string
}

/** An endpoint as DNS names it. */
interface Endpoint {
  readonly address: string
  readonly hostname: string
  readonly ports: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[]
  readonly slice: string
}

export function answerQuestion(
  world: WorldReader,
  cluster: string,
  question: { name: string; type: string },
): DnsAnswer {
  const zone: Zone = { world, cluster, domain: clusterConfig(world, cluster)?.networking.dnsDomain ?? 'cluster.local' }
  const name = question.name.toLowerCase().replace(/\.$/, '')
  const reverse = addressOfPtr(name)
  if (reverse !== undefined) return pointers(zone, name, reverse, question.type)
  if (name !== zone.domain && !name.endsWith(`.${zone.domain}`)) return forwarded()
  const labels = name === zone.domain ? [] : name.slice(0, -zone.domain.length - 1).split('.')
  return withAuthority(zone, inZone(zone, name, labels, question.type))
}

// Simplified: no resolver lies behind `forward`: the internet is unreachable, and SERVFAIL comes at once instead of after its timeouts.
function forwarded(): DnsAnswer {
  return { rcode: 'SERVFAIL', answers: [], from: [], outside: true }
}

function inZone(zone: Zone, name: string, labels: readonly string[], type: string): DnsAnswer {
  if (labels.length === 0) return NO_DATA
  if (labels.length === 1 && labels[0] === 'dns-version')
    return type === 'TXT' ? { ...NO_DATA, answers: [{ name, type, ttl: TTL, data: '"1.1.0"' }] } : NO_DATA
  const [branch, namespace, service, ...rest] = [...labels].reverse()
  if (branch !== 'svc' && branch !== 'pod') return NX_DOMAIN
  if (namespace === undefined) return NO_DATA
  if (!hasNamespace(zone, namespace)) return NX_DOMAIN
  if (service === undefined) return NO_DATA
  if (branch === 'pod') return rest.length === 0 ? podAddress(name, service, type) : NX_DOMAIN
  if (rest.length === 0) return ofService(zone, name, namespace, service, type, {})
  if (rest.length === 1) return ofService(zone, name, namespace, service, type, { endpoint: rest[0] })
  const [protocol, port] = rest
  if (rest.length === 2 && protocol.startsWith('_') && port.startsWith('_'))
    return ofService(zone, name, namespace, service, type, { port: port.slice(1), protocol: protocol.slice(1) })
  return NX_DOMAIN
}

function ofService(
  zone: Zone,
  name: string,
  namespace: string,
  serviceName: string,
  type: string,
  want: { endpoint?: string; port?: string; protocol?: string },
): DnsAnswer {
  const service = serviceOf(zone, namespace, serviceName)
  if (!service) return NX_DOMAIN
  const self = `Service/${namespace}/${serviceName}`
  const spec = service.spec ?? {}
  const base = `${serviceName}.${namespace}.svc.${zone.domain}`
  if (spec.type === 'ExternalName')
    return want.endpoint || want.port
      ? NX_DOMAIN
      : externalName(zone, name, String(spec.externalName ?? ''), type, self)

  const headless = spec.clusterIP === 'None'
  if (headless || want.endpoint !== undefined) {
    const ready = endpointsOf(zone, namespace, serviceName).filter(
      (endpoint) => want.endpoint === undefined || endpoint.hostname === want.endpoint,
    )
    const found =
      want.port === undefined
        ? ready
        : ready.filter((endpoint) => endpoint.ports.some((port) => portMatches(port, want)))
    if (found.length === 0) return NX_DOMAIN
    const from = [self, ...new Set(found.map((endpoint) => endpoint.slice))]
    if (type === 'SRV') {
      const targets = found.flatMap((endpoint) =>
        endpoint.ports
          .filter((port) => portMatches(port, want))
          .map((port) => ({ port: port.port ?? 0, target: `${endpoint.hostname}.${base}` })),
      )
      return { ...NO_DATA, answers: srv(name, targets), from }
    }
    if (want.port !== undefined) return { ...NO_DATA, from }
    return {
      ...NO_DATA,
      answers: addresses(
        name,
        type,
        found.map((endpoint) => endpoint.address),
      ),
      from,
    }
  }

  const ips: readonly string[] = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])
  if (ips.length === 0) return NX_DOMAIN
  const ports: readonly { name?: string; port: number; protocol?: string }[] = spec.ports ?? []
  const matching = ports.filter((port) => portMatches(port, want))
  if (want.port !== undefined && matching.length === 0) return NX_DOMAIN
  if (type === 'SRV')
    return {
      ...NO_DATA,
      answers: srv(
        name,
        ips.flatMap(() => matching.map((port) => ({ port: port.port, target: base }))),
      ),
      from: [self],
    }
  if (want.port !== undefined) return { ...NO_DATA, from: [self] }
  return { ...NO_DATA, answers: addresses(name, type, ips), from: [self] }
}

/** The alias, and what it leads to where that lies in the cluster. An address given as a name stays a name. */
function externalName(zone: Zone, name: string, target: string, type: string, self: string): DnsAnswer {
  const alias: DnsRecord = { name, type: 'CNAME', ttl: TTL, data: target.replace(/\.$/, '') }
  if (type !== 'A' && type !== 'AAAA' && type !== 'CNAME') return { ...NO_DATA, from: [self] }
  const further =
    type === 'CNAME' || alias.data === name
      ? undefined
      : answerQuestion(zone.world, zone.cluster, { name: alias.data, type })
  return { ...NO_DATA, answers: [alias, ...(further?.answers ?? [])], from: [self, ...(further?.from ?? [])] }
}

/** `10-244-1-10.default.pod.cluster.local`: mode `insecure` answers whatever is asked, without looking for the pod. */
function podAddress(name: string, label: string, type: string): DnsAnswer {
  const ip = parseIp(/^\d+-\d+-\d+-\d+$/.test(label) ? label.replaceAll('-', '.') : label.replaceAll('-', ':'))
  return ip === undefined ? NX_DOMAIN : { ...NO_DATA, answers: addresses(name, type, [ip]) }
}

function pointers(zone: Zone, name: string, ip: string, type: string): DnsAnswer {
  const names: { target: string; from: string }[] = []
  for (const row of zone.world.by('object', 'kind', `${zone.cluster}|Service`)) {
    const spec = row.object.spec ?? {}
    if ((spec.clusterIPs ?? [spec.clusterIP]).includes(ip))
      names.push({
        target: `${row.name}.${row.namespace}.svc.${zone.domain}`,
        from: `Service/${row.namespace}/${row.name}`,
      })
  }
  if (names.length === 0) {
    for (const row of zone.world.by('object', 'kind', `${zone.cluster}|EndpointSlice`)) {
      const service = row.object.metadata.labels?.[SERVICE_NAME]
      if (!service || !serviceOf(zone, row.namespace, service)) continue
      for (const endpoint of endpointsOfSlice(row.object, row.id)) {
        if (endpoint.address === ip)
          names.push({ target: `${endpoint.hostname}.${service}.${row.namespace}.svc.${zone.domain}`, from: row.id })
      }
    }
  }
  // `fallthrough in-addr.arpa ip6.arpa`: whom the cluster does not know, the node's resolver may.
  if (names.length === 0) return forwarded()
  if (type !== 'PTR') return NO_DATA
  return {
    ...NO_DATA,
    answers: names.map(({ target }) => ({ name, type: 'PTR', ttl: TTL, data: target })),
    from: names.map(({ from }) => from),
  }
}

const SERVICE_NAME = 'kubernetes.io/service-name'

function serviceOf(zone: Zone, namespace: string, name: string): KubeObject | undefined {
  return zone.world.get('object', objectId(zone.world, { kind: 'Service', namespace, name, cluster: zone.cluster }))
    ?.object
}

function hasNamespace(zone: Zone, namespace: string): boolean {
  return (
    zone.world.get('object', objectId(zone.world, { kind: 'Namespace', name: namespace, cluster: zone.cluster })) !==
      undefined || zone.world.by('object', 'kindNamespace', `${zone.cluster}|Service|${namespace}`).length > 0
  )
}

/** Ready endpoints, each address once, in the slices' order. */
// Simplified: CoreDNS sees the API at once, without the delay of its watch; and answers are not shuffled (plugin loadbalance).
function endpointsOf(zone: Zone, namespace: string, service: string): readonly Endpoint[] {
  const key = `${zone.cluster}|EndpointSlice|${namespace}`
  const byService = zone.world.memo('object', 'kindNamespace', key, 'dns-endpoints', (rows) => {
    const map = new Map<string, Endpoint[]>()
    for (const row of rows) {
      const name = row.object.metadata.labels?.[SERVICE_NAME]
      if (name) map.set(name, [...(map.get(name) ?? []), ...endpointsOfSlice(row.object, row.id)])
    }
    return map
  })
  const seen = new Set<string>()
  return (byService.get(service) ?? []).filter((endpoint) => !seen.has(endpoint.address) && seen.add(endpoint.address))
}

function endpointsOfSlice(slice: KubeObject, id: string): Endpoint[] {
  const ports = slice.ports ?? []
  return (slice.endpoints ?? []).flatMap(
    (endpoint: { addresses?: readonly string[]; hostname?: string; conditions?: { ready?: boolean } }) =>
      endpoint.conditions?.ready === false
        ? []
        : (endpoint.addresses ?? []).map((address) => ({
            address,
            hostname: endpoint.hostname || address.replace(/[.:]/g, '-'),
            ports,
            slice: id,
          })),
  )
}

function portMatches(
  port: { readonly name?: string; readonly protocol?: string },
  want: { port?: string; protocol?: string },
): boolean {
  if (want.port === undefined) return true
  return want.port !== '' && port.name === want.port && (port.protocol ?? 'TCP').toLowerCase() === want.protocol
}

function addresses(name: string, type: string, ips: readonly string[]): DnsRecord[] {
  return ips
    .filter((ip) => (familyOf(ip) === 'ipv4' ? 'A' : 'AAAA') === type)
    .map((data) => ({ name, type, ttl: TTL, data }))
}

/** Weights share 100; both addresses of a dual-stack Service count, and the equal records fall together. Models plugin/backend_lookup.go SRV(). */
function srv(name: string, targets: readonly { port: number; target: string }[]): DnsRecord[] {
  const weight = Math.floor(100 / Math.max(1, targets.length))
  const texts = new Set(targets.map(({ port, target }) => `0 ${weight} ${port} ${target}`))
  return [...texts].map((data) => ({ name, type: 'SRV', ttl: TTL, data }))
}

/** An answer without records carries the zone's SOA, for negative caching. */
function withAuthority(zone: Zone, answer: DnsAnswer): DnsAnswer {
  if (answer.answers.length > 0) return answer
  const data = `ns.dns.${zone.domain} hostmaster.${zone.domain} 1767225600 7200 1800 86400 ${TTL}`
  return { ...answer, authority: [{ name: zone.domain, type: 'SOA', ttl: TTL, data }] }
}
