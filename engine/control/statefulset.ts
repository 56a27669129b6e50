import type { LabelSelector } from '../api/selector.ts'
import { matches } from '../api/selector.ts'
import type { KubeObject, ObjectRow, Status } from '../api/types.ts'
import { templateHash } from './deployment/template-hash.ts'
import { scaled } from './deployment/limits.ts'
import { find } from './findings.ts'
import { keyOf, nameOfRow, splitKey } from './keys.ts'
import { adopt, controllerRefOf, managerKeys, orphansOf, ownedBy } from './ownership.ts'
import { isAvailable, isFinished, isReady, isTerminating, podFromTemplate } from './pods.ts'
import { FIXED_COSTS } from './time-costs.ts'
import type { Controller, ControllerCtx, ReconcileResult } from './types.ts'

const REVISION = 'controller-revision-hash'
const POD_NAME = 'statefulset.kubernetes.io/pod-name'
const POD_INDEX = 'apps.kubernetes.io/pod-index'

/**
 * Pods with a number and a name that stay: `web-0`, `web-1`, ..., one after the other unless told otherwise.
 * Models pkg/controller/statefulset/stateful_set_control.go.
 * Simplified: revisions are not kept as ControllerRevision objects, because only the present and the former template matter.
 */
export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  watches: ['StatefulSet', 'Pod'],
  coalesceUs: FIXED_COSTS.replicasBatchUs,
  keysFor({ before, after }, ctx) {
    const row = after ?? before
    if (row?.kind === 'StatefulSet') return [keyOf(row)]
    if (after && !controllerRefOf(after))
      return ctx.api
        .list('StatefulSet', after.namespace)
        .filter((set) => isMember(set, after))
        .map(keyOf)
    return managerKeys([before, after], 'StatefulSet')
  },
  reconcile(key, ctx) {
    const set = ctx.api.get('StatefulSet', splitKey(key).namespace, splitKey(key).name)
    if (set && !isTerminating(set)) return sync(set, ctx)
  },
}

function ordinalOf(set: ObjectRow, pod: ObjectRow): number | undefined {
  const match = pod.name.startsWith(`${set.name}-`) ? /^\d+$/.exec(pod.name.slice(set.name.length + 1)) : null
  return match ? Number(match[0]) : undefined
}

function isMember(set: ObjectRow, pod: ObjectRow): boolean {
  return (
    ordinalOf(set, pod) !== undefined &&
    matches(set.object.spec?.selector as LabelSelector | undefined, pod.object.metadata.labels)
  )
}

function sync(set: ObjectRow, ctx: ControllerCtx): ReconcileResult | undefined {
  const { spec } = set.object
  const first: number = spec?.ordinals?.start ?? 0
  const wanted: number = spec?.replicas ?? 1
  reportVolumes(set, ctx)
  const pods = new Map(claim(set, ctx).map((pod) => [ordinalOf(set, pod) as number, pod]))
  const revision = `${set.name}-${templateHash(spec?.template, undefined)}`
  const error = step(set, pods, { first, wanted, revision }, ctx)
  writeStatus(set, revision, ctx)
  return error && { error }
}

function claim(set: ObjectRow, ctx: ControllerCtx): ObjectRow[] {
  for (const orphan of orphansOf(ctx, 'Pod', set.namespace)) {
    if (isMember(set, orphan) && !isTerminating(orphan)) adopt(ctx, set, orphan)
  }
  return ownedBy(ctx, set, 'Pod').filter((pod) => ordinalOf(set, pod) !== undefined)
}

interface Target {
  readonly first: number
  readonly wanted: number
  readonly revision: string
}

/** The next move: replace what is done for, create what is missing, shrink from the top, then roll out. */
function step(
  set: ObjectRow,
  pods: ReadonlyMap<number, ObjectRow>,
  target: Target,
  ctx: ControllerCtx,
): Status | undefined {
  const ordered = (set.object.spec?.podManagementPolicy ?? 'OrderedReady') !== 'Parallel'
  const minReady: number = set.object.spec?.minReadySeconds ?? 0
  const healthy = (pod: ObjectRow) => !isTerminating(pod) && isAvailable(pod, minReady, ctx.clock.now)
  for (let ordinal = target.first; ordinal < target.first + target.wanted; ordinal++) {
    const pod = pods.get(ordinal)
    if (pod && isFinished(pod) && !isTerminating(pod)) {
      ctx.api.delete('Pod', pod.namespace, pod.name)
      if (ordered) return undefined
    } else if (!pod) {
      const error = create(set, ordinal, target.revision, ctx)
      if (error || ordered) return error
    } else if (ordered && !healthy(pod)) {
      return undefined
    }
  }
  const surplus = [...pods.keys()]
    .filter((ordinal) => ordinal < target.first || ordinal >= target.first + target.wanted)
    .sort((a, b) => b - a)
  for (const ordinal of surplus) {
    const pod = pods.get(ordinal) as ObjectRow
    if (!isTerminating(pod)) remove(set, pod, ctx)
    if (ordered) return undefined
  }
  return roll(set, pods, target, healthy, ctx)
}

