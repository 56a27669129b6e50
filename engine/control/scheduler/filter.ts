import { clusterConfig } from '../../api/cluster-config.ts'
import type { ObjectRow } from '../../api/types.ts'
import type { ControllerCtx } from '../types.ts'
import { type SchedNodeRow, usageOf } from './cache.ts'
import { nodeMatches } from './node-affinity.ts'
import type { NodeInfo } from './node-info.ts'
import { portsClash, requestsOf } from './requests.ts'
import { untolerated } from './taints.ts'

/** Why a node cannot take a pod, in the scheduler's words; `evictable`: another pod's leaving could change it. */
export interface Refusal {
  readonly reasons: readonly string[]
  readonly evictable: boolean
}

/**
 * The filter plugins in the order of the default profile; the first that refuses speaks.
 * Models pkg/scheduler/framework/plugins {nodeunschedulable, nodename, tainttoleration, nodeaffinity, nodeports, noderesources}.
 */
export function refusal(pod: ObjectRow, node: NodeInfo, ctx: ControllerCtx): Refusal | undefined {
  const spec = pod.object.spec
  const hard = (reason: string): Refusal => ({ reasons: [reason], evictable: false })
  if (node.unschedulable && untolerated(spec.tolerations, [UNSCHEDULABLE])) return hard('node(s) were unschedulable')
  const taint = untolerated(spec.tolerations, node.taints)
  if (taint) return hard(clusterConfig(ctx.tx, ctx.cluster)?.era === '2021' ? taintWords2021(taint) : 'node(s) had untolerated taint(s)')
  if (!nodeMatches(spec, node)) return hard("node(s) didn't match Pod's node affinity/selector")
  const asked = requestsOf(spec)
  const usage = usageOf(ctx, node)
  if (asked.ports.some((port) => usage.ports.some((used) => portsClash(port, used)))) {
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"], evictable: true }
  }
  const reasons = shortages(asked, usage, node)
  if (reasons.length === 0) return undefined
  // What is larger than the node itself is not helped by anybody's leaving.
  return { reasons, evictable: asked.cpu <= node.cpu && asked.memory <= node.memory }
}

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

function taintWords2021({ key, value }: { key: string; value?: string }): string {
  return `node(s) had taint {${key}: ${value ?? ''}}, that the pod didn't tolerate`
}

/** Models noderesources/fit.go fitsRequest. */
function shortages(asked: { cpu: number; memory: number }, usage: SchedNodeRow, node: NodeInfo): string[] {
  const reasons: string[] = []
  if (usage.pods + 1 > node.pods) reasons.push('Too many pods')
  if (asked.cpu > 0 && asked.cpu > node.cpu - usage.cpu) reasons.push('Insufficient cpu')
  if (asked.memory > 0 && asked.memory > node.memory - usage.memory) reasons.push('Insufficient memory')
  return reasons
}
