import { clusterConfig } from '../../api/cluster-config.ts'
import type { ObjectRow } from '../../api/types.ts'
import type { ControllerCtx } from '../types.ts'
import { type SchedNodeRow, usageOf } from './cache.ts'
import { namedNode, nodeMatches } from './node-affinity.ts'
import type { NodeInfo } from './node-info.ts'
import { portsClash, type Requests } from './requests.ts'
import { untolerated } from './taints.ts'

/** Why a node cannot take a pod, in the scheduler's words; `evictable`: another pod's leaving could change it. */
export interface Refusal {
  readonly reasons: readonly string[]
  readonly evictable: boolean
}

/** What the nodes alone decide for pods of one kind, node by node; `undefined` where nothing is against it. */
export type NodeVerdicts = readonly (Refusal | undefined)[]

/** Verdicts by the digested nodes and the tolerations that a pod shares with its siblings: both are frozen and kept. */
const KNOWN = new WeakMap<readonly NodeInfo[], WeakMap<object, NodeVerdicts>>()

/**
 * The filter plugins that look at the Node and not at who is on it, in the order of the default profile.
 * Models pkg/scheduler/framework/plugins {nodeunschedulable, tainttoleration, nodeaffinity}.
 */
export function nodeVerdicts(pod: ObjectRow, nodes: readonly NodeInfo[], ctx: ControllerCtx): NodeVerdicts {
  const spec = pod.object.spec
  const plain = !spec.nodeSelector && !spec.affinity && spec.tolerations
  if (!plain) return verdictsFor(spec, nodes, ctx)
  const known = KNOWN.get(nodes) ?? new WeakMap<object, NodeVerdicts>()
  KNOWN.set(nodes, known)
  const verdicts = known.get(spec.tolerations) ?? verdictsFor(spec, nodes, ctx)
  known.set(spec.tolerations, verdicts)
  return verdicts
}

function verdictsFor(spec: ObjectRow['object'], nodes: readonly NodeInfo[], ctx: ControllerCtx): NodeVerdicts {
  const of2021 = clusterConfig(ctx.tx, ctx.cluster)?.era === '2021'
  const only = namedNode(spec)
  return nodes.map((node) => {
    if (only !== undefined && node.name !== only) return NOT_NAMED
    if (node.unschedulable && untolerated(spec.tolerations, [UNSCHEDULABLE])) return hard('node(s) were unschedulable')
    const taint = untolerated(spec.tolerations, node.taints)
    if (taint) return hard(of2021 ? taintWords2021(taint) : 'node(s) had untolerated taint(s)')
    return nodeMatches(spec, node) ? undefined : hard("node(s) didn't match Pod's node affinity/selector")
  })
}

const NOT_NAMED = hard("node(s) didn't satisfy plugin(s) [NodeAffinity]")

function hard(reason: string): Refusal {
  return { reasons: [reason], evictable: false }
}

/** The filter plugins that look at who is on the node. Models {nodeports, noderesources}. */
export function crowding(asked: Requests, node: NodeInfo, ctx: ControllerCtx): Refusal | undefined {
  const usage = usageOf(ctx, node)
  if (asked.ports.length > 0 && asked.ports.some((port) => usage.ports.some((used) => portsClash(port, used)))) {
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"], evictable: true }
  }
  const room = usage.pods < node.pods && asked.cpu <= node.cpu - usage.cpu && asked.memory <= node.memory - usage.memory
  if (room) return undefined
  const reasons = shortages(asked, usage, node)
  // What is larger than the node itself is not helped by anybody's leaving.
  return reasons.length === 0 ? undefined : { reasons, evictable: asked.cpu <= node.cpu && asked.memory <= node.memory }
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
