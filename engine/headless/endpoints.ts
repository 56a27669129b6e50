import type { WorldReader } from '../core/world.ts'
import { apiOf } from '../api/store.ts'
import { firstCluster } from '../api/names.ts'
import type { ObjectRow } from '../api/types.ts'
import type { Tx } from '../core/world.ts'
import { err, ok, type Result } from '../core/result.ts'
import { parseIp } from '../net/ip.ts'
import type { Ip } from '../net/address.ts'
import type { ReasonCode } from '../kernel/trace/reasons.ts'
import { addressOf, filesOfPod, findHost, hostIdOfNode, netnsOfPod } from './place.ts'

/** What `from` and `to` of a question mean in this world; the spellings are headless.md's. */

export interface Source {
  readonly netns: string
  /** Image of the pod's first container: its C library resolves names. */
  readonly image?: string
  /** Scope of its files, where that is not its netns: a pod with hostNetwork. */
  readonly files?: string
  readonly cluster: string
  /** `ip/ADDRESS`: a packet with this source enters the node of `netns`. */
  readonly spoof?: Ip
  /** `ip/ADDRESS` of somebody there: which of its addresses the program binds to. */
  readonly src?: Ip
}

export interface Target {
  /** An address, or a name that the source resolves. */
  readonly host: string
  readonly port: number
}

/** Why there is nothing to ask: a malformed question, or (with a reason) something of the world. */
export interface NoEndpoint {
  readonly code: string
  readonly message: string
  readonly reason?: ReasonCode
}

const WORKLOADS: Readonly<Record<string, string>> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  rc: 'ReplicationController',
  job: 'Job',
}

export function readSource(world: WorldReader, from: unknown, node?: unknown): Result<Source, NoEndpoint> {
  if (typeof from !== 'string' || from === '')
    return err(bad('`from` is a text such as "default/web-0", "default/deploy/web", "node/worker" or "external"'))
  const cluster = firstCluster(world)
  const [head, ...rest] = from.split('/')
  if (head === 'ip' && rest.length > 0) return spoofed(world, rest.join('/'), node, cluster)
  if (head === 'node' && rest.length === 1) return hostSource(world, rest[0], 'node', cluster)
  if (head === 'external' && rest.length <= 1) return hostSource(world, rest[0] ?? 'external', 'outside host', cluster)
  if (head === 'svc' || head === 'ingress' || head === 'gateway')
    return err(bad(`"${from}" cannot send: it is no place where programs run`))
  const pod = findPod(world, from)
  if (!pod.ok) return pod
  const netns = netnsOfPod(world, pod.value)
  if (!netns)
    return err({
      code: 'pod-not-running',
      message: `pod ${pod.value.namespace}/${pod.value.name} does not run`,
      reason: 'pod.not-running',
    })
  const image = pod.value.object.spec?.containers?.[0]?.image
  const files = filesOfPod(world, pod.value)
  return ok({ netns: netns.id, cluster: pod.value.cluster, ...(image ? { image } : {}), ...(files ? { files } : {}) })
}

/** Where the packet goes, with the port as a number. `source` decides between families and names. */
export function readTarget(
  world: WorldReader,
  to: unknown,
  port: unknown,
  protocol: string,
): Result<Target, NoEndpoint> {
  if (typeof to !== 'string' || to === '')
    return err(bad('`to` is a text such as "default/web-0", "svc/web.default", "web.default" or "10.96.0.10"'))
  const [head, ...rest] = to.split('/')
  const asked = protocol === 'ICMP' ? ok(0) : plainPort(port, to)
  if (head === 'svc' && rest.length === 1) return toService(world, rest[0], port, protocol)
  if (head === 'ingress' || head === 'gateway')
    return err({
      code: 'not-modelled',
      message: `"${to}": Ingress and Gateway are stored, but no controller answers on them yet`,
    })
  if (head === 'node' && rest.length === 1)
    return withAddress(world, findHost(world, rest[0]), `node ${rest[0]}`, asked)
  if (head === 'external' && rest.length <= 1)
    return withAddress(world, findHost(world, rest[0] ?? 'external'), `outside host ${rest[0] ?? 'external'}`, asked)
  if (to.includes('/')) return toPod(world, to, port, protocol)
  if (!asked.ok) return asked
  return ok({ host: parseIp(to) ?? to, port: asked.value })
}

