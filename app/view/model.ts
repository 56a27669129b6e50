import type { AddrRow, HostRow, LinkRow, Mirror, ObjectRow } from '../../engine/index.ts'
import { isSystem } from './names.ts'

/** What of the page's mirror the map reads. */
export type Rows = Pick<Mirror, 'rows' | 'get' | 'by'>

/** The cluster as the map needs it: rows and objects joined, nothing laid out yet. */
export interface ClusterModel {
  readonly nodes: readonly NodeModel[]
  readonly outside: readonly HostModel[]
  readonly routers: readonly HostModel[]
  readonly switches: readonly HostModel[]
  readonly pods: readonly PodModel[]
  /** Pods that no node runs. */
  readonly pending: readonly PodModel[]
  readonly services: readonly ServiceModel[]
}

export interface HostModel {
  readonly id: string
  readonly up: boolean
  readonly links: readonly LinkModel[]
  readonly address: string
}

export interface NodeModel extends HostModel {
  readonly name: string
  readonly controlPlane: boolean
  readonly ready: boolean
  readonly podCidr: string
  /** Main table, as `ip route` prints it. */
  readonly routes: readonly string[]
  readonly neighbours: readonly string[]
  readonly listening: readonly string[]
  readonly conntrack: number
}

export interface LinkModel {
  readonly id: string
  readonly name: string
  readonly kind: LinkRow['kind']
  readonly mac: string
  readonly mtu: number
  readonly up: boolean
  readonly master?: string
  readonly peer?: string
  readonly hairpin: boolean
  /** With prefix length: `10.244.1.1/24`. */
  readonly addresses: readonly string[]
  readonly vni?: number
  /** The device that a tunnel rides on, by name. */
  readonly under?: string
  readonly fdb: number
}

export interface PodModel {
  /** `namespace/name`; the cluster in front for any but the first. */
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly host: string
  readonly netns?: string
  readonly ip: string
  readonly ready: boolean
  readonly terminating: boolean
  /** Why it does not run, or is not ready; empty if all is well. */
  readonly reason: string
  readonly hostNetwork: boolean
  readonly system: boolean
  readonly labels: readonly string[]
  readonly containers: readonly string[]
  /** `80/TCP` */
  readonly listening: readonly string[]
  /** Who made it, for counters: `backend`. */
  readonly owner: string
  readonly created: string
  /** Link ids: its eth0, and the host's end. */
  readonly eth0?: string
  readonly hostEnd?: string
}

