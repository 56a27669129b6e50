import type { ObjectRow } from '../../api/types.ts'
import { keyOf, splitKey } from '../keys.ts'
import { controllerRefOf, managerKeys } from '../ownership.ts'
import { isTerminating } from '../pods.ts'
import type { Controller, ControllerCtx, ReconcileResult } from '../types.ts'
import { specOf } from './limits.ts'
import {
  ensureNew,
  findNew,
  replicaSetsOf,
  replicasOf,
  revisionOf,
  scale,
  totalReplicas,
  wasScaled,
} from './replica-sets.ts'
import { oldPodsRunning, rollStep, scaleProportionally } from './rollout.ts'
import { isComplete, writeStatus } from './status.ts'

/** Rolls a Deployment's ReplicaSets from one template to the next. Models pkg/controller/deployment. */
export const deploymentController: Controller = {
  name: 'deployment-controller',
  watches: ['Deployment', 'ReplicaSet', 'Pod'],
  keysFor({ before, after }, ctx) {
    const row = after ?? before
    if (row?.kind === 'Deployment') return [keyOf(row)]
    if (row?.kind === 'ReplicaSet')
      return after && !controllerRefOf(after) ? wouldAdopt(after, ctx) : managerKeys([before, after], 'Deployment')
    return before && !after ? ofGonePod(before, ctx) : []
  },
  reconcile(key, ctx) {
    const deployment = ctx.api.get('Deployment', splitKey(key).namespace, splitKey(key).name)
    if (deployment) return sync(deployment, ctx)
  },
}

function wouldAdopt(replicaSet: ObjectRow, ctx: ControllerCtx): string[] {
  const labels = replicaSet.object.metadata.labels ?? {}
  const selects = (row: ObjectRow) =>
    Object.entries(row.object.spec?.selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  return ctx.api.list('Deployment', replicaSet.namespace).filter(selects).map(keyOf)
}

/** Recreate waits for the last old pod. */
function ofGonePod(pod: ObjectRow, ctx: ControllerCtx): string[] {
  const ref = controllerRefOf(pod)
  if (ref?.kind !== 'ReplicaSet') return []
  const replicaSet = ctx.api.get('ReplicaSet', pod.namespace, ref.name)
  const keys = managerKeys([replicaSet], 'Deployment')
  return keys.filter((key) => {
    const deployment = ctx.api.get('Deployment', splitKey(key).namespace, splitKey(key).name)
    return deployment !== undefined && specOf(deployment).strategy === 'Recreate'
  })
}

function sync(deployment: ObjectRow, ctx: ControllerCtx): ReconcileResult | undefined {
  const replicaSets = replicaSetsOf(deployment, ctx)
  const known = findNew(deployment, replicaSets)
  if (isTerminating(deployment)) return writeStatus(deployment, known, without(replicaSets, known), false, ctx)
  if (deployment.object.spec?.paused || wasScaled(deployment, replicaSets)) {
    const fresh = known && ensureNew(deployment, replicaSets, ctx)?.row
    scaleProportionally(deployment, fresh, without(replicaSets, known), ctx)
    return finish(deployment, false, ctx)
  }
  if (specOf(deployment).strategy === 'Recreate') return recreate(deployment, replicaSets, known, ctx)
  const made = ensureNew(deployment, replicaSets, ctx)
  if (!made) return { requeueAfterUs: 5_000 }
  rollStep(deployment, made.row, without(replicaSets, known), ctx)
  return finish(deployment, made.created, ctx)
}

function recreate(
  deployment: ObjectRow,
  replicaSets: readonly ObjectRow[],
  known: ObjectRow | undefined,
  ctx: ControllerCtx,
): ReconcileResult | undefined {
  const old = without(replicaSets, known)
  if (totalReplicas(old) > 0) {
    for (const row of old) if (replicasOf(row) > 0) scale(deployment, row, 0, ctx)
    return finish(deployment, false, ctx)
  }
  if (oldPodsRunning(old, ctx)) return finish(deployment, false, ctx)
  const made = ensureNew(deployment, replicaSets, ctx)
  if (!made) return { requeueAfterUs: 5_000 }
  const wanted = specOf(deployment).replicas
  if (replicasOf(made.row) !== wanted) scale(deployment, made.row, wanted, ctx)
  return finish(deployment, made.created, ctx)
}

function without(replicaSets: readonly ObjectRow[], known: ObjectRow | undefined): ObjectRow[] {
  return replicaSets.filter((row) => row !== known)
}

/** Old ReplicaSets beyond the history limit go; then the status is written from what is there now. */
function finish(deployment: ObjectRow, created: boolean, ctx: ControllerCtx): ReconcileResult | undefined {
  const replicaSets = replicaSetsOf(deployment, ctx)
  const fresh = findNew(deployment, replicaSets)
  const old = without(replicaSets, fresh)
  const complete =
    fresh !== undefined &&
    totalReplicas(old) === 0 &&
    isComplete(deployment, {
      updatedReplicas: fresh.object.status?.replicas ?? 0,
      replicas: fresh.object.status?.replicas ?? 0,
      availableReplicas: fresh.object.status?.availableReplicas ?? 0,
    })
  if (complete) cleanUp(deployment, old, ctx)
  return writeStatus(deployment, fresh, old, created, ctx)
}

/** Models deployment/sync.go cleanupDeployment. */
function cleanUp(deployment: ObjectRow, old: readonly ObjectRow[], ctx: ControllerCtx): void {
  const limit: number = deployment.object.spec?.revisionHistoryLimit ?? 10
  const idle = old.filter(
    (row) => replicasOf(row) === 0 && (row.object.status?.replicas ?? 0) === 0 && !isTerminating(row),
  )
  const byRevision = [...idle].sort((a, b) => revisionOf(a) - revisionOf(b))
  for (const row of byRevision.slice(0, Math.max(0, idle.length - limit)))
    ctx.api.delete('ReplicaSet', row.namespace, row.name)
}
