import type { CommitView } from '../../engine/index.ts'
import { type Beat, stepOf } from '../sim/beats.ts'

/** Keys of the rows that decided the walk so far, and of those passed on the way: `table\nid`, for a rule `table\nid\nindex`. */
export function rowsOfWalk(
  beats: readonly Beat[],
  commits: ReadonlyMap<number, CommitView>,
  from: number,
  to: number,
): ReadonlySet<string> {
  const used = new Set<string>()
  for (let index = Math.max(0, from); index <= to; index++) {
    const step = stepOf(commits, beats[index])
    for (const decision of step ? [step.decidedBy, ...(step.via ?? [])] : []) {
      if (decision)
        used.add(
          decision.rule === undefined
            ? `${decision.table}\n${decision.id}`
            : `${decision.table}\n${decision.id}\n${decision.rule}`,
        )
    }
  }
  return used
}
