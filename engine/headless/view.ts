import type { WorldReader } from '../core/world.ts'
import { REASONS, type ReasonCode } from '../kernel/trace/reasons.ts'
import type { Step } from '../kernel/trace/step.ts'
import type { CommitView, StepView } from '../protocol.ts'
import type { Commit } from '../simulation.ts'
import { viewDecision } from './decision.ts'
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
