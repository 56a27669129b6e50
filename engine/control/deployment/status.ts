import { microsOf, timestampAt } from '../../api/time.ts'
import type { ObjectRow } from '../../api/types.ts'
import type { Condition } from '../pods.ts'
import type { ControllerCtx, ReconcileResult } from '../types.ts'
import { limitsOf, specOf } from './limits.ts'
import { totalOf, totalReplicas } from './replica-sets.ts'

// biome-ignore lint/suspicious/noExplicitAny: a Deployment's status as stored
type DeploymentStatus = any

/**
 * Writes counts and the conditions Available and Progressing.
 * Models deployment/sync.go calculateStatus and deployment/progress.go syncRolloutStatus.
 */
export function writeStatus(
  key: { readonly namespace: string; readonly name: string },
  fresh: ObjectRow | undefined,
  old: readonly ObjectRow[],
  created: boolean,
  ctx: ControllerCtx,
): ReconcileResult | undefined {
  const deployment = ctx.api.get('Deployment', key.namespace, key.name)
  if (!deployment) return
  const now = timestampAt(ctx.clock.now)
  const before: DeploymentStatus = deployment.object.status ?? {}
  const counts = countsOf(deployment, fresh, old)
  let conditions: readonly Condition[] = before.conditions ?? []
  conditions = withCondition(conditions, availability(deployment, counts), now)
  const deadlineSeconds: number = deployment.object.spec?.progressDeadlineSeconds ?? 600
  const progress = progressOf(deployment, fresh, created, before, counts, deadlineSeconds, ctx)
  if (progress) conditions = withCondition(conditions, progress, now, true)
  ctx.api.updateStatus('Deployment', deployment.namespace, deployment.name, {
    ...omitZero(counts),
    ...(before.collisionCount ? { collisionCount: before.collisionCount } : {}),
    conditions,
  })
  const progressing = conditions.find(({ type }) => type === 'Progressing')
  if (isComplete(deployment, counts) || progressing?.reason === 'ProgressDeadlineExceeded') return
  const since = microsOf(progressing?.lastUpdateTime) ?? ctx.clock.now
  return {
    requeueAfterUs: Math.max(1_000_000, since + deadlineSeconds * 1_000_000 - ctx.clock.now + 1_000_000),
    background: true,
  }
}

interface Counts {
  readonly observedGeneration: number
  readonly replicas: number
  readonly updatedReplicas: number
  readonly readyReplicas: number
  readonly availableReplicas: number
  readonly unavailableReplicas: number
}

function countsOf(deployment: ObjectRow, fresh: ObjectRow | undefined, old: readonly ObjectRow[]): Counts {
  const all = fresh ? [...old, fresh] : old
  const available = totalOf(all, 'availableReplicas')
  return {
    observedGeneration: deployment.object.metadata.generation ?? 1,
    replicas: totalOf(all, 'replicas'),
    updatedReplicas: fresh ? totalOf([fresh], 'replicas') : 0,
    readyReplicas: totalOf(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalReplicas(all) - available),
  }
}

function omitZero(counts: Counts): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0))
}

function availability(deployment: ObjectRow, { availableReplicas }: Counts): Condition {
  const enough = availableReplicas >= specOf(deployment).replicas - limitsOf(deployment).unavailable
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

/** Models deployment_util.go DeploymentComplete. */
export function isComplete(
  deployment: ObjectRow,
  {
    updatedReplicas,
    replicas,
    availableReplicas,
  }: Omit<Counts, 'observedGeneration' | 'readyReplicas' | 'unavailableReplicas'>,
): boolean {
  const wanted = specOf(deployment).replicas
  return updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted
}

function progressOf(
  deployment: ObjectRow,
  fresh: ObjectRow | undefined,
  created: boolean,
  before: DeploymentStatus,
  counts: Counts,
  deadlineSeconds: number,
  ctx: ControllerCtx,
): Condition | undefined {
  const current: Condition | undefined = before.conditions?.find(({ type }: Condition) => type === 'Progressing')
  const name = fresh ? `ReplicaSet "${fresh.name}"` : `Deployment "${deployment.name}"`
  if (deployment.object.spec?.paused) {
    if (current?.reason === 'DeploymentPaused') return undefined
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
  }
  if (current?.reason === 'DeploymentPaused')
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  if (isComplete(deployment, counts)) {
    if (current?.reason === 'NewReplicaSetAvailable' && current.message === `${name} has successfully progressed.`)
      return undefined
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${name} has successfully progressed.`,
    }
  }
  // A complete Deployment that lost or gained a pod is not rolling out again.
  if (current?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas && !created)
    return undefined
  if (created && fresh)
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${fresh.name}"`,
    }
  if (!current && fresh)
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'FoundNewReplicaSet',
      message: `Found new replica set "${fresh.name}"`,
    }
  if (progressed(before, counts))
    return { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${name} is progressing.` }
  const since = microsOf(current?.lastUpdateTime)
  const late =
    since !== undefined &&
    current?.reason !== 'ProgressDeadlineExceeded' &&
    ctx.clock.now - since > deadlineSeconds * 1_000_000
  if (late)
    return {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `${name} has timed out progressing.`,
    }
  return undefined
}

/** Models deployment_util.go DeploymentProgressing. */
function progressed(before: DeploymentStatus, now: Counts): boolean {
  const old = (before.replicas ?? 0) - (before.updatedReplicas ?? 0)
  return (
    now.updatedReplicas > (before.updatedReplicas ?? 0) ||
    now.replicas - now.updatedReplicas < old ||
    now.readyReplicas > (before.readyReplicas ?? 0) ||
    now.availableReplicas > (before.availableReplicas ?? 0)
  )
}

/** Sets a condition; its transition time moves only with its status, its update time only with `touch` or a change. */
function withCondition(
  conditions: readonly Condition[],
  next: Condition,
  now: string,
  touch = false,
): readonly Condition[] {
  const current = conditions.find(({ type }) => type === next.type)
  if (current && current.status === next.status && current.reason === next.reason && !touch) return conditions
  const lastTransitionTime = current?.status === next.status ? current.lastTransitionTime : now
  const made: Condition = { ...next, lastUpdateTime: now, lastTransitionTime }
  return [...conditions.filter(({ type }) => type !== next.type), made]
}
