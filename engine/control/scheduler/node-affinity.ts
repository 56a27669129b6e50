import { matches } from '../../api/selector.ts'

type Labels = Readonly<Record<string, string>>
interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}
interface Term {
  readonly matchExpressions?: readonly Requirement[]
  readonly matchFields?: readonly Requirement[]
}

// biome-ignore lint/suspicious/noExplicitAny: a pod's spec as stored
type PodSpec = any

/** nodeSelector and required node affinity. Models component-helpers scheduling/corev1/nodeaffinity. */
export function nodeMatches(spec: PodSpec, node: { readonly name: string; readonly labels: Labels }): boolean {
  for (const key in spec.nodeSelector) if (node.labels[key] !== spec.nodeSelector[key]) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (!required) return true
  return (required.nodeSelectorTerms ?? []).some((term: Term) => termMatches(term, node))
}

/** Sum of the weights of the preferred terms that the node meets. */
export function preference(spec: PodSpec, node: { readonly name: string; readonly labels: Labels }): number {
  const preferred: readonly { weight: number; preference: Term }[] =
    spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return preferred.reduce((sum, { weight, preference: term }) => sum + (termMatches(term, node) ? weight : 0), 0)
}

/** The one node that the pod may go to, where affinity names it (DaemonSet pods). */
export function namedNode(spec: PodSpec): string | undefined {
  const terms: readonly Term[] =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  if (terms.length !== 1) return undefined
  const field = terms[0].matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In')
  return field?.values?.length === 1 ? field.values[0] : undefined
}

/** A term without any requirement matches nothing. */
function termMatches(
  { matchExpressions = [], matchFields = [] }: Term,
  node: { readonly name: string; readonly labels: Labels },
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matches({ matchExpressions }, node.labels) &&
    matches({ matchExpressions: matchFields }, { 'metadata.name': node.name })
  )
}
