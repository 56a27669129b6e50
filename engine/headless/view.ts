import type { WorldReader } from '../core/world.ts'
import { REASONS, type ReasonCode } from '../kernel/trace/reasons.ts'
import type { RecordRef } from '../kernel/tables.ts'
import type { Step } from '../kernel/trace/step.ts'
import type { CommitView, DecisionView, StepView } from '../protocol.ts'
import type { Commit } from '../simulation.ts'
import { viewDecision } from './decision.ts'
import { isReply } from './packet-id.ts'
import { podOfNetns } from './place.ts'

/** The kernel's and the timeline's records as the page gets them: every reference resolved to text, author and line. */
export function viewCommits(world: WorldReader, commits: readonly Commit[]): CommitView[] {
  const lookup = new Lookup(world)
  return commits.map((commit) => ({
    index: commit.index,
    at: commit.at,
    lane: commit.steps.length > 0 ? 'data' : 'control',
    notes: commit.notes,
    steps: commit.steps.map((step) => viewStep(lookup, step)),
  }))
}

function viewStep(lookup: Lookup, step: Step): StepView {
  const { decidedBy, via, end } = step
  const pod = lookup.pod(step.netns)
  // Field by field: there are hundreds of steps to an answer, and a copy without some fields costs ten times as much.
  return {
    at: step.at,
    packet: step.packet,
    branch: step.branch,
    host: step.host,
    netns: step.netns,
    ...(pod ? { pod } : undefined),
    ...(step.dev === undefined ? undefined : { dev: step.dev }),
    stage: step.stage,
    action: step.action,
    detail: step.detail,
    summary: step.summary,
    ...(step.before ? { before: step.before } : undefined),
    ...(step.after ? { after: step.after } : undefined),
    ...(step.headers === undefined ? undefined : { headers: step.headers }),
    ...(decidedBy ? { decidedBy: lookup.decision(decidedBy) } : undefined),
    ...(via && via.length > 0 ? { via: via.map((ref) => lookup.decision(ref)) } : undefined),
    ...(end ? { end: { ...end, ...reasonOf(end.reason) } } : undefined),
    reply: lookup.reply(step.packet),
  }
}

/** What many steps of one walk have in common, worked out once. Equal decisions are one object, which travels to the page once. */
class Lookup {
  private readonly world: WorldReader
  private readonly pods = new Map<string, string | null>()
  private readonly replies = new Map<string, boolean>()
  private readonly decisions = new Map<unknown, Map<string, DecisionView>>()

  constructor(world: WorldReader) {
    this.world = world
  }

  pod(netns: string): string | null {
    return found(this.pods, netns, () => podOfNetns(this.world, netns))
  }

  reply(packet: string): boolean {
    return found(this.replies, packet, () => isReply(packet))
  }

  decision(ref: RecordRef): DecisionView {
    const ofRow = found(this.decisions, ref.row, () => new Map<string, DecisionView>())
    return found(ofRow, `${ref.table} ${ref.id} ${ref.rule}`, () => viewDecision(this.world, ref))
  }
}

function found<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

function reasonOf(code: string | undefined): {
  reasonText?: string
  verdict?: (typeof REASONS)[ReasonCode]['verdict']
} {
  const reason = code && code in REASONS ? REASONS[code as ReasonCode] : undefined // looked up just before
  return reason ? { reasonText: reason.text, verdict: reason.verdict } : {}
}
