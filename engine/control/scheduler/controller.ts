import { clusterConfig } from '../../api/cluster-config.ts'
import { timestampAt } from '../../api/time.ts'
import type { ObjectRow } from '../../api/types.ts'
import { keyOf, nameOfRow, splitKey } from '../keys.ts'
import { type Condition, conditionOf, isFinished, isTerminating } from '../pods.ts'
import type { Controller, ControllerCtx, ReconcileResult } from '../types.ts'
import { cancelRun } from '../workqueue.ts'
import { account, discount, isAccounted, isAnyoneWaiting, waitingKeys } from './cache.ts'
import { crowding, nodeVerdicts, type Refusal } from './filter.ts'
import { neighbourRule } from './neighbours.ts'
import { type NodeInfo, nodeInfos } from './node-info.ts'
import { requestsOf } from './requests.ts'
import { bestNode } from './score.ts'

/** Gives every waiting Pod a node. Models pkg/scheduler with its default profile. */
export const kubeScheduler: Controller = {
  name: 'kube-scheduler',
  watches: ['Pod', 'Node'],
  latencyUs: ({ watchUs, scheduleUs }) => watchUs + scheduleUs,
  keysFor({ before, after }, ctx) {
    if ((after ?? before)?.kind === 'Node') return nodeChanged(before, after) ? everyoneWaiting(ctx) : []
    if (!after) return before ? [keyOf(before), ...everyoneWaiting(ctx)] : []
    if (
      before &&
      nodeNameOf(before) === nodeNameOf(after) &&
      isFinished(before) === isFinished(after) &&
      gates(before) === gates(after)
    )
      return []
    if (isFinished(after)) return [keyOf(after), ...everyoneWaiting(ctx)]
    return isAccounted(ctx, keyOf(after), after) ? [] : [keyOf(after)]
  },
  reconcile(key, ctx) {
    if (key === EVERYONE) return retryAll(ctx)
    return reconcilePod(key, ctx)
  },
}

/** The key that stands for all Pods that wait: what may help one may help each, and ten thousand wake-ups would cost more than the looks. */
const EVERYONE = '*'

function everyoneWaiting(ctx: ControllerCtx): readonly string[] {
  return isAnyoneWaiting(ctx) ? [EVERYONE] : []
}

/** Models pkg/scheduler/backend/queue MoveAllToActiveOrBackoffQueue. */
function retryAll(ctx: ControllerCtx): ReconcileResult | undefined {
  let refused: ReconcileResult | undefined
  for (const key of waitingKeys(ctx)) {
    const result = reconcilePod(key, ctx)
    if (result?.error) refused = result // a Pod that waits for the boot to end looks again by its own key
  }
  return refused
}

function reconcilePod(key: string, ctx: ControllerCtx): ReconcileResult | undefined {
  const pod = ctx.api.get('Pod', splitKey(key).namespace, splitKey(key).name)
  if (!pod || isFinished(pod)) discount(ctx, key)
  else if (!pod.object.spec)
    return // stored without admission
  else if (nodeNameOf(pod)) account(ctx, key, pod, nodeNameOf(pod))
  else if (isTerminating(pod) || (pod.object.spec?.schedulerName ?? 'default-scheduler') !== 'default-scheduler') return
  else if (gates(pod) > 0) gate(pod, ctx)
  else return schedule(key, pod, ctx)
}

const nodeNameOf = (pod: ObjectRow): string | undefined => pod.object.spec?.nodeName || undefined
const gates = (pod: ObjectRow): number => pod.object.spec?.schedulingGates?.length ?? 0

/** Unchanged parts of an object keep their identity, so this is quick. */
function nodeChanged(before: ObjectRow | undefined, after: ObjectRow | undefined): boolean {
  if (!before || !after) return after !== undefined
  const [old, now] = [before.object, after.object]
  return (
    old.spec !== now.spec ||
    old.metadata.labels !== now.metadata.labels ||
    old.status?.allocatable !== now.status?.allocatable
  )
}

