import type { AnswerView, CommitView, StepView } from '../../engine/index.ts'

/** One stop of the playhead: a packet's step, or what a control loop did. */
export interface Beat {
  readonly lane: 'control' | 'data'
  /** Index of the commit, and of the step in it (-1 for a control event). */
  readonly commit: number
  readonly step: number
  readonly at: number
}

/**
 * The stops of a timeline, in order. Without `detail` a packet stops only on its own way: not for the ARP it waits for, not for
 * copies that a bridge floods elsewhere, not where a device merely takes it in.
 */
export function beatsOf(commits: readonly CommitView[], detail = false): Beat[] {
  const ways = detail ? undefined : waysOf(commits)
  const beats: Beat[] = []
  for (const commit of commits) {
    if (commit.steps.length === 0) beats.push({ lane: 'control', commit: commit.index, step: -1, at: commit.at })
    commit.steps.forEach((step, index) => {
      if (!ways || onTheWay(step, ways)) beats.push({ lane: 'data', commit: commit.index, step: index, at: step.at })
    })
  }
  return beats
}

/** The branch by which each packet came to its end: delivered, else rejected or dropped. */
function waysOf(commits: readonly CommitView[]): ReadonlyMap<string, string> {
  const ways = new Map<string, { branch: string; rank: number }>()
  for (const { steps } of commits) {
    for (const { packet, branch, end } of steps) {
      const rank = end ? (RANK[end.disposition] ?? 0) : 0
      if (rank > (ways.get(packet)?.rank ?? 0)) ways.set(packet, { branch, rank })
    }
  }
  return new Map([...ways].map(([packet, { branch }]) => [packet, branch]))
}

const RANK: Readonly<Record<string, number>> = { delivered: 3, rejected: 2, dropped: 1 }

function onTheWay(step: StepView, ways: ReadonlyMap<string, string>): boolean {
  const way = ways.get(step.packet) ?? '0'
  if (way !== step.branch && !way.startsWith(`${step.branch}.`)) return false
  return step.end !== undefined || step.stage !== 'receive' || step.decidedBy !== undefined || step.after !== undefined
}

/** Index of the first data beat of the question's walk; `beats.length` if there is none. */
export function firstBeatOfWalk(beats: readonly Beat[], answer: AnswerView | null): number {
  if (!answer) return beats.length
  const found = beats.findIndex((beat) => beat.lane === 'data' && beat.commit >= answer.firstCommit)
  return found < 0 ? beats.length : found
}

/** Index of the beat where the question's packet dies, on its way there; -1 if it arrives. */
export function beatOfDeath(
  beats: readonly Beat[],
  commits: ReadonlyMap<number, CommitView>,
  answer: AnswerView | null,
): number {
  if (!answer || answer.verdict === 'delivered') return -1
  const from = firstBeatOfWalk(beats, answer)
  const asked = exchangeOf(stepOf(commits, beats[from]))
  for (let index = from; index < beats.length; index++) {
    const step = stepOf(commits, beats[index])
    const how = step?.end?.disposition
    if (step && exchangeOf(step) === asked && !step.reply && (how === 'dropped' || how === 'rejected')) return index
  }
  return -1
}

/** Index of the beat from which on the outcome is known: where the packet dies, or where the first answer arrives; -1 if never. */
export function beatOfOutcome(
  beats: readonly Beat[],
  commits: ReadonlyMap<number, CommitView>,
  answer: AnswerView | null,
): number {
  const death = beatOfDeath(beats, commits, answer)
  if (!answer || death >= 0) return death
  let arrived = -1
  const from = firstBeatOfWalk(beats, answer)
  const asked = exchangeOf(stepOf(commits, beats[from]))
  for (let index = from; index < beats.length; index++) {
    const step = stepOf(commits, beats[index])
    if (step?.end?.disposition !== 'delivered' || exchangeOf(step) !== asked) continue
    if (step.reply) return index
    if (arrived < 0) arrived = index
  }
  return arrived < 0 ? beats.length - 1 : arrived
}

/** The exchange that a packet belongs to: `request` of `request`, `request/2` and `request/r1`. Earlier ones may still be under way. */
export function exchangeOf(step: StepView | undefined): string | undefined {
  return step?.packet.split('/', 1)[0]
}

export function stepOf(commits: ReadonlyMap<number, CommitView>, beat: Beat | undefined): StepView | undefined {
  return beat && beat.step >= 0 ? commits.get(beat.commit)?.steps[beat.step] : undefined
}
