import { type LabelSelector, matches } from '../../api/selector.ts'
import type { ObjectRow } from '../../api/types.ts'
import { isFinished, isTerminating } from '../pods.ts'
import type { ControllerCtx } from '../types.ts'
import type { Refusal } from './filter.ts'
import type { NodeInfo } from './node-info.ts'

interface Term {
  readonly labelSelector?: LabelSelector
  readonly topologyKey: string
  readonly namespaces?: readonly string[]
}
interface Constraint {
  readonly maxSkew?: number
  readonly topologyKey: string
  readonly whenUnsatisfiable?: string
  readonly labelSelector?: LabelSelector
}

/**
 * Why a pod does not suit the pods that are already somewhere: required (anti-)affinity, spread constraints that forbid.
 * Answers undefined for pods without such wishes, so that others pay nothing.
 * Models pkg/scheduler/framework/plugins {interpodaffinity, podtopologyspread}.
 * Simplified: anti-affinity of pods that are there already is not asked, nor are namespaceSelector, minDomains and preferred terms.
 */
export function neighbourRule(
  pod: ObjectRow,
  nodes: readonly NodeInfo[],
  ctx: ControllerCtx,
): ((node: NodeInfo) => Refusal | undefined) | undefined {
  const { affinity, topologySpreadConstraints = [] } = pod.object.spec
  const required = 'requiredDuringSchedulingIgnoredDuringExecution'
  const near: readonly Term[] = affinity?.podAffinity?.[required] ?? []
  const apart: readonly Term[] = affinity?.podAntiAffinity?.[required] ?? []
  const spread = (topologySpreadConstraints as readonly Constraint[]).filter(
    ({ whenUnsatisfiable = 'DoNotSchedule' }) => whenUnsatisfiable === 'DoNotSchedule',
  )
  if (near.length + apart.length + spread.length === 0) return undefined
  const domainsOf = (term: Term) => domains(placed(pod, term, ctx), term.topologyKey, nodes)
  const nearDomains = near.map((term) => ({
    key: term.topologyKey,
    domains: domainsOf(term),
    selectsItself: selects(term, pod, pod),
  }))
  const apartDomains = apart.map((term) => ({ key: term.topologyKey, domains: domainsOf(term) }))
  const spreads = spread.map((constraint) => ({
    constraint,
    counts: domains(placed(pod, constraint, ctx), constraint.topologyKey, nodes),
    self: selects(constraint, pod, pod) ? 1 : 0,
  }))
  return (node) => {
    for (const { key, domains: taken, selectsItself } of nearDomains) {
      const domain = node.labels[key]
      const first = selectsItself && total(taken) === 0
      if (domain === undefined || (!first && !taken.get(domain)))
        return refused("node(s) didn't match pod affinity rules", false)
    }
    for (const { key, domains: taken } of apartDomains) {
      if (taken.get(node.labels[key] ?? '')) return refused("node(s) didn't match pod anti-affinity rules", true)
    }
    for (const { constraint, counts, self } of spreads) {
      const domain = node.labels[constraint.topologyKey]
      if (domain === undefined)
        return refused("node(s) didn't match pod topology spread constraints (missing required label)", false)
      const skew = (counts.get(domain) ?? 0) + self - Math.min(...counts.values())
      if (skew > (constraint.maxSkew ?? 1)) return refused("node(s) didn't match pod topology spread constraints", true)
    }
    return undefined
  }
}

function refused(reason: string, evictable: boolean): Refusal {
  return { reasons: [reason], evictable }
}

/** Pods on nodes that a term means. */
function placed(
  pod: ObjectRow,
  term: { labelSelector?: LabelSelector; namespaces?: readonly string[] },
  ctx: ControllerCtx,
): ObjectRow[] {
  const namespaces = term.namespaces?.length ? term.namespaces : [pod.namespace]
  const all = namespaces.flatMap((namespace) => ctx.api.list('Pod', namespace))
  return all.filter(
    (other) => other.object.spec?.nodeName && !isFinished(other) && !isTerminating(other) && selects(term, pod, other),
  )
}

function selects(
  term: { labelSelector?: LabelSelector; namespaces?: readonly string[] },
  pod: ObjectRow,
  other: ObjectRow,
): boolean {
  const namespaces = term.namespaces?.length ? term.namespaces : [pod.namespace]
  return namespaces.includes(other.namespace) && matches(term.labelSelector, other.object.metadata.labels)
}

/** How many of the pods are in each domain; domains without any count zero. */
function domains(pods: readonly ObjectRow[], key: string, nodes: readonly NodeInfo[]): Map<string, number> {
  const byNode = new Map(
    nodes.flatMap((node) => (node.labels[key] === undefined ? [] : [[node.name, node.labels[key]] as const])),
  )
  const counts = new Map([...byNode.values()].map((domain) => [domain, 0]))
  for (const pod of pods) {
    const domain = byNode.get(pod.object.spec.nodeName)
    if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + 1)
  }
  return counts
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
