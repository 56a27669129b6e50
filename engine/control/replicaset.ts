import { type LabelSelector, matches, matchesMap } from '../api/selector.ts'
import type { ObjectRow, Status } from '../api/types.ts'
import type { Result } from '../core/result.ts'
import { keyOf, nameOfRow, splitKey } from './keys.ts'
import { adopt, controllerRefOf, managerKeys, orphansOf, ownedBy, release } from './ownership.ts'
import { deletionOrder } from './pod-ranking.ts'
import { freeNames, isActive, isAvailable, isReady, isTerminating, podFromTemplate, readySinceUs } from './pods.ts'
import { FIXED_COSTS } from './time-costs.ts'
import type { Controller, ControllerCtx, ReconcileResult } from './types.ts'

/** What tells a ReplicaSet from a ReplicationController: the rest is one piece of code, as upstream. */
interface ReplicaKind {
  readonly name: string
  readonly kind: string
  selects(object: ObjectRow, labels: Readonly<Record<string, string>> | undefined): boolean
}

/** Keeps as many Pods as a ReplicaSet asks for. Models pkg/controller/replicaset/replica_set.go. */
export const replicaSetController = replicaController({
  name: 'replicaset-controller',
  kind: 'ReplicaSet',
  selects: (row, labels) => matches(row.object.spec?.selector as LabelSelector | undefined, labels),
})

/** The same for ReplicationController. Models pkg/controller/replication (a wrapper around the ReplicaSet's). */
export const replicationController = replicaController({
  name: 'replicationcontroller-controller',
  kind: 'ReplicationController',
  selects: (row, labels) => matchesMap(row.object.spec?.selector, labels),
})

function replicaController(kind: ReplicaKind): Controller {
  return {
    name: kind.name,
    watches: [kind.kind, 'Pod'],
    coalesceUs: FIXED_COSTS.replicasBatchUs,
    urgent: ({ before, after }) =>
      !after || !before || before.object.spec !== after.object.spec || isTerminating(before) !== isTerminating(after),
    keysFor({ before, after }, ctx) {
      const row = after ?? before
      if (row?.kind === kind.kind) return [keyOf(row)]
      if (after && !controllerRefOf(after)) return wouldAdopt(after, kind, ctx)
      return managerKeys([before, after], kind.kind)
    },
    reconcile(key, ctx) {
      const { namespace, name } = splitKey(key)
      const owner = ctx.api.get(kind.kind, namespace, name)
      if (owner) return sync(owner, kind, ctx)
    },
  }
}

/** Everyone who selects an orphan gets a look at it. */
function wouldAdopt(pod: ObjectRow, kind: ReplicaKind, ctx: ControllerCtx): string[] {
  const labels = pod.object.metadata.labels
  if (!labels || isTerminating(pod)) return []
  return ctx.api
    .list(kind.kind, pod.namespace)
    .filter((row) => kind.selects(row, labels))
    .map(keyOf)
}

function sync(owner: ObjectRow, kind: ReplicaKind, ctx: ControllerCtx): ReconcileResult | undefined {
  const pods = claim(owner, kind, ctx).filter(isActive)
  if (isTerminating(owner)) return
  const wanted: number = owner.object.spec?.replicas ?? 1
  if (pods.length < wanted) {
    const { created, error } = createPods(owner, wanted - pods.length, ctx)
    writeStatus(owner, [...pods, ...created], ctx)
    return error && { error }
  }
  const doomed = pods.length > wanted ? deletePods(owner, pods, pods.length - wanted, ctx) : []
  return writeStatus(
    owner,
    pods.filter((pod) => !doomed.includes(pod)),
    ctx,
  )
}