export interface ServiceModel {
  /** Id of the object row. */
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly clusterIp: string
  readonly type: string
  readonly ports: readonly string[]
  readonly nodePorts: readonly number[]
  /** Keys of the pods behind it, and whether each is ready. */
  readonly endpoints: readonly { readonly pod: string; readonly ready: boolean }[]
  readonly system: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: objects are open JSON; what is missing reads as undefined
type Json = any

export function clusterModel(rows: Rows): ClusterModel {
  const objects = new Map<string, ObjectRow[]>()
  for (const row of rows.rows('object')) {
    const list = objects.get(row.kind)
    if (list) list.push(row)
    else objects.set(row.kind, [row])
  }
  const links = linksByNetns(rows)
  const host = (row: HostRow): HostModel => {
    const own = links.get(row.id) ?? []
    return { id: row.id, up: row.up, links: own, address: mainAddress(own) }
  }
  const hosts = rows.rows('host')
  const ofKind = (kind: HostRow['kind']) => hosts.filter((row) => row.kind === kind)
  const nodeObjects = new Map((objects.get('Node') ?? []).map((row) => [hostOf(row, row.name), row]))
  const netnsOf = netnsByPod(rows)
  const pods = (objects.get('Pod') ?? []).map((row) => podModel(rows, row, links, netnsOf))
  return {
    nodes: ofKind('node')
      .map((row) => nodeModel(rows, host(row), nodeObjects.get(row.id)))
      .sort((a, b) => byName(a.name, b.name)),
    outside: ofKind('outside').map(host),
    routers: ofKind('router').map(host),
    switches: ofKind('switch').map(host),
    pods: pods.filter((pod) => pod.host !== ''),
    pending: pods.filter((pod) => pod.host === ''),
    services: (objects.get('Service') ?? []).map((row) => serviceModel(row, objects.get('EndpointSlice') ?? [])),
  }
}

/** Name order in which `worker2` comes before `worker10`. */
function byName(a: string, b: string): number {
  const [, restA, numberA] = /^(.*?)(\d*)$/.exec(a) ?? []
  const [, restB, numberB] = /^(.*?)(\d*)$/.exec(b) ?? []
  if (restA !== restB) return a < b ? -1 : 1
  return Number(numberA || 0) - Number(numberB || 0)
}

function hostOf(row: ObjectRow, node: string): string {
  return row.id.includes(':') && row.id.startsWith(`${row.cluster}:`) ? `${row.cluster}:${node}` : node
}

function linksByNetns(rows: Rows): ReadonlyMap<string, LinkModel[]> {
  const addresses = new Map<string, AddrRow[]>()
  for (const addr of rows.rows('addr')) {
    const list = addresses.get(addr.link)
    if (list) list.push(addr)
    else addresses.set(addr.link, [addr])
  }
  const fdb = new Map<string, number>()
  for (const entry of rows.rows('fdb')) fdb.set(entry.link, (fdb.get(entry.link) ?? 0) + 1)
  const links = new Map<string, LinkModel[]>()
  for (const row of rows.rows('link')) {
    const model: LinkModel = {
      id: row.id,
      name: row.name,
      kind: row.kind,
      mac: row.mac,
      mtu: row.mtu,
      up: row.up && row.cut !== true,
      master: row.master,
      peer: row.peer,
      hairpin: row.port?.hairpin === true,
      addresses: (addresses.get(row.id) ?? [])
        .filter((addr) => addr.scope !== 'link')
        .map((addr) => `${addr.address}/${addr.prefixLen}`),
      vni: row.vxlan?.vni,
      under: row.vxlan ? shortDev(row.vxlan.dev) : undefined,
      fdb: fdb.get(row.id) ?? 0,
    }
    const list = links.get(row.netns)
    if (list) list.push(model)
    else links.set(row.netns, [model])
  }
  return links
}

function shortDev(link: string): string {
  return link.slice(link.lastIndexOf('|') + 1)
}

function mainAddress(links: readonly LinkModel[]): string {
  const uplink = links.find((link) => link.kind === 'ether' && link.addresses.length > 0)
  return (uplink?.addresses[0] ?? '').replace(/\/.*/, '')
}

function nodeModel(rows: Rows, host: HostModel, row: ObjectRow | undefined): NodeModel {
  const object: Json = row?.object
  const internal = object?.status?.addresses?.find?.((a: Json) => a.type === 'InternalIP')?.address
  const labels = object?.metadata?.labels ?? {}
  const family = (internal ?? host.address).includes(':') ? 'ipv6' : 'ipv4'
  return {
    ...host,
    name: row?.name ?? host.id,
    address: internal ?? host.address,
    controlPlane: 'node-role.kubernetes.io/control-plane' in labels,
    ready: host.up && condition(object, 'Ready')?.status !== 'False',
    podCidr: object?.spec?.podCIDR ?? '',
    routes: rows
      .by('route', 'netns', host.id)
      .filter((route) => route.table === 254 && route.family === family)
      .map(routeText),
    neighbours: rows
      .by('neigh', 'netns', host.id)
      .map((n) => `${n.address} dev ${shortDev(n.link)}${n.lladdr ? ` lladdr ${n.lladdr}` : ''} ${n.state}`),
    listening: rows
      .by('socket', 'netns', host.id)
      .filter((s) => s.state === 'LISTEN' || (s.state === 'UNCONN' && s.localPort > 0))
      .map((s) => `${s.proto} ${s.localIp}:${s.localPort}${s.process ? ` ${s.process}` : ''}`),
    conntrack: rows.by('conntrack', 'netns', host.id).length,
  }
}

function routeText(route: ReturnType<Rows['rows']>[number] & Json): string {
  const hops = route.nexthops as readonly { dev: string; via?: string; onlink?: boolean }[]
  const dst = route.dst === '0.0.0.0/0' || route.dst === '::/0' ? 'default' : route.dst.replace(/\/(32|128)$/, '')
  const way = hops
    .map((hop) => `${hop.via ? ` via ${hop.via}` : ''} dev ${shortDev(hop.dev)}${hop.onlink ? ' onlink' : ''}`)
    .join(' nexthop')
  return `${route.type === 'unicast' ? '' : `${route.type} `}${dst}${way}`
}

function condition(object: Json, type: string): Json {
  return object?.status?.conditions?.find?.((c: Json) => c.type === type)
}

/** A pod's netns names the pod as its cause: a host does not know its pods otherwise. */
function netnsByPod(rows: Rows): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const row of rows.rows('netns')) {
    if (row.cause?.kind === 'Pod')
      found.set(`${row.cause.cluster ?? ''}|${row.cause.namespace ?? ''}/${row.cause.name}`, row.id)
  }
  return found
}

