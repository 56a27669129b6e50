import { locateIn } from '../api/provenance.ts'
import { refText } from '../api/names.ts'
import type { Diagnostic, ObjectRow } from '../api/types.ts'
import type { WorldReader } from '../core/world.ts'

/** Workloads named one by one; the rest is counted. */
const MOST_NAMED = 10

/** What a workload kind asks for, in Pods; undefined where that is not a number of its own. */
const WANTED: Readonly<Record<string, (row: ObjectRow) => { readonly count: number; readonly field: string }>> = {
  Deployment: replicas,
  ReplicaSet: replicas,
  ReplicationController: replicas,
  StatefulSet: replicas,
  Job: ({ object }) => ({ count: object.spec?.parallelism ?? 1, field: 'spec.parallelism' }),
  DaemonSet: ({ object }) => ({ count: object.status?.desiredNumberScheduled ?? 0, field: 'spec' }),
}

function replicas({ object }: ObjectRow): { count: number; field: string } {
  return { count: object.spec?.replicas ?? 1, field: 'spec.replicas' }
}

/** Workloads that got fewer Pods than they ask for because a cluster's budget of Pods is used up, at the line that asks. */
export function budgetFindings(reader: WorldReader): readonly Diagnostic[] {
  return reader.rows('apiState').flatMap(({ id, pods, flags }) => (pods < flags.mostPods ? [] : shortOf(reader, id)))
}

function shortOf(reader: WorldReader, cluster: string): Diagnostic[] {
  const most = reader.get('apiState', cluster)?.flags.mostPods ?? 0
  const short = Object.keys(WANTED).flatMap((kind) =>
    reader.by('object', 'kind', `${cluster}|${kind}`).flatMap((row) => {
      if (row.object.metadata.ownerReferences?.some(({ controller }) => controller)) return []
      const { count, field } = WANTED[kind](row)
      const shown =
        row.object.status?.replicas ?? row.object.status?.currentNumberScheduled ?? row.object.status?.active
      return count > (shown ?? 0) && !finished(row) ? [{ row, count, field, shown: shown ?? 0 }] : []
    }),
  )
  const named = short
    .sort((a, b) => b.count - b.shown - (a.count - a.shown))
    .slice(0, MOST_NAMED)
    .map(({ row, count, field, shown }) => ({
      severity: 'error' as const,
      code: 'pod-budget',
      message: `showing ${grouped(shown)} of ${grouped(count)} ${row.kind === 'Job' || row.kind === 'DaemonSet' ? 'pods' : 'replicas'}: a cluster holds at most ${grouped(most)} Pods here`,
      object: refText(row.kind, row.namespace, row.name),
      ...locateIn(reader, row, field),
    }))
  const rest = short.length - named.length
  if (rest === 0) return named
  const message = `${grouped(rest)} more workloads have fewer Pods than they ask for: a cluster holds at most ${grouped(most)} here`
  return [...named, { severity: 'error', code: 'pod-budget', message }]
}

function finished({ object }: ObjectRow): boolean {
  const conditions: unknown = object.status?.conditions
  return (
    Array.isArray(conditions) &&
    conditions.some(({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'))
  )
}

/** `1,000,000,000`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
