import type { WorldReader } from '../core/world.ts'
import type { Line } from '../cli/types.ts'
import { REASONS, type ReasonCode } from '../kernel/trace/reasons.ts'
import type { Step } from '../kernel/trace/step.ts'
import type { CommitView, ShownLine, StepView } from '../protocol.ts'
import type { Commit } from '../simulation.ts'
import { authorOf, viewCause, viewDecision } from './decision.ts'
import { isReply } from './packet-id.ts'
import { podOfNetns } from './place.ts'

/** The kernel's and the timeline's records as the page gets them: every reference resolved to text, author and line. */

export function viewStep(world: WorldReader, step: Step): StepView {
  const pod = podOfNetns(world, step.netns)
  const { decidedBy, end, via, ...plain } = step
  return {
    ...plain,
    ...(pod ? { pod } : {}),
    ...(decidedBy ? { decidedBy: viewDecision(world, decidedBy) } : {}),
    ...(via && via.length > 0 ? { via: via.map((ref) => viewDecision(world, ref)) } : {}),
    ...(end ? { end: { ...end, ...reasonOf(end.reason) } } : {}),
    reply: isReply(step.packet),
  }
}

function reasonOf(code: string | undefined): {
  reasonText?: string
  verdict?: (typeof REASONS)[ReasonCode]['verdict']
} {
  const reason = code && code in REASONS ? REASONS[code as ReasonCode] : undefined // looked up just before
  return reason ? { reasonText: reason.text, verdict: reason.verdict } : {}
}

export function viewCommit(world: WorldReader, commit: Commit): CommitView {
  return {
    index: commit.index,
    at: commit.at,
    lane: commit.steps.length > 0 ? 'data' : 'control',
    notes: commit.notes,
    steps: commit.steps.map((step) => viewStep(world, step)),
  }
}

/** A line that a tool printed, with the row behind it. */
export function viewLine(world: WorldReader, line: Line): ShownLine {
  const { ref } = line
  if (!ref) return { text: line.text }
  const row = ref.row ?? world.get(ref.table as 'route', ref.id) // any table: only its author is read
  const { owner, cause } = authorOf(ref, row)
  return {
    text: line.text,
    table: ref.table,
    rowId: ref.id,
    ...(ref.rule === undefined ? {} : { rule: ref.rule }),
    ...(owner ? { owner } : {}),
    ...(cause ? { cause: viewCause(world, cause) } : {}),
  }
}
