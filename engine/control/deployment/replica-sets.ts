import { deepEqual } from '../../api/json.ts'
import type { LabelSelector } from '../../api/selector.ts'
import { matches } from '../../api/selector.ts'
import type { KubeObject, ObjectRow } from '../../api/types.ts'
import { nameOfRow } from '../keys.ts'
import { adopt, controllerRefTo, orphansOf, ownedBy } from '../ownership.ts'
import { isTerminating } from '../pods.ts'
import type { ControllerCtx } from '../types.ts'
import { limitsOf, specOf } from './limits.ts'
import { HASH_LABEL, sameTemplate, templateHash, withHashLabel } from './template-hash.ts'

const REVISION = 'deployment.kubernetes.io/revision'
const DESIRED = 'deployment.kubernetes.io/desired-replicas'
const MAX = 'deployment.kubernetes.io/max-replicas'

/** The ReplicaSets of a Deployment, oldest first, orphans that its selector selects adopted. */
export function replicaSetsOf(deployment: ObjectRow, ctx: ControllerCtx): ObjectRow[] {
  const selector = deployment.object.spec?.selector as LabelSelector | undefined
  if (!isTerminating(deployment)) {
    for (const row of orphansOf(ctx, 'ReplicaSet', deployment.namespace)) {
      if (!isTerminating(row) && matches(selector, row.object.metadata.labels)) adopt(ctx, deployment, row)
    }
  }
  return ownedBy(ctx, deployment, 'ReplicaSet').sort(byAge)
}

function byAge(a: ObjectRow, b: ObjectRow): number {
  const [made, other] = [a, b].map((row) => row.object.metadata.creationTimestamp ?? '')
  return made < other ? -1 : made > other ? 1 : revisionOf(a) - revisionOf(b) || (a.name < b.name ? -1 : 1)
}

export function replicasOf(replicaSet: ObjectRow): number {
  return replicaSet.object.spec?.replicas ?? 1
}

export function totalReplicas(replicaSets: readonly ObjectRow[]): number {
  return replicaSets.reduce((sum, row) => sum + replicasOf(row), 0)
}

/** Sums a count of their status. */
export function totalOf(
  replicaSets: readonly ObjectRow[],
  count: 'replicas' | 'readyReplicas' | 'availableReplicas',
): number {
  return replicaSets.reduce((sum, row) => sum + (row.object.status?.[count] ?? 0), 0)
}

export function revisionOf(row: ObjectRow): number {
  return Number(row.object.metadata.annotations?.[REVISION] ?? 0)
}

/** The ReplicaSet that holds the Deployment's present template. */
export function findNew(deployment: ObjectRow, replicaSets: readonly ObjectRow[]): ObjectRow | undefined {
  return replicaSets.find((row) => sameTemplate(deployment.object.spec?.template, row.object.spec?.template))
}

export interface NewReplicaSet {
  readonly row: ObjectRow
  readonly created: boolean
}

/**
 * The new ReplicaSet with its revision brought up to date, made if there is none. `undefined` on a hash collision, which
 * is counted in the Deployment's status, so that the next try hashes differently.
 * Models deployment/sync.go getNewReplicaSet.
 */
export function ensureNew(
  deployment: ObjectRow,
  replicaSets: readonly ObjectRow[],
  ctx: ControllerCtx,
): NewReplicaSet | undefined {
  const existing = findNew(deployment, replicaSets)
  const older = replicaSets.filter((row) => row !== existing)
  const revision = Math.max(0, ...older.map(revisionOf)) + 1
  if (existing)
    return { row: refresh(deployment, existing, Math.max(revision, revisionOf(existing)), ctx), created: false }
  const made = makeNew(deployment, replicaSets, revision, ctx)
  if (!made) return undefined
  setRevision(deployment, revision, ctx)
  return { row: made, created: true }
}

function refresh(deployment: ObjectRow, existing: ObjectRow, revision: number, ctx: ControllerCtx): ObjectRow {
  const annotations = {
    ...existing.object.metadata.annotations,
    ...copiedAnnotations(deployment),
    [REVISION]: String(revision),
  }
  const minReadySeconds = deployment.object.spec?.minReadySeconds
  const sameReady = (minReadySeconds || 0) === (existing.object.spec?.minReadySeconds || 0)
  setRevision(deployment, revision, ctx)
  if (sameReady && deepEqual(annotations, existing.object.metadata.annotations)) return existing
  const patch = {
    metadata: { annotations },
    ...(sameReady ? {} : { spec: { minReadySeconds: minReadySeconds ?? null } }),
  }
  const result = ctx.api.patch('ReplicaSet', existing.namespace, existing.name, patch)
  return result.ok ? result.value : existing
}

