import type { Mirror } from '../../engine/index.ts'

export interface EndpointChoice {
  /** As the question spells it (`headless.md`, from and to). */
  readonly value: string
  readonly label: string
  readonly group: string
}

const SYSTEM = new Set(['kube-system', 'kube-flannel', 'kube-public', 'kube-node-lease'])

/** What a packet can start from: workloads, pods, nodes, hosts outside. The user's own namespaces first. */
export function sources(mirror: Mirror): EndpointChoice[] {
  return [...workloads(mirror), ...pods(mirror), ...hosts(mirror)]
}

/** What it can be sent to, Services first. */
export function destinations(mirror: Mirror): EndpointChoice[] {
  const services = userFirst(objects(mirror, 'Service')).map(({ namespace, name, object }) => ({
    value: `svc/${name}.${namespace}`,
    label:
      `${shown(namespace, name)} ${object.spec?.clusterIP && object.spec.clusterIP !== 'None' ? `(${object.spec.clusterIP})` : ''}`.trim(),
    group: 'Services',
  }))
  return [...services, ...workloads(mirror), ...pods(mirror), ...hosts(mirror)]
}

/** The first port of a Service or of a pod's containers, to put into the port field when the destination changes. */
export function defaultPort(mirror: Mirror, to: string): number | undefined {
  const service = /^svc\/([^.]+)\.(.+)$/.exec(to)
  if (service) return mirror.get('object', `Service/${service[2]}/${service[1]}`)?.object.spec?.ports?.[0]?.port
  const pod = /^([^/]+)\/([^/]+)$/.exec(to)
  const containers = pod ? mirror.get('object', `Pod/${pod[1]}/${pod[2]}`)?.object.spec?.containers : undefined
  for (const container of containers ?? []) if (container.ports?.[0]) return container.ports[0].containerPort
  return undefined
}

const WORKLOADS = [
  ['Deployment', 'deploy'],
  ['StatefulSet', 'sts'],
  ['DaemonSet', 'ds'],
  ['ReplicationController', 'rc'],
] as const

function workloads(mirror: Mirror): EndpointChoice[] {
  return WORKLOADS.flatMap(([kind, short]) =>
    userFirst(objects(mirror, kind))
      .filter(({ namespace }) => !SYSTEM.has(namespace))
      .map(({ namespace, name }) => ({
        value: `${namespace}/${short}/${name}`,
        label: shown(namespace, name),
        group: 'Workloads (first ready pod)',
      })),
  )
}

function pods(mirror: Mirror): EndpointChoice[] {
  return userFirst(objects(mirror, 'Pod'))
    .filter(({ object }) => object.status?.podIP)
    .map(({ namespace, name, object }) => ({
      value: `${namespace}/${name}`,
      label: `${shown(namespace, name)} (${object.status.podIP})`,
      group: SYSTEM.has(namespace) ? 'System pods' : 'Pods',
    }))
}

function hosts(mirror: Mirror): EndpointChoice[] {
  return mirror.rows('host').flatMap((host) => {
    if (host.kind === 'node') return [{ value: `node/${host.id}`, label: host.id, group: 'Nodes' }]
    if (host.kind === 'outside')
      return [{ value: host.id === 'external' ? 'external' : `external/${host.id}`, label: host.id, group: 'Outside' }]
    return []
  })
}

function objects(mirror: Mirror, kind: string) {
  return mirror.rows('object').filter((row) => row.kind === kind)
}

function userFirst<T extends { readonly namespace: string }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => Number(SYSTEM.has(a.namespace)) - Number(SYSTEM.has(b.namespace)))
}

function shown(namespace: string, name: string): string {
  return namespace === 'default' ? name : `${namespace}/${name}`
}
