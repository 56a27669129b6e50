import type { AnswerView, CommitView, StepView } from '../../engine/index.ts'

/** One stop of the playhead: a packet's step, or what a control loop did. */
export interface Beat {
  readonly lane: 'control' | 'data'
  /** Index of the commit, and of the step in it (-1 for a control event). */
  readonly commit: number
  readonly step: number
  readonly at: number
}

/** The stops of a timeline, in order. ARP and other side branches are stops too: they are why a packet waits. */
export function beatsOf(commits: readonly CommitView[]): Beat[] {
  const beats: Beat[] = []
  for (const commit of commits) {
    if (commit.steps.length === 0) beats.push({ lane: 'control', commit: commit.index, step: -1, at: commit.at })
    commit.steps.forEach((step, index) => beats.push({ lane: 'data', commit: commit.index, step: index, at: step.at }))
  }
  return beats
}

/** Index of the first data beat of the question's walk; `beats.length` if there is none. */
export function firstBeatOfWalk(beats: readonly Beat[], answer: AnswerView | null): number {
  if (!answer) return beats.length
  const found = beats.findIndex((beat) => beat.lane === 'data' && beat.commit >= answer.firstCommit)
  return found < 0 ? beats.length : found
}

export function stepOf(commits: ReadonlyMap<number, CommitView>, beat: Beat | undefined): StepView | undefined {
  return beat && beat.step >= 0 ? commits.get(beat.commit)?.steps[beat.step] : undefined
}
