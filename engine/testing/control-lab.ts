import { dump } from 'js-yaml'
import { apiOf, configureApi } from '../api/store.ts'
import type { Api, KubeObject, ObjectRow } from '../api/types.ts'
import { type Components, setComponents } from '../control/components.ts'
import { Simulation } from '../simulation.ts'

/**
 * A world of API objects and controllers without a data plane: what control's own tests run on. Nodes are objects only,
 * so that no kubelet starts anything; `play` stands in for it where a test needs running pods.
 */
export class ControlLab {
  readonly sim: Simulation
  readonly cluster = 'kubernetes'

  constructor(options: { nodes?: readonly NodeSpec[]; components?: Components; seed?: number } = {}) {
    this.sim = new Simulation({ seed: options.seed ?? 1 })
    this.sim.transact('start', (ctx) => {
      configureApi(ctx.tx, this.cluster, { serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'] })
      setComponents(ctx.tx, options.components)
      for (const node of options.nodes ?? []) must(apiOf(ctx, this.cluster).create(nodeObject(node)))
    })
  }

  get api(): Api {
    return apiOf(this.sim.world, this.cluster)
  }

  /** Applies objects as one edit. */
  apply(...objects: readonly KubeObject[]): this {
    this.sim.transact('edit', (ctx) => {
      for (const object of objects) must(apiOf(ctx, this.cluster).apply(object))
    })
    return this
  }

  edit(change: (api: Api) => void): this {
    this.sim.transact('edit', (ctx) => change(apiOf(ctx, this.cluster)))
    return this
  }

  settle(): this {
    if (!this.sim.settle({ maxEvents: 200_000 })) throw new Error('the world does not settle')
    return this
  }

  /** Gives every pod that has a node and no address a Running, Ready status, as a kubelet would; settles. */
  play(): this {
    for (let round = 0; round < 50; round++) {
      this.settle()
      const pods = this.list('Pod')
      const fresh = pods.filter(
        (pod) => pod.object.spec.nodeName && !pod.object.status?.podIP && !pod.object.metadata.deletionTimestamp,
      )
      const doomed = pods.filter((pod) => pod.object.metadata.deletionTimestamp)
      if (fresh.length === 0 && doomed.length === 0) return this
      this.edit((api) => {
        for (const pod of fresh)
          api.updateStatus('Pod', pod.namespace, pod.name, runningStatus(pod, this.sim.clock.now))
        for (const pod of doomed) api.delete('Pod', pod.namespace, pod.name, { graceSeconds: 0 })
      })
    }
    throw new Error('pods keep coming')
  }

  list(kind: string, namespace?: string): readonly ObjectRow[] {
    return this.api.list(kind, namespace)
  }

  /** Names of a kind in order. */
  names(kind: string, namespace?: string): string[] {
    return this.list(kind, namespace).map(({ name }) => name)
  }

  get(kind: string, name: string, namespace = 'default'): KubeObject {
    const row = this.api.get(kind, namespace, name)
    if (!row) throw new Error(`no ${kind} ${namespace}/${name}`)
    return row.object
  }

  /** Runs every controller on everything once more; answers what it wrote. */
  rewrites(): readonly string[] {
    const before = new Map(this.sim.world.rows('object').map((row) => [row.id, row]))
    this.sim.transact('stop', (ctx) => setComponents(ctx.tx, { only: [] }))
    this.sim.transact('start', (ctx) => setComponents(ctx.tx, undefined))
    this.settle()
    const now = this.sim.world.rows('object')
    return [
      ...now.filter((row) => before.get(row.id) !== row).map(({ id }) => id),
      ...[...before.keys()].filter((id) => !now.some((row) => row.id === id)),
    ]
  }

  /** All objects as stable text without what differs by history: for comparing worlds. */
  text(kinds: readonly string[] = ['Deployment', 'ReplicaSet', 'Pod', 'EndpointSlice']): string {
    const rows = this.sim.world.rows('object').filter(({ kind }) => kinds.includes(kind))
    return rows.map(({ object }) => dump(withoutHistory(object))).join('---\n')
  }
}

export interface NodeSpec {
  readonly name: string
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  readonly unschedulable?: boolean
}

export function nodeObject({
  name,
  cpu = '4',
  memory = '8Gi',
  pods = '110',
  labels,
  taints,
  unschedulable,
}: NodeSpec): KubeObject {
  const resources = { cpu, memory, pods }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: { capacity: resources, allocatable: resources, conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

/** Workers `worker`, `worker2`, ... */
export function workers(count: number): NodeSpec[] {
  return Array.from({ length: count }, (_, i) => ({ name: i === 0 ? 'worker' : `worker${i + 1}` }))
}

export function deployment(
  name: string,
  replicas: number,
  more: Record<string, unknown> = {},
  container: Record<string, unknown> = {},
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name, container), ...more },
  }
}

export function template(
  app: string,
  container: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    metadata: { labels: { app } },
    spec: {
      containers: [{ name: 'web', image: 'nginx:1.27', ports: [{ name: 'http', containerPort: 80 }], ...container }],
      ...spec,
    },
  }
}

function runningStatus(pod: ObjectRow, nowUs: number): Record<string, unknown> {
  const at = new Date(Date.UTC(2026, 0, 1) + Math.floor(nowUs / 1_000_000) * 1000).toISOString().replace('.000Z', 'Z')
  let sum = 0
  for (const char of pod.name) sum = (sum * 31 + char.charCodeAt(0)) % 65_000
  const podIP = `10.244.${sum >> 8}.${sum & 255}`
  const conditions = (pod.object.status?.conditions ?? []).filter(
    ({ type }: { type: string }) => type === 'PodScheduled',
  )
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [...conditions, { type: 'Ready', status: 'True', lastTransitionTime: at }],
  }
}

function withoutHistory(object: KubeObject): unknown {
  return JSON.parse(JSON.stringify(object, (key, value) => (HISTORY.has(key) ? undefined : value)))
}

const HISTORY = new Set([
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'lastTransitionTime',
  'lastUpdateTime',
  'startTime',
  'generation',
  'observedGeneration',
])

function must(result: { readonly ok: boolean; readonly error?: { readonly message: string } }): void {
  if (!result.ok) throw new Error(result.error?.message)
}
