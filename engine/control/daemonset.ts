import type { LabelSelector } from '../api/selector.ts'
import { matches } from '../api/selector.ts'
import type { KubeObject, ObjectRow, Status } from '../api/types.ts'
import { templateHash } from './deployment/template-hash.ts'
import { scaled } from './deployment/limits.ts'
import { keyOf, nameOfRow, splitKey } from './keys.ts'
import { adopt, controllerRefOf, managerKeys, orphansOf, ownedBy } from './ownership.ts'
import { freeNames, isAvailable, isFinished, isReady, isTerminating, podFromTemplate } from './pods.ts'
import { nodeMatches } from './scheduler/node-affinity.ts'
import { type Toleration, tolerates } from './scheduler/taints.ts'
import { FIXED_COSTS } from './time-costs.ts'
import type { Controller, ControllerCtx, ReconcileResult } from './types.ts'

const REVISION = 'controller-revision-hash'

/** One Pod on every Node that suits. Models pkg/controller/daemon. */
export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  watches: ['DaemonSet', 'Pod', 'Node'],
  coalesceUs: FIXED_COSTS.replicasBatchUs,
  keysFor({ before, after }, ctx) {
    const row = after ?? before
    if (row?.kind === 'DaemonSet') return [keyOf(row)]
    if (row?.kind === 'Node') return nodeChanged(before, after) ? ctx.api.list('DaemonSet').map(keyOf) : []
    if (after && !controllerRefOf(after))
      return ctx.api
        .list('DaemonSet', after.namespace)
        .filter((set) => selects(set, after))
        .map(keyOf)
    return managerKeys([before, after], 'DaemonSet')
  },
  reconcile(key, ctx) {
    const set = ctx.api.get('DaemonSet', splitKey(key).namespace, splitKey(key).name)
    if (set && !isTerminating(set)) return sync(set, ctx)
  },
}

function nodeChanged(before: ObjectRow | undefined, after: ObjectRow | undefined): boolean {
  if (!before || !after) return true
  return before.object.spec !== after.object.spec || before.object.metadata.labels !== after.object.metadata.labels
}

function selects(set: ObjectRow, pod: ObjectRow): boolean {
  return (
    !isTerminating(pod) && matches(set.object.spec?.selector as LabelSelector | undefined, pod.object.metadata.labels)
  )
}

function sync(set: ObjectRow, ctx: ControllerCtx): ReconcileResult | undefined {
  for (const orphan of orphansOf(ctx, 'Pod', set.namespace)) if (selects(set, orphan)) adopt(ctx, set, orphan)
  const revision = templateHash(set.object.spec?.template, undefined)
  const byNode = groupByNode(ownedBy(ctx, set, 'Pod'))
  const nodes = ctx.api.list('Node')
  const wanted = nodes.filter((node) => suits(set, node))
  const missing: string[] = []
  for (const node of nodes) {
    const pods = byNode.get(node.name) ?? []
    const live = pods.filter((pod) => !isTerminating(pod))
    if (!wanted.includes(node)) {
      for (const pod of live) remove(set, pod, ctx)
      continue
    }
    for (const failed of live.filter(isFinished)) remove(set, failed, ctx)
    for (const surplus of live.filter((pod) => !isFinished(pod)).slice(1)) remove(set, surplus, ctx)
    if (pods.length === 0) missing.push(node.name)
  }
  for (const [node, pods] of byNode)
    if (!nodes.some(({ name }) => name === node)) for (const pod of pods) if (!isTerminating(pod)) remove(set, pod, ctx)
  const error = createAll(set, missing, revision, ctx)
  if (!error && missing.length === 0) roll(set, byNode, revision, wanted.length, ctx)
  writeStatus(set, wanted, revision, ctx)
  return error && { error }
}

/** Models daemon_controller.go NodeShouldRunDaemonPod: selector and affinity, and taints after the added tolerations. */
function suits(set: ObjectRow, node: ObjectRow): boolean {
  const spec = set.object.spec?.template?.spec ?? {}
  if (!nodeMatches(spec, { name: node.name, labels: node.object.metadata.labels ?? {} })) return false
  const tolerations = tolerationsOf(spec)
  const taints: readonly { key: string; value?: string; effect: string }[] = node.object.spec?.taints ?? []
  return taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(tolerations, taint))
}

/** Models pkg/controller/daemon/util AddOrUpdateDaemonPodTolerations. */
function tolerationsOf(spec: { tolerations?: readonly Toleration[]; hostNetwork?: boolean }): readonly Toleration[] {
  const exists = (key: string, effect: string) => ({ key, operator: 'Exists', effect })
  return [
    ...(spec.tolerations ?? []),
    exists('node.kubernetes.io/not-ready', 'NoExecute'),
    exists('node.kubernetes.io/unreachable', 'NoExecute'),
    exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
    exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
    exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
    exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
    ...(spec.hostNetwork ? [exists('node.kubernetes.io/network-unavailable', 'NoSchedule')] : []),
  ]
}