function podModel(
  rows: Rows,
  row: ObjectRow,
  links: ReadonlyMap<string, LinkModel[]>,
  netnsOf: ReadonlyMap<string, string>,
): PodModel {
  const object: Json = row.object
  const hostNetwork = object.spec?.hostNetwork === true
  const name = `${row.namespace}/${row.name}`
  const netns = hostNetwork ? undefined : (netnsOf.get(`|${name}`) ?? netnsOf.get(`${row.cluster}|${name}`))
  const eth0 = netns ? links.get(netns)?.find((link) => link.name === 'eth0' || link.kind === 'veth') : undefined
  const ready = condition(object, 'Ready')
  const sockets = netns ? rows.by('socket', 'netns', netns) : []
  const hash = object.metadata.labels?.['pod-template-hash']
  const owner = object.metadata.ownerReferences?.[0]?.name ?? row.name
  return {
    key: row.id.includes(':') ? `${row.cluster}:${name}` : name,
    namespace: row.namespace,
    name: row.name,
    host: object.spec?.nodeName ? hostOf(row, object.spec.nodeName) : '',
    netns,
    ip: object.status?.podIP ?? '',
    ready: ready?.status === 'True',
    terminating: object.metadata.deletionTimestamp !== undefined,
    reason: reasonOf(object),
    hostNetwork,
    system: isSystem(row.namespace),
    labels: Object.entries(object.metadata.labels ?? {})
      .filter(([key]) => !['pod-template-hash', 'controller-revision-hash', 'pod-template-generation'].includes(key))
      .map(([key, value]) => `${key}=${value}`),
    containers: (object.spec?.containers ?? []).map((c: Json) => String(c.name)),
    listening: [
      ...new Set(
        sockets
          .filter((s) => s.state === 'LISTEN' || (s.state === 'UNCONN' && s.remoteIp === undefined && s.localPort > 0))
          .map((s) => `${s.localPort}/${s.proto.toUpperCase()}`),
      ),
    ],
    owner: hash && owner.endsWith(`-${hash}`) ? owner.slice(0, -hash.length - 1) : owner,
    created: object.metadata.creationTimestamp ?? '',
    eth0: eth0?.id,
    hostEnd: eth0?.peer,
  }
}

function reasonOf(object: Json): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating'
  const waiting = object.status?.containerStatuses?.map?.((c: Json) => c.state?.waiting?.reason).find(Boolean)
  if (waiting) return waiting
  const scheduled = condition(object, 'PodScheduled')
  if (scheduled?.status === 'False') return scheduled.message ?? scheduled.reason ?? 'Pending'
  const phase = object.status?.phase ?? 'Pending'
  if (phase !== 'Running') return phase
  return condition(object, 'Ready')?.status === 'True' ? '' : 'not ready'
}

function serviceModel(row: ObjectRow, slices: readonly ObjectRow[]): ServiceModel {
  const { spec = {} }: Json = row.object
  const prefix = row.id.includes(':') ? `${row.cluster}:` : ''
  const mine = slices.filter(
    (slice) =>
      slice.cluster === row.cluster &&
      slice.namespace === row.namespace &&
      slice.object.metadata.labels?.['kubernetes.io/service-name'] === row.name,
  )
  const ports: Json[] = spec.ports ?? []
  return {
    id: row.id,
    namespace: row.namespace,
    name: row.name,
    clusterIp: spec.clusterIP ?? '',
    type: spec.type ?? 'ClusterIP',
    ports: ports.map((p) => (p.protocol && p.protocol !== 'TCP' ? `${p.port}/${p.protocol}` : String(p.port))),
    nodePorts: ports.map((p) => p.nodePort).filter((p) => typeof p === 'number'),
    endpoints: mine.flatMap((slice) =>
      (slice.object.endpoints ?? [])
        .filter((e: Json) => e.targetRef?.kind === 'Pod')
        .map((e: Json) => ({
          pod: `${prefix}${e.targetRef.namespace ?? row.namespace}/${e.targetRef.name}`,
          ready: e.conditions?.ready !== false,
        })),
    ),
    system: isSystem(row.namespace) || (row.namespace === 'default' && row.name === 'kubernetes'),
  }
}