function toService(world: WorldReader, text: string, port: unknown, protocol: string): Result<Target, NoEndpoint> {
  const dot = text.lastIndexOf('.')
  const [name, namespace] = dot < 0 ? [text, 'default'] : [text.slice(0, dot), text.slice(dot + 1)]
  const row = find(world, 'Service', namespace, name)
  if (!row) return err({ code: 'not-found', message: `services "${name}" not found in namespace "${namespace}"` })
  const spec = row.object.spec ?? {}
  const ports: readonly { name?: string; port: number; protocol?: string }[] = spec.ports ?? []
  const number = protocol === 'ICMP' ? 0 : servicePort(ports, port, protocol)
  if (number === undefined) {
    const known = ports.map((each) => (each.name ? `"${each.name}" (${each.port})` : each.port)).join(', ')
    return err(
      bad(`Service ${namespace}/${name} has no port ${JSON.stringify(port ?? null)}; it has ${known || 'none'}`),
    )
  }
  if (spec.type === 'ExternalName') return ok({ host: String(spec.externalName ?? ''), port: number })
  if (spec.clusterIP && spec.clusterIP !== 'None') return ok({ host: spec.clusterIP, port: number })
  const first = readyAddresses(world, row)[0]
  return first
    ? ok({ host: first, port: number })
    : err({
        code: 'no-endpoints',
        message: `headless Service ${namespace}/${name} has no ready endpoint: its name does not resolve`,
        reason: 'dns.nxdomain',
      })
}

/** A number is taken as it is, also one that the Service does not have. */
function servicePort(
  ports: readonly { name?: string; port: number; protocol?: string }[],
  port: unknown,
  protocol: string,
): number | undefined {
  const number = portNumber(port)
  if (number !== undefined) return number
  if (typeof port === 'string') return ports.find((each) => each.name === port)?.port
  return (ports.find((each) => (each.protocol ?? 'TCP') === protocol) ?? ports[0])?.port
}

function readyAddresses(world: WorldReader, service: ObjectRow): string[] {
  return apiOf(world as Tx, service.cluster)
    .list('EndpointSlice', service.namespace)
    .filter((row) => row.object.metadata.labels?.['kubernetes.io/service-name'] === service.name)
    .flatMap((row) => row.object.endpoints ?? [])
    .filter((endpoint: { conditions?: { ready?: boolean } }) => endpoint.conditions?.ready !== false)
    .flatMap((endpoint: { addresses?: readonly string[] }) => endpoint.addresses ?? [])
}

function toPod(world: WorldReader, text: string, port: unknown, protocol: string): Result<Target, NoEndpoint> {
  const pod = findPod(world, text)
  if (!pod.ok) return pod
  const ip =
    pod.value.object.status?.podIP ??
    (pod.value.object.spec?.hostNetwork ? addressOf(world, netnsOfPod(world, pod.value)?.id ?? '') : undefined)
  if (!ip)
    return err({
      code: 'pod-not-running',
      message: `pod ${pod.value.namespace}/${pod.value.name} has no address: it does not run`,
      reason: 'pod.not-running',
    })
  if (protocol === 'ICMP') return ok({ host: ip, port: 0 })
  const declared: readonly { name?: string; containerPort: number; protocol?: string }[] = (
    pod.value.object.spec?.containers ?? []
  ).flatMap((container: { ports?: [] }) => container.ports ?? [])
  const number =
    portNumber(port) ??
    (typeof port === 'string'
      ? declared.find((each) => each.name === port)?.containerPort
      : (declared.find((each) => (each.protocol ?? 'TCP') === protocol) ?? declared[0])?.containerPort)
  if (number !== undefined) return ok({ host: ip, port: number })
  if (port === undefined || port === null) return err(bad(`which port of pod ${text}? give \`port\``))
  const names = declared.flatMap((each) => (each.name ? [`"${each.name}"`] : []))
  return err(
    bad(
      `pod ${text} has no port named "${String(port)}"; ${names.length > 0 ? `it has ${names.join(', ')}` : 'give the number'}`,
    ),
  )
}

