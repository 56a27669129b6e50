import { timestampAt } from '../api/time.ts'
import type { KubeObject, ObjectRow, Status } from '../api/types.ts'
import { keyOf, nameOfRow, splitKey } from './keys.ts'
import { managerKeys, ownedBy } from './ownership.ts'
import { type Condition, conditionOf, freeNames, isFinished, isReady, isTerminating, podFromTemplate } from './pods.ts'
import { FIXED_COSTS } from './time-costs.ts'
import type { Controller, ControllerCtx, ReconcileResult } from './types.ts'

const INDEX = 'batch.kubernetes.io/job-completion-index'

/**
 * Runs pods until enough of them ended well. Models pkg/controller/job/job_controller.go.
 * Simplified: deadlines, failure policies and success policies are not acted on, because what containers compute is not modelled.
 */
export const jobController: Controller = {
  name: 'job-controller',
  watches: ['Job', 'Pod'],
  coalesceUs: FIXED_COSTS.replicasBatchUs,
  urgent: ({ before, after }) => !after || !before || before.object.spec !== after.object.spec,
  keysFor({ before, after }) {
    const row = after ?? before
    return row?.kind === 'Job' ? [keyOf(row)] : managerKeys([before, after], 'Job')
  },
  reconcile(key, ctx) {
    const job = ctx.api.get('Job', splitKey(key).namespace, splitKey(key).name)
    if (job && !isTerminating(job)) return sync(job, ctx)
  },
}

function sync(job: ObjectRow, ctx: ControllerCtx): ReconcileResult | undefined {
  if (conditionOf(job, 'Complete') || conditionOf(job, 'Failed')) return
  const pods = ownedBy(ctx, job, 'Pod')
  const active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod))
  const succeeded = pods.filter((pod) => pod.object.status?.phase === 'Succeeded')
  const failed = pods.filter((pod) => pod.object.status?.phase === 'Failed').length
  const done = new Set(succeeded.map((pod) => pod.object.metadata.annotations?.[INDEX] ?? pod.name)).size
  const end = endOf(job, { done, active: active.length, failed, succeeded: succeeded.length })
  let error: Status | undefined
  let running: readonly ObjectRow[] = active
  if (end || job.object.spec?.suspend) {
    for (const pod of active) ctx.api.delete('Pod', pod.namespace, pod.name)
    running = []
  } else {
    const made = adjust(job, active, succeeded, done, ctx)
    running = made.active
    error = made.error
  }
  writeStatus(job, { active: running, succeeded: done, failed, end }, ctx)
  return error && { error }
}

interface Tally {
  readonly done: number
  readonly active: number
  readonly failed: number
  readonly succeeded: number
}

/** Whether the job is over, and how. */
function endOf(job: ObjectRow, { done, active, failed, succeeded }: Tally): 'Complete' | 'Failed' | undefined {
  const { completions, backoffLimit = 6 } = job.object.spec ?? {}
  if (failed > backoffLimit) return 'Failed'
  if (completions === undefined) return succeeded > 0 && active === 0 ? 'Complete' : undefined
  return done >= completions ? 'Complete' : undefined
}

function adjust(
  job: ObjectRow,
  active: readonly ObjectRow[],
  succeeded: readonly ObjectRow[],
  done: number,
  ctx: ControllerCtx,
): { active: readonly ObjectRow[]; error?: Status } {
  const { parallelism = 1, completions } = job.object.spec ?? {}
  const wanted =
    completions === undefined
      ? succeeded.length > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, completions - done)
  if (active.length > wanted) {
    for (const pod of active.slice(wanted)) ctx.api.delete('Pod', pod.namespace, pod.name)
    return { active: active.slice(0, wanted) }
  }
  const created: ObjectRow[] = []
  const indexes =
    job.object.spec?.completionMode === 'Indexed' ? freeIndexes(completions ?? 0, [...active, ...succeeded]) : undefined
  const nextName = freeNames(ctx, 'Pod', job.namespace, `${job.name}-`)
  for (let i = active.length; i < wanted; i++) {
    const pod = indexes ? indexedPod(job, indexes.next().value ?? i, ctx) : podOf(job, nextName(), `${job.name}-`)
    const made = ctx.api.create(pod)
    if (!made.ok) {
      ctx.event(job, 'Warning', 'FailedCreate', `Error creating: ${made.error.message}`)
      return { active: [...active, ...created], error: made.error }
    }
    created.push(made.value)
    ctx.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${made.value.name}`)
  }
  if (created.length > 0)
    ctx.note({
      actor: 'job-controller',
      text: `created ${created.length} ${created.length === 1 ? 'pod' : 'pods'} of ${job.name}`,
      object: nameOfRow(job),
    })
  return { active: [...active, ...created] }
}

function podOf(job: ObjectRow, name: string, base: string): KubeObject {
  return podFromTemplate(job, job.object.spec?.template, name, base)
}

function indexedPod(job: ObjectRow, index: number, ctx: ControllerCtx): KubeObject {
  const base = `${job.name}-${index}-`
  const pod = podOf(job, freeNames(ctx, 'Pod', job.namespace, base)(), base)
  const annotations = { ...pod.metadata.annotations, [INDEX]: String(index) }
  const labels = { ...pod.metadata.labels, [INDEX]: String(index) }
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations, labels },
    spec: { ...pod.spec, hostname: `${job.name}-${index}` },
  }
}

/** Completion indexes that no pod has yet, from the lowest on. */
function* freeIndexes(completions: number, taken: readonly ObjectRow[]): Generator<number, undefined> {
  const used = new Set(taken.map((pod) => Number(pod.object.metadata.annotations?.[INDEX])))
  for (let index = 0; index < completions; index++) if (!used.has(index)) yield index
}

interface Outcome {
  readonly active: readonly ObjectRow[]
  readonly succeeded: number
  readonly failed: number
  readonly end: 'Complete' | 'Failed' | undefined
}

function writeStatus(job: ObjectRow, { active, succeeded, failed, end }: Outcome, ctx: ControllerCtx): void {
  const now = timestampAt(ctx.clock.now)
  const before = job.object.status ?? {}
  const ready = active.filter(isReady).length
  ctx.api.updateStatus('Job', job.namespace, job.name, {
    startTime: before.startTime ?? now,
    ...(active.length > 0 ? { active: active.length } : {}),
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
    ready,
    terminating: 0,
    uncountedTerminatedPods: {},
    ...(end === 'Complete' ? { completionTime: now } : {}),
    ...(end ? { conditions: conditionsOf(end, now) } : {}),
  })
  if (!end) return
  if (end === 'Complete') ctx.event(job, 'Normal', 'Completed', 'Job completed')
  else ctx.event(job, 'Warning', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  ctx.note({ actor: 'job-controller', text: `${job.name} is ${end.toLowerCase()}`, object: nameOfRow(job) })
}

function conditionsOf(end: 'Complete' | 'Failed', now: string): Condition[] {
  const [first, reason, message] =
    end === 'Complete'
      ? ['SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods']
      : ['FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']
  return [first, end].map((type) => ({
    type,
    status: 'True',
    reason,
    message,
    lastProbeTime: now,
    lastTransitionTime: now,
  }))
}
