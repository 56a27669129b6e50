import type { ObjectRow } from '../../api/types.ts'
import { ownedBy } from '../ownership.ts'
import { isFinished } from '../pods.ts'
import type { ControllerCtx } from '../types.ts'
import { limitsOf, specOf } from './limits.ts'
import {
  desiredNoted,
  maxReplicasNoted,
  newReplicas,
  replicasOf,
  scale,
  totalOf,
  totalReplicas,
} from './replica-sets.ts'

/** One step of a rolling update: first the new one up, else the old ones down. Models deployment/rolling.go. */
export function rollStep(deployment: ObjectRow, fresh: ObjectRow, old: readonly ObjectRow[], ctx: ControllerCtx): void {
  const wanted = specOf(deployment).replicas
  const current = replicasOf(fresh)
  const next = current > wanted ? wanted : newReplicas(deployment, [...old, fresh], current)
  if (next !== current) {
    scale(deployment, fresh, next, ctx)
    return
  }
  shrinkOld(deployment, fresh, old, ctx)
}

function shrinkOld(deployment: ObjectRow, fresh: ObjectRow, old: readonly ObjectRow[], ctx: ControllerCtx): void {
  if (totalReplicas(old) === 0) return
  const minAvailable = specOf(deployment).replicas - limitsOf(deployment).unavailable
  const freshUnavailable = replicasOf(fresh) - (fresh.object.status?.availableReplicas ?? 0)
  const most = totalReplicas([...old, fresh]) - minAvailable - freshUnavailable
  if (most <= 0) return
  const left = dropUnhealthy(deployment, old, most, ctx)
  let available = totalOf([...old, fresh], 'availableReplicas') - minAvailable
  for (const { row, replicas } of left) {
    if (available <= 0) break
    const down = Math.min(replicas, available)
    if (down > 0) scale(deployment, row, replicas - down, ctx)
    available -= down
  }
}

/** Old pods that serve nobody go first. Models rolling.go cleanupUnhealthyReplicas. */
function dropUnhealthy(deployment: ObjectRow, old: readonly ObjectRow[], most: number, ctx: ControllerCtx) {
  let cleaned = 0
  return old.map((row) => {
    const replicas = replicasOf(row)
    const unhealthy = replicas - (row.object.status?.availableReplicas ?? 0)
    const down = Math.max(0, Math.min(most - cleaned, unhealthy))
    if (down === 0) return { row, replicas }
    scale(deployment, row, replicas - down, ctx)
    cleaned += down
    return { row: ctx.api.get('ReplicaSet', row.namespace, row.name) ?? row, replicas: replicas - down }
  })
}

/** Recreate: nothing new before the last old pod is gone. Models deployment/recreate.go. */
export function oldPodsRunning(old: readonly ObjectRow[], ctx: ControllerCtx): boolean {
  return old.some((row) => ownedBy(ctx, row, 'Pod').some((pod) => !isFinished(pod)))
}

/**
 * After a change of the count, paused or in the middle of a rollout: in proportion to the sizes of the ReplicaSets.
 * Models deployment/sync.go scale.
 */
export function scaleProportionally(
  deployment: ObjectRow,
  fresh: ObjectRow | undefined,
  old: readonly ObjectRow[],
  ctx: ControllerCtx,
): void {
  const { replicas: wanted, strategy } = specOf(deployment)
  const all = fresh ? [...old, fresh] : [...old]
  const active = all.filter((row) => replicasOf(row) > 0)
  if (active.length <= 1) {
    const only = active[0] ?? fresh ?? old[old.length - 1]
    if (only && (replicasOf(only) !== wanted || desiredNoted(only) !== wanted)) scale(deployment, only, wanted, ctx)
    return
  }
  if (fresh && isSaturated(deployment, fresh)) {
    for (const row of old) if (replicasOf(row) > 0) scale(deployment, row, 0, ctx)
    return
  }
  if (strategy !== 'RollingUpdate') return
  const allowed = wanted > 0 ? wanted + limitsOf(deployment).surge : 0
  const toAdd = allowed - totalReplicas(active)
  // Sizes first, then age: newer ones grow first, older ones shrink first.
  const order = active
    .map((row, age) => ({ row, age }))
    .sort((a, b) => replicasOf(b.row) - replicasOf(a.row) || (toAdd > 0 ? b.age - a.age : a.age - b.age))
  let added = 0
  const sizes = order.map(({ row }) => {
    const share = toAdd === 0 ? 0 : proportion(deployment, row, toAdd, added)
    added += share
    return replicasOf(row) + share
  })
  sizes[0] = Math.max(0, sizes[0] + toAdd - added)
  order.forEach(({ row }, i) => scale(deployment, row, sizes[i], ctx))
}

/** Models deployment_util.go GetReplicaSetProportion and getReplicaSetFraction. */
function proportion(deployment: ObjectRow, row: ObjectRow, toAdd: number, added: number): number {
  const { replicas: wanted } = specOf(deployment)
  const before = maxReplicasNoted(row)
  const share =
    wanted === 0
      ? -replicasOf(row)
      : Math.round((replicasOf(row) * (wanted + limitsOf(deployment).surge)) / (before || wanted)) - replicasOf(row)
  const allowed = toAdd - added
  return toAdd > 0 ? Math.min(share, allowed) : Math.max(share, allowed)
}

function isSaturated(deployment: ObjectRow, fresh: ObjectRow): boolean {
  const { replicas } = specOf(deployment)
  return (
    replicasOf(fresh) === replicas &&
    desiredNoted(fresh) === replicas &&
    (fresh.object.status?.availableReplicas ?? 0) === replicas
  )
}
