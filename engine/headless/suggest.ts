import type { WorldReader } from '../core/world.ts'
import type { ObjectRow } from '../api/types.ts'
import type { Question } from '../protocol.ts'

const SYSTEM = ['kube-system', 'kube-flannel', 'kube-public', 'kube-node-lease']
const SHORT: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  ReplicationController: 'rc',
  ReplicaSet: 'rs',
  Job: 'job',
}

/** A question that fits a world nobody has asked about yet: its first Service, or its first pod with a port, called by a neighbour. */
export function suggestQuestion(world: WorldReader): Question | undefined {
  const rows = world.rows('object').filter((row) => !SYSTEM.includes(row.namespace))
  const services = rows.filter(
    (row) => row.kind === 'Service' && row.name !== 'kubernetes' && row.object.spec?.ports?.length > 0,
  )
  const running = rows.filter(
    (row) => row.kind === 'Pod' && row.object.status?.phase === 'Running' && row.object.status?.podIP,
  )
  const service = services.find((candidate) => running.some((pod) => selects(candidate, pod))) ?? services[0]
  const target = service ? undefined : (running.find(portOf) ?? running[0])
  if (!service && !target) return undefined
  const others = running.filter((pod) => pod !== target && !(service && selects(service, pod)))
  const source =
    others.find((pod) => pod.namespace === (service ?? target)?.namespace) ??
    others[0] ??
    running.find((pod) => pod !== target)
  return {
    from: source
      ? target && sameOwner(source, target)
        ? `${source.namespace}/${source.name}`
        : nameOf(source)
      : 'external',
    ...(service ? { to: `svc/${service.name}.${service.namespace}`, port: service.object.spec.ports[0].port } : {}),
    ...(target ? { to: `${target.namespace}/${target.name}`, port: portOf(target) ?? 80 } : {}),
    protocol: (service?.object.spec.ports[0].protocol ?? 'TCP') as Question['protocol'], // validated by the API
  } as Question
}

/** The workload that owns a pod where it has a short name, since a pod's own name does not last. */
function nameOf(pod: ObjectRow): string {
  const owner = pod.object.metadata.ownerReferences?.[0]
  if (!owner || !SHORT[owner.kind]) return `${pod.namespace}/${pod.name}`
  if (owner.kind === 'ReplicaSet') return `${pod.namespace}/deploy/${owner.name.replace(/-[a-z0-9]+$/, '')}`
  return `${pod.namespace}/${SHORT[owner.kind]}/${owner.name}`
}

function sameOwner(a: ObjectRow, b: ObjectRow): boolean {
  const owner = a.object.metadata.ownerReferences?.[0]?.uid
  return owner !== undefined && owner === b.object.metadata.ownerReferences?.[0]?.uid
}

function portOf(pod: ObjectRow): number | undefined {
  for (const container of pod.object.spec?.containers ?? [])
    if (container.ports?.[0]) return container.ports[0].containerPort
  return undefined
}

function selects(service: ObjectRow, pod: ObjectRow): boolean {
  const selector = Object.entries(service.object.spec?.selector ?? {})
  return (
    service.namespace === pod.namespace &&
    selector.length > 0 &&
    selector.every(([key, value]) => pod.object.metadata.labels?.[key] === value)
  )
}