function create(set: ObjectRow, ordinal: number, revision: string, ctx: ControllerCtx): Status | undefined {
  const { spec } = set.object
  const name = `${set.name}-${ordinal}`
  const pod = podFromTemplate(set, spec?.template, name, `${set.name}-`)
  const labels = { ...pod.metadata.labels, [POD_INDEX]: String(ordinal), [REVISION]: revision, [POD_NAME]: name }
  const object: KubeObject = {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(spec?.serviceName ? { subdomain: spec.serviceName } : {}),
      ...volumesOf(set, name, pod.spec),
    },
  }
  const made = ctx.api.create(object)
  if (!made.ok) {
    ctx.event(
      set,
      'Warning',
      'FailedCreate',
      `create Pod ${name} in StatefulSet ${set.name} failed error: ${made.error.message}`,
    )
    return made.error
  }
  ctx.event(set, 'Normal', 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${set.name} successful`)
  ctx.note({ actor: 'statefulset-controller', text: `created pod ${name}`, object: nameOfRow(set) })
  return undefined
}

function remove(set: ObjectRow, pod: ObjectRow, ctx: ControllerCtx): void {
  ctx.api.delete('Pod', pod.namespace, pod.name)
  ctx.event(set, 'Normal', 'SuccessfulDelete', `delete Pod ${pod.name} in StatefulSet ${set.name} successful`)
  ctx.note({ actor: 'statefulset-controller', text: `deleted pod ${pod.name}`, object: nameOfRow(set) })
}

/** From the highest number down to the partition, while no more than maxUnavailable are missing. */
function roll(
  set: ObjectRow,
  pods: ReadonlyMap<number, ObjectRow>,
  { first, wanted, revision }: Target,
  healthy: (pod: ObjectRow) => boolean,
  ctx: ControllerCtx,
): undefined {
  const strategy = set.object.spec?.updateStrategy ?? {}
  if (strategy.type === 'OnDelete') return
  const partition: number = strategy.rollingUpdate?.partition ?? 0
  const most = Math.max(1, scaled(strategy.rollingUpdate?.maxUnavailable ?? 1, wanted, Math.ceil))
  let missing = [...pods.values()].filter((pod) => !healthy(pod)).length
  for (let ordinal = first + wanted - 1; ordinal >= first + partition; ordinal--) {
    const pod = pods.get(ordinal)
    if (!pod) continue
    const current = pod.object.metadata.labels?.[REVISION] === revision
    if (!current && !isTerminating(pod)) {
      if (missing >= most && healthy(pod)) return
      if (healthy(pod)) missing++
      remove(set, pod, ctx)
    } else if (!healthy(pod) && missing >= most) {
      return
    }
  }
}

/** The claims that each pod would have; their names are real, their volumes are not. */
function volumesOf(set: ObjectRow, pod: string, spec: KubeObject['spec']): { volumes?: readonly unknown[] } {
  const claims: readonly { metadata?: { name?: string } }[] = set.object.spec?.volumeClaimTemplates ?? []
  if (claims.length === 0) return {}
  const names = claims.map(({ metadata }) => metadata?.name ?? '')
  const others = (spec?.volumes ?? []).filter(({ name }: { name: string }) => !names.includes(name))
  return {
    volumes: [...names.map((name) => ({ name, persistentVolumeClaim: { claimName: `${name}-${pod}` } })), ...others],
  }
}

function reportVolumes(set: ObjectRow, ctx: ControllerCtx): void {
  const claims: readonly { metadata?: { name?: string } }[] = set.object.spec?.volumeClaimTemplates ?? []
  if (claims.length === 0) return
  const names = claims.map(({ metadata }) => `${metadata?.name}-${set.name}-0`).join(', ')
  find(ctx.tx, `pvc/${set.id}`, {
    severity: 'info',
    code: 'not-modelled',
    message: `StatefulSet ${keyOf(set)}: its volume claims (${names}, ...) are not modelled; its pods start without them`,
    object: nameOfRow(set),
  })
}

/** Models stateful_set_utils.go: counts by revision; the current revision follows the update revision when all have it. */
function writeStatus(set: ObjectRow, revision: string, ctx: ControllerCtx): void {
  const pods = ownedBy(ctx, set, 'Pod')
  const live = pods.filter((pod) => !isTerminating(pod) && !isFinished(pod))
  const minReady: number = set.object.spec?.minReadySeconds ?? 0
  const updated = live.filter((pod) => pod.object.metadata.labels?.[REVISION] === revision).length
  const before = set.object.status ?? {}
  const wanted: number = set.object.spec?.replicas ?? 1
  const done = updated === wanted && live.filter(isReady).length === wanted && pods.length === wanted
  const currentRevision = done ? revision : (before.currentRevision ?? revision)
  const current = live.filter((pod) => pod.object.metadata.labels?.[REVISION] === currentRevision).length
  ctx.api.updateStatus('StatefulSet', set.namespace, set.name, {
    observedGeneration: set.object.metadata.generation ?? 1,
    replicas: pods.filter((pod) => !isFinished(pod)).length,
    ...nonZero({ readyReplicas: live.filter(isReady).length, currentReplicas: current, updatedReplicas: updated }),
    availableReplicas: live.filter((pod) => isAvailable(pod, minReady, ctx.clock.now)).length,
    currentRevision,
    updateRevision: revision,
    collisionCount: 0,
  })
}

function nonZero(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
