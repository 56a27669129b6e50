import { microsOf } from '../api/time.ts'
import type { KubeObject, ObjectRow } from '../api/types.ts'
import { nameOf } from '../core/rng.ts'
import { controllerRefTo } from './ownership.ts'
import type { ControllerCtx } from './types.ts'

/** What controllers ask of Pods. */

// biome-ignore lint/suspicious/noExplicitAny: a pod template as given
export type PodTemplate = any

/** Neither finished nor on its way out. Models pkg/controller/controller_utils.go IsPodActive. */
export function isActive(pod: ObjectRow): boolean {
  return !isFinished(pod) && !isTerminating(pod)
}

export function isFinished(pod: ObjectRow): boolean {
  const phase = pod.object.status?.phase
  return phase === 'Succeeded' || phase === 'Failed'
}

export function isTerminating(row: ObjectRow): boolean {
  return row.object.metadata.deletionTimestamp !== undefined
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly [field: string]: unknown
}

export function conditionOf(row: ObjectRow, type: string): Condition | undefined {
  const conditions: unknown = row.object.status?.conditions
  if (!Array.isArray(conditions)) return undefined
  return conditions.find((condition: Condition) => condition?.type === type)
}

export function isReady(pod: ObjectRow): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True'
}

/** Microseconds since when a pod is ready; undefined if it is not. */
export function readySinceUs(pod: ObjectRow): number | undefined {
  const ready = conditionOf(pod, 'Ready')
  return ready?.status === 'True' ? (microsOf(ready.lastTransitionTime) ?? 0) : undefined
}

/** Ready for at least `minReadySeconds`. Models pkg/api/v1/pod/util.go IsPodAvailable. */
export function isAvailable(pod: ObjectRow, minReadySeconds: number, nowUs: number): boolean {
  const since = readySinceUs(pod)
  return since !== undefined && (minReadySeconds === 0 || since + minReadySeconds * 1_000_000 <= nowUs)
}

/** A Pod as its owner's template says, not yet created. */
export function podFromTemplate(
  owner: ObjectRow,
  template: PodTemplate,
  name: string,
  generateName?: string,
): KubeObject {
  const { labels, annotations, finalizers } = template?.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(generateName ? { generateName } : {}),
      namespace: owner.namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerRefTo(owner)],
    },
    spec: template?.spec ?? {},
  }
}

/** Where a generated name is cut so that its suffix still fits: models apiserver storage/names SimpleNameGenerator. */
const LONGEST_BASE = 63 - 5

/**
 * Free names `<base><5 characters>`, one per call. The n-th name of a base is always the same, so that what happens
 * elsewhere renames nothing; a name that is still in use is passed over. `of` tells positions apart that are not counted (nodes).
 */
export function freeNames(ctx: ControllerCtx, kind: string, namespace: string, base: string, of = ''): () => string {
  const given = new Set<string>()
  const start = base.slice(0, LONGEST_BASE)
  let ordinal = 0
  return () => {
    for (;;) {
      const stream = `${ctx.cluster}/${kind}/${namespace}/${base}${of}#${ordinal++}`
      const name = `${start}${nameOf(ctx.clock.seed, stream, 5)}`
      if (given.has(name) || ctx.api.get(kind, namespace, name)) continue
      given.add(name)
      return name
    }
  }
}