/** `ns/name`, or `ns/deploy/name`: its first ready pod, else its first one. */
export function findPod(world: WorldReader, text: string): Result<ObjectRow, NoEndpoint> {
  const parts = text.split('/')
  if (parts.length === 2) {
    const row = find(world, 'Pod', parts[0], parts[1])
    return row
      ? ok(row)
      : err({ code: 'not-found', message: `pods "${parts[1]}" not found in namespace "${parts[0]}"` })
  }
  const kind = parts.length === 3 ? WORKLOADS[parts[1]] : undefined
  if (!kind)
    return err(
      bad(
        `"${text}" names no place: write "namespace/pod", "namespace/deploy/name", "node/name", "external" or "ip/ADDRESS"`,
      ),
    )
  const [namespace, , name] = parts
  const owner = find(world, kind, namespace, name)
  if (!owner) return err({ code: 'not-found', message: `${kind} "${name}" not found in namespace "${namespace}"` })
  const pods = podsOf(world, owner)
  const pod = pods.find(isReady) ?? pods.find((each) => each.object.status?.podIP) ?? pods[0]
  return pod
    ? ok(pod)
    : err({ code: 'no-pods', message: `${kind} ${namespace}/${name} has no pods`, reason: 'pod.not-running' })
}

const isReady = (pod: ObjectRow) =>
  pod.object.status?.conditions?.some(
    (each: { type: string; status: string }) => each.type === 'Ready' && each.status === 'True',
  ) && !pod.object.metadata.deletionTimestamp

/** The pods of a workload, by name: down the chain of owners, a CronJob's through its Jobs. */
function podsOf(world: WorldReader, owner: ObjectRow): ObjectRow[] {
  const pods = new Set<ObjectRow>()
  let level: readonly ObjectRow[] = [owner]
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    level = level.flatMap(({ object }) => world.by('object', 'owner', object.metadata.uid ?? ''))
    for (const row of level)
      if (row.kind === 'Pod' && row.cluster === owner.cluster && row.namespace === owner.namespace) pods.add(row)
  }
  return [...pods].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const DEEPEST = 5

/** In the first cluster, else in any other. */
function find(world: WorldReader, kind: string, namespace: string, name: string): ObjectRow | undefined {
  const first = world.get('object', `${kind}/${namespace}/${name}`)
  if (first) return first
  for (const { id } of world.rows('clusterConfig')) {
    const row = world.get('object', `${id}:${kind}/${namespace}/${name}`)
    if (row) return row
  }
  return undefined
}

function hostSource(world: WorldReader, name: string, what: string, cluster: string): Result<Source, NoEndpoint> {
  const host = findHost(world, name)
  if (!host || !world.get('netns', host)) return err({ code: 'not-found', message: `no ${what} "${name}"` })
  return ok({ netns: host, cluster: world.get('host', host)?.cluster ?? cluster })
}

/** `ip/ADDRESS`: whoever on that node has the address sends; else a packet with it is put on the way that leads there. */
function spoofed(world: WorldReader, address: string, node: unknown, cluster: string): Result<Source, NoEndpoint> {
  const ip = parseIp(address)
  if (!ip) return err(bad(`"${address}" is no address`))
  if (typeof node !== 'string') return err(bad('`from: "ip/ADDRESS"` needs `node`: the node that the packet enters'))
  const host = findHost(world, node) ?? hostIdOfNode(world, cluster, node)
  if (!world.get('netns', host)) return err({ code: 'not-found', message: `no node "${node}"` })
  const owner = world
    .by('addr', 'address', ip)
    .find((row) => (world.get('netns', row.netns)?.host ?? row.netns) === host)
  if (owner) return ok({ netns: owner.netns, cluster, src: ip })
  return ok({ netns: host, cluster, spoof: ip })
}

function withAddress(
  world: WorldReader,
  host: string | undefined,
  what: string,
  port: Result<number, NoEndpoint>,
): Result<Target, NoEndpoint> {
  if (!port.ok) return port
  const address = host === undefined ? undefined : addressOf(world, host)
  return address ? ok({ host: address, port: port.value }) : err({ code: 'not-found', message: `no ${what}` })
}

function plainPort(port: unknown, to: string): Result<number, NoEndpoint> {
  if (port === undefined || port === null) return ok(80)
  const number = portNumber(port)
  return number === undefined
    ? err(bad(`port "${String(port)}" of ${to}: a name is only known for a Service or a pod; give the number`))
    : ok(number)
}

function portNumber(port: unknown): number | undefined {
  const number =
    typeof port === 'number' ? port : typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : undefined
  return number !== undefined && Number.isInteger(number) && number >= 1 && number <= 65_535 ? number : undefined
}

const bad = (message: string): NoEndpoint => ({ code: 'bad-ask', message })