function groupByNode(pods: readonly ObjectRow[]): Map<string, ObjectRow[]> {
  const byNode = new Map<string, ObjectRow[]>()
  for (const pod of pods) {
    const node = nodeOf(pod)
    const list = byNode.get(node)
    if (list) list.push(pod)
    else byNode.set(node, [pod])
  }
  return byNode
}

/** Where the pod is, or where its affinity sends it. */
function nodeOf(pod: ObjectRow): string {
  const { nodeName, affinity } = pod.object.spec ?? {}
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return nodeName || terms[0]?.matchFields?.[0]?.values?.[0] || ''
}

function createAll(set: ObjectRow, nodes: readonly string[], revision: string, ctx: ControllerCtx): Status | undefined {
  const template = set.object.spec?.template
  let refused: Status | undefined
  for (const node of nodes) {
    // The name belongs to the node, so that another node renames nothing.
    const name = freeNames(ctx, 'Pod', set.namespace, `${set.name}-`, node)()
    const pod = podFromTemplate(set, template, name, `${set.name}-`)
    const object: KubeObject = {
      ...pod,
      metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [REVISION]: revision } },
      spec: { ...pod.spec, affinity: pinnedTo(node, pod.spec?.affinity), tolerations: tolerationsOf(pod.spec ?? {}) },
    }
    const made = ctx.api.create(object)
    if (made.ok) ctx.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`)
    else {
      refused ??= made.error
      ctx.event(set, 'Warning', 'FailedCreate', `Error creating: ${made.error.message}`)
    }
  }
  if (nodes.length > 0)
    ctx.note({
      actor: 'daemonset-controller',
      text: `created pods of ${set.name} for ${nodes.join(', ')}`,
      object: nameOfRow(set),
    })
  return refused
}

/** Models daemon/util ReplaceDaemonSetPodNodeNameNodeAffinity. */
function pinnedTo(node: string, affinity: { nodeAffinity?: object } | undefined): object {
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }]
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  }
}

function remove(set: ObjectRow, pod: ObjectRow, ctx: ControllerCtx): void {
  ctx.api.delete('Pod', pod.namespace, pod.name)
  ctx.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.name}`)
}

/** RollingUpdate: old pods go while no more than maxUnavailable nodes are without one. Models daemon/update.go. */
function roll(
  set: ObjectRow,
  byNode: ReadonlyMap<string, readonly ObjectRow[]>,
  revision: string,
  wanted: number,
  ctx: ControllerCtx,
): void {
  const strategy = set.object.spec?.updateStrategy ?? {}
  if (strategy.type === 'OnDelete') return
  const most = Math.max(1, scaled(strategy.rollingUpdate?.maxUnavailable ?? 1, wanted, Math.ceil))
  const pods = [...byNode.values()].flat()
  const minReady: number = set.object.spec?.minReadySeconds ?? 0
  const serves = (pod: ObjectRow) => !isTerminating(pod) && isAvailable(pod, minReady, ctx.clock.now)
  let missing = wanted - pods.filter(serves).length
  for (const pod of pods) {
    if (isTerminating(pod) || pod.object.metadata.labels?.[REVISION] === revision) continue
    if (serves(pod)) {
      if (missing >= most) continue
      missing++
    }
    remove(set, pod, ctx)
  }
}

function writeStatus(set: ObjectRow, wanted: readonly ObjectRow[], revision: string, ctx: ControllerCtx): void {
  const byNode = groupByNode(ownedBy(ctx, set, 'Pod').filter((pod) => !isTerminating(pod)))
  const minReady: number = set.object.spec?.minReadySeconds ?? 0
  let scheduled = 0
  let ready = 0
  let available = 0
  let updated = 0
  let misplaced = 0
  for (const [node, [pod]] of byNode) {
    if (!wanted.some(({ name }) => name === node)) {
      misplaced++
      continue
    }
    scheduled++
    if (isReady(pod)) ready++
    if (isAvailable(pod, minReady, ctx.clock.now)) available++
    if (pod.object.metadata.labels?.[REVISION] === revision) updated++
  }
  const unavailable = wanted.length - available
  ctx.api.updateStatus('DaemonSet', set.namespace, set.name, {
    currentNumberScheduled: scheduled,
    numberMisscheduled: misplaced,
    desiredNumberScheduled: wanted.length,
    numberReady: ready,
    observedGeneration: set.object.metadata.generation ?? 1,
    ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
    ...(available > 0 ? { numberAvailable: available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
  })
}
