import { microsOf } from '../api/time.ts'
import type { ObjectRow } from '../api/types.ts'
import { isReady, readySinceUs } from './pods.ts'

/**
 * Which pods go first when there are too many: unassigned, then pending, not ready, cheap by the deletion-cost annotation,
 * those with more siblings on their node, ready for the shortest time, restarted most often, newest.
 * Models pkg/controller/controller_utils.go ActivePodsWithRanks.Less and replica_set.go getPodsRankedByRelatedPodsOnSameNode.
 */
export function deletionOrder(
  candidates: readonly ObjectRow[],
  related: readonly ObjectRow[],
  nowUs: number,
): ObjectRow[] {
  const onNode = new Map<string, number>()
  for (const pod of related) onNode.set(nodeOf(pod), (onNode.get(nodeOf(pod)) ?? 0) + 1)
  const ranked = candidates.map((pod) => ({
    pod,
    keys: [
      nodeOf(pod) === '' ? 0 : 1,
      PHASES[pod.object.status?.phase ?? 'Pending'] ?? 0,
      isReady(pod) ? 1 : 0,
      Number(pod.object.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
      -(onNode.get(nodeOf(pod)) ?? 0),
      ageRank(readySinceUs(pod), nowUs),
      -restartsOf(pod),
      ageRank(microsOf(pod.object.metadata.creationTimestamp), nowUs),
    ],
  }))
  return ranked.sort((a, b) => compare(a.keys, b.keys) || (uidOf(a.pod) < uidOf(b.pod) ? -1 : 1)).map(({ pod }) => pod)
}

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/** Ages count in powers of two, so that pods of about one age are alike. Models logarithmicRankDiff. */
function ageRank(sinceUs: number | undefined, nowUs: number): number {
  return sinceUs === undefined ? -1 : Math.floor(Math.log2(Math.max(1, nowUs - sinceUs)))
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return 0
}

function nodeOf(pod: ObjectRow): string {
  return pod.object.spec?.nodeName ?? ''
}

function restartsOf(pod: ObjectRow): number {
  return Math.max(
    0,
    ...(pod.object.status?.containerStatuses ?? []).map(
      (status: { restartCount?: number }) => status.restartCount ?? 0,
    ),
  )
}

function uidOf(pod: ObjectRow): string {
  return pod.object.metadata.uid ?? pod.id
}