function schedule(key: string, pod: ObjectRow, ctx: ControllerCtx): ReconcileResult | undefined {
  const nodes = nodeInfos(ctx)
  const verdicts = nodeVerdicts(pod, nodes, ctx)
  const asked = requestsOf(pod.object.spec)
  const neighbours = neighbourRule(pod, nodes, ctx)
  const feasible: NodeInfo[] = []
  const refusals: Refusal[] = []
  for (let i = 0; i < nodes.length; i++) {
    const refused = verdicts[i] ?? crowding(asked, nodes[i], ctx) ?? neighbours?.(nodes[i])
    if (refused) refusals.push(refused)
    else feasible.push(nodes[i])
  }
  if (feasible.length === 0 && ctx.clock.now < BOOT_US && nodes.some(({ notReady }) => notReady)) {
    account(ctx, key, pod, undefined)
    return { requeueAfterUs: BOOT_US - ctx.clock.now }
  }
  if (feasible.length === 0) {
    fail(key, pod, nodes.length, refusals, ctx)
    return undefined
  }
  const { name: node } = bestNode(pod, feasible, ctx)
  const scheduled: Condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: timestampAt(ctx.clock.now) }
  const bound = ctx.api.patch('Pod', pod.namespace, pod.name, {
    spec: { nodeName: node },
    status: { conditions: withScheduled(pod, scheduled) },
  })
  if (!bound.ok) return { error: bound.error }
  account(ctx, key, bound.value, node)
  cancelRun(ctx, { controller: kubeScheduler.name, cluster: ctx.cluster, key })
  ctx.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${node}`)
  ctx.note({ actor: 'kube-scheduler', text: `bound ${key} to ${node}`, object: nameOfRow(pod), node })
}

// Simplified: while a world boots, the scheduler does not say that no node is ready yet, because every pod would begin with it.
const BOOT_US = 10_000_000

function fail(key: string, pod: ObjectRow, nodes: number, refusals: readonly Refusal[], ctx: ControllerCtx): void {
  account(ctx, key, pod, undefined)
  cancelRun(ctx, { controller: kubeScheduler.name, cluster: ctx.cluster, key })
  const message = fitError(nodes, refusals, clusterConfig(ctx.tx, ctx.cluster)?.era === '2021')
  const waiting = conditionOf(pod, 'PodScheduled')
  if (waiting?.status === 'False' && waiting.message === message) return
  const condition: Condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastTransitionTime: waiting?.lastTransitionTime ?? timestampAt(ctx.clock.now),
  }
  ctx.api.patch('Pod', pod.namespace, pod.name, { status: { conditions: withScheduled(pod, condition) } })
  ctx.event(pod, 'Warning', 'FailedScheduling', message)
  ctx.note({ actor: 'kube-scheduler', text: `no node for ${key}: ${message}`, object: nameOfRow(pod) })
}

/**
 * Models pkg/scheduler/framework/types.go FitError.Error(), with what the PostFilter plugins (dynamic resources,
 * preemption) say behind it.
 */
export function fitError(nodes: number, refusals: readonly Refusal[], of2021 = false): string {
  if (nodes === 0) return 'no nodes available to schedule pods'
  const head = `0/${nodes} nodes are available`
  const why = tally(refusals.flatMap(({ reasons }) => reasons))
  if (of2021) return `${head}: ${why}.`
  const preemption = tally(
    refusals.map(({ evictable }) =>
      evictable ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling',
    ),
  )
  return `${head}: ${why}. no new claims to deallocate, preemption: ${head}: ${preemption}.`
}

/** `1 this, 3 that`, in order of the text. */
function tally(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
}

function gate(pod: ObjectRow, ctx: ControllerCtx): void {
  if (conditionOf(pod, 'PodScheduled')?.reason === 'SchedulingGated') return
  const condition: Condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
    lastTransitionTime: timestampAt(ctx.clock.now),
  }
  ctx.api.patch('Pod', pod.namespace, pod.name, { status: { conditions: withScheduled(pod, condition) } })
}

function withScheduled(pod: ObjectRow, condition: Condition): Condition[] {
  const others: Condition[] = (pod.object.status?.conditions ?? []).filter(
    ({ type }: Condition) => type !== 'PodScheduled',
  )
  return [...others, condition]
}