/** The owner's pods, after adopting orphans that it selects and releasing pods that it no longer does. */
function claim(owner: ObjectRow, kind: ReplicaKind, ctx: ControllerCtx): ObjectRow[] {
  const owned = ownedBy(ctx, owner, 'Pod')
  const orphans = isTerminating(owner) ? [] : orphansOf(ctx, 'Pod', owner.namespace)
  const adopted = orphans.filter((pod) => isActive(pod) && kind.selects(owner, pod.object.metadata.labels))
  for (const orphan of adopted) adopt(ctx, owner, orphan)
  const kept = owned.filter((pod) => kind.selects(owner, pod.object.metadata.labels))
  if (kept.length < owned.length && !isTerminating(owner)) {
    for (const pod of owned) if (!kept.includes(pod) && !isTerminating(pod)) release(ctx, owner, pod)
  }
  return [...kept, ...adopted]
}

/** In batches of 1, 2, 4, ...: the first refusal ends it, so that a hopeless template is not tried a thousand times. */
function createPods(owner: ObjectRow, count: number, ctx: ControllerCtx): { created: ObjectRow[]; error?: Status } {
  const template = owner.object.spec?.template
  const base = `${owner.name}-`
  const nextName = freeNames(ctx, 'Pod', owner.namespace, base)
  const created: ObjectRow[] = []
  for (let from = 0, batch = 1; from < count; from += batch, batch *= 2) {
    let failed: Status | undefined
    for (let i = from; i < Math.min(count, from + batch) && !failed; i++) {
      const name = nextName()
      const result: Result<ObjectRow, Status> = ctx.api.create(podFromTemplate(owner, template, name, base))
      if (result.ok) {
        created.push(result.value)
        ctx.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`)
      } else {
        failed = result.error
        ctx.event(owner, 'Warning', 'FailedCreate', `Error creating: ${result.error.message}`)
      }
    }
    if (failed) return { created, error: failed }
  }
  ctx.note({
    actor: noteActor(owner),
    text: `created ${created.length} ${created.length === 1 ? 'pod' : 'pods'} of ${owner.name}`,
    object: nameOfRow(owner),
  })
  return { created }
}

function deletePods(owner: ObjectRow, pods: readonly ObjectRow[], count: number, ctx: ControllerCtx): ObjectRow[] {
  const doomed = deletionOrder(pods, pods, ctx.clock.now).slice(0, count)
  for (const pod of doomed) {
    ctx.api.delete('Pod', pod.namespace, pod.name)
    ctx.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.name}`)
  }
  ctx.note({
    actor: noteActor(owner),
    text: `deleted ${doomed.length} ${doomed.length === 1 ? 'pod' : 'pods'} of ${owner.name}`,
    object: nameOfRow(owner),
  })
  return doomed
}

function noteActor(owner: ObjectRow): string {
  return owner.kind === 'ReplicaSet' ? 'replicaset-controller' : 'replicationcontroller-controller'
}

/** Models replica_set_utils.go calculateStatus. Counts that are zero are left out, but for `replicas`. */
function writeStatus(owner: ObjectRow, pods: readonly ObjectRow[], ctx: ControllerCtx): ReconcileResult | undefined {
  const { spec, status, metadata } = owner.object
  const minReady: number = spec?.minReadySeconds ?? 0
  const templateLabels = Object.entries(spec?.template?.metadata?.labels ?? {})
  let fully = 0
  let ready = 0
  let available = 0
  let nextUs: number | undefined
  for (const pod of pods) {
    const labels = pod.object.metadata.labels ?? {}
    if (templateLabels.every(([key, value]) => labels[key] === value)) fully++
    if (!isReady(pod)) continue
    ready++
    if (isAvailable(pod, minReady, ctx.clock.now)) available++
    else
      nextUs = Math.min(
        nextUs ?? Number.POSITIVE_INFINITY,
        (readySinceUs(pod) ?? 0) + minReady * 1_000_000 - ctx.clock.now,
      )
  }
  const next = {
    replicas: pods.length,
    ...(fully > 0 ? { fullyLabeledReplicas: fully } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    observedGeneration: metadata.generation ?? 1,
    ...(status?.conditions ? { conditions: status.conditions } : {}),
  }
  ctx.api.updateStatus(owner.kind, owner.namespace, owner.name, next)
  return nextUs === undefined ? undefined : { requeueAfterUs: Math.max(1, nextUs) }
}
