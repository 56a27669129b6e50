import { useMemo } from 'react'
import type { KubeObject, ObjectRow } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { useSim } from '../stores/use-sim.ts'

/** An object in a few facts, and who owns it. Nothing for a host that is no Node. */
export function ObjectFacts({ id }: { id: string }) {
  const { mirror, version } = useSim('mirror', 'version')
  const select = useInterface((state) => state.select)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mirror is the same object; `version` says that it changed
  const row = useMemo(() => mirror.get('object', id), [mirror, version, id])
  if (!row) return id.startsWith('Node/') ? null : <p className="inspector-note">It does not exist at this moment.</p>
  const owner = row.object.metadata.ownerReferences?.[0]
  return (
    <dl className="inspector-facts">
      {factsOf(row).map(
        ([label, value]) =>
          value && (
            <div key={label}>
              <dt className="label">{label}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ),
      )}
      {owner && (
        <div>
          <dt className="label">owned by</dt>
          <dd>
            <button
              type="button"
              className="link"
              onClick={() => select({ kind: 'object', id: `${owner.kind}/${row.namespace}/${owner.name}` })}
            >
              {owner.kind} {owner.name}
            </button>
          </dd>
        </div>
      )}
    </dl>
  )
}

type Fact = readonly [label: string, value: string | undefined]

function factsOf({ object }: ObjectRow): readonly Fact[] {
  const { spec, status, metadata } = object
  const labels: Fact = ['labels', pairs(metadata.labels)]
  switch (object.kind) {
    case 'Pod':
      return [
        ['phase', `${status?.phase ?? 'Pending'}${isReady(object) ? ', ready' : ', not ready'}`],
        ['pod IP', status?.podIP],
        ['node', spec?.nodeName],
        ['containers', containersOf(object)],
        labels,
      ]
    case 'Node':
      return [
        ['address', status?.addresses?.[0]?.address],
        ['pod CIDR', spec?.podCIDR],
        ['ready', isReady(object) ? 'yes' : 'no'],
      ]
    case 'Service':
      return [
        ['type', spec?.type],
        ['cluster IP', spec?.clusterIP],
        ['ports', (spec?.ports ?? []).map(portOf).join(', ')],
        ['selector', pairs(spec?.selector)],
      ]
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
      return [
        ['replicas', `${status?.readyReplicas ?? 0} ready of ${spec?.replicas ?? 1}`],
        ['selector', pairs(spec?.selector?.matchLabels)],
        labels,
      ]
    default:
      return [['kind', object.kind], labels]
  }
}

function isReady({ status }: KubeObject): boolean {
  return (status?.conditions ?? []).some(
    (condition: { type: string; status: string }) => condition.type === 'Ready' && condition.status === 'True',
  )
}

function portOf(port: { port: number; targetPort?: number | string; protocol?: string; nodePort?: number }): string {
  return `${port.port}/${port.protocol ?? 'TCP'} → ${port.targetPort ?? port.port}${port.nodePort ? `, node ${port.nodePort}` : ''}`
}

function containersOf(pod: KubeObject): string {
  return (pod.spec?.containers ?? [])
    .map(
      ({ name, image, ports = [] }: { name: string; image: string; ports?: { containerPort: number }[] }) =>
        `${name} (${image})${ports.length > 0 ? ` :${ports.map((port) => port.containerPort).join(' :')}` : ''}`,
    )
    .join(', ')
}

function pairs(of: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(of ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}