function setRevision(deployment: ObjectRow, revision: number, ctx: ControllerCtx): void {
  if (revisionOf(deployment) === revision) return
  ctx.api.patch('Deployment', deployment.namespace, deployment.name, {
    metadata: { annotations: { [REVISION]: String(revision) } },
  })
}

function makeNew(
  deployment: ObjectRow,
  others: readonly ObjectRow[],
  revision: number,
  ctx: ControllerCtx,
): ObjectRow | undefined {
  const { spec, status } = deployment.object
  const hash = templateHash(spec?.template, status?.collisionCount)
  const template = withHashLabel(spec?.template, hash)
  const replicas = newReplicas(deployment, others, 0)
  const { surge } = limitsOf(deployment)
  const name = `${deployment.name}-${hash}`
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: deployment.namespace,
      labels: template.metadata.labels,
      annotations: {
        ...copiedAnnotations(deployment),
        [DESIRED]: String(specOf(deployment).replicas),
        [MAX]: String(specOf(deployment).replicas + surge),
        [REVISION]: String(revision),
      },
      ownerReferences: [controllerRefTo(deployment)],
    },
    spec: {
      replicas,
      ...(spec?.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
      selector: { ...spec?.selector, matchLabels: { ...spec?.selector?.matchLabels, [HASH_LABEL]: hash } },
      template,
    },
  }
  const result = ctx.api.create(object)
  if (result.ok) {
    if (replicas > 0) say(deployment, result.value, 0, replicas, ctx)
    return result.value
  }
  if (result.error.reason === 'AlreadyExists') {
    const collisionCount = (status?.collisionCount ?? 0) + 1
    ctx.api.updateStatus('Deployment', deployment.namespace, deployment.name, { ...status, collisionCount })
  } else {
    ctx.event(
      deployment,
      'Warning',
      'ReplicaSetCreateError',
      `Failed to create new replica set "${name}": ${result.error.message}`,
    )
  }
  return undefined
}

/** How many replicas the new ReplicaSet may have now. Models deployment_util.go NewRSNewReplicas. */
export function newReplicas(deployment: ObjectRow, replicaSets: readonly ObjectRow[], current: number): number {
  const { replicas, strategy } = specOf(deployment)
  if (strategy === 'Recreate') return replicas
  const room = replicas + limitsOf(deployment).surge - totalReplicas(replicaSets)
  if (room <= 0) return current
  return current + Math.min(room, replicas - current)
}

/** Sets a ReplicaSet's count, with the annotations that let a later sync see a scaling. */
export function scale(deployment: ObjectRow, replicaSet: ObjectRow, replicas: number, ctx: ControllerCtx): boolean {
  const { surge } = limitsOf(deployment)
  const wanted = specOf(deployment).replicas
  const annotations = { [DESIRED]: String(wanted), [MAX]: String(wanted + surge) }
  const before = replicasOf(replicaSet)
  ctx.api.patch('ReplicaSet', replicaSet.namespace, replicaSet.name, { metadata: { annotations }, spec: { replicas } })
  if (before === replicas) return false
  say(deployment, replicaSet, before, replicas, ctx)
  return true
}

function say(deployment: ObjectRow, replicaSet: ObjectRow, from: number, to: number, ctx: ControllerCtx): void {
  const text = `${to > from ? 'Scaled up' : 'Scaled down'} replica set ${replicaSet.name} from ${from} to ${to}`
  ctx.event(deployment, 'Normal', 'ScalingReplicaSet', text)
  ctx.note({
    actor: 'deployment-controller',
    text: `scaled replica set ${replicaSet.name} from ${from} to ${to}`,
    object: nameOfRow(deployment),
  })
}

/** Whether the Deployment's count was changed since its ReplicaSets were last scaled. Models sync.go isScalingEvent. */
export function wasScaled(deployment: ObjectRow, replicaSets: readonly ObjectRow[]): boolean {
  const wanted = specOf(deployment).replicas
  return replicaSets.some((row) => {
    const desired = row.object.metadata.annotations?.[DESIRED]
    return replicasOf(row) > 0 && desired !== undefined && Number(desired) !== wanted
  })
}

export function maxReplicasNoted(replicaSet: ObjectRow): number | undefined {
  const noted = replicaSet.object.metadata.annotations?.[MAX]
  return noted === undefined ? undefined : Number(noted)
}

export function desiredNoted(replicaSet: ObjectRow): number | undefined {
  const noted = replicaSet.object.metadata.annotations?.[DESIRED]
  return noted === undefined ? undefined : Number(noted)
}

const NOT_COPIED = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  'deployment.kubernetes.io/revision-history',
  DESIRED,
  MAX,
  'deprecated.deployment.rollback.to',
]

function copiedAnnotations(deployment: ObjectRow): Record<string, string> {
  return Object.fromEntries(
    Object.entries(deployment.object.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.includes(key)),
  )
}
