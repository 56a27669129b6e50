import type { ObjectRow } from '../../api/types.ts'
import { hash32 } from '../../core/rng.ts'
import { controllerRefOf } from '../ownership.ts'
import type { ControllerCtx } from '../types.ts'
import { siblingsOf, usageOf } from './cache.ts'
import { preference } from './node-affinity.ts'
import type { NodeInfo } from './node-info.ts'
import { type Requests, requestsOf } from './requests.ts'
import { tolerates } from './taints.ts'

/**
 * The best of the nodes that can take the pod; ties fall by an order that belongs to the pod.
 * Models the score plugins of the default profile with their weights: TaintToleration 3, NodeAffinity 2, PodTopologySpread 2,
 * NodeResourcesFit (least allocated) 1, NodeResourcesBalancedAllocation 1.
 * Simplified: spreading counts the owner's pods per node only, neither zones nor declared constraints; image locality and
 * inter-pod affinity do not score, because no image has a size here.
 */
export function bestNode(pod: ObjectRow, nodes: readonly NodeInfo[], ctx: ControllerCtx): NodeInfo {
  if (nodes.length === 1) return nodes[0]
  const { spec } = pod.object
  const owner = controllerRefOf(pod)?.uid
  const counts = owner ? siblingsOf(ctx, owner) : undefined
  const siblings = nodes.map((node) => counts?.[node.name] ?? 0)
  const preferences = nodes.map((node) => (spec.affinity?.nodeAffinity ? preference(spec, node) : 0))
  const tainted = nodes.map((node) =>
    node.taints.length === 0
      ? 0
      : node.taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(spec.tolerations, taint))
          .length,
  )
  const most = { siblings: Math.max(...siblings), preference: Math.max(...preferences), tainted: Math.max(...tainted) }
  const asked = requestsOf(spec)
  let best = 0
  let bestScore = -1
  let bestDraw = 0
  const { seed } = ctx.clock
  for (let i = 0; i < nodes.length; i++) {
    const score =
      resourceScore(asked, nodes[i], ctx) +
      2 * share(most.siblings - siblings[i], most.siblings, 100) +
      2 * share(preferences[i], most.preference, 0) +
      3 * share(most.tainted - tainted[i], most.tainted, 100)
    if (score < bestScore) continue
    const draw = hash32(seed, `${pod.id}@${nodes[i].name}`)
    if (score === bestScore && draw <= bestDraw) continue
    best = i
    bestScore = score
    bestDraw = draw
  }
  return nodes[best]
}

function share(part: number, whole: number, ifNone: number): number {
  return whole === 0 ? ifNone : Math.floor((100 * part) / whole)
}

/** Least allocated, and cpu and memory used in like measure. */
function resourceScore(asked: Requests, node: NodeInfo, ctx: ControllerCtx): number {
  const usage = usageOf(ctx, node)
  const cpu = fraction(usage.scoredCpu + asked.scoredCpu, node.cpu)
  const memory = fraction(usage.scoredMemory + asked.scoredMemory, node.memory)
  const least = Math.floor((Math.floor(100 * (1 - cpu)) + Math.floor(100 * (1 - memory))) / 2)
  const balanced = Math.floor(
    100 *
      (1 -
        Math.abs(fraction(usage.cpu + asked.cpu, node.cpu) - fraction(usage.memory + asked.memory, node.memory)) / 2),
  )
  return least + balanced
}

function fraction(used: number, of: number): number {
  return of === 0 ? 1 : Math.min(1, used / of)
}
