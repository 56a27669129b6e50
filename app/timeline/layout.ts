import type { CommitView } from '../../engine/index.ts'
import { type Beat, stepOf } from '../sim/beats.ts'
import { verbOf } from '../view/verb.ts'
import type { Stop } from './phases.ts'

/** A pause in simulated time that is drawn as a break, microseconds. */
export const GAP_US = 1_000_000

export interface Mark {
  /** Middle, 0 to 1. */
  readonly x: number
  readonly lane: Beat['lane']
  readonly kind: 'event' | 'step' | 'reply' | 'death' | 'refusal' | 'delivered' | 'fold'
  /** Beats that it stands for: marks too close to be told apart are one. */
  readonly count: number
}

export interface TimelineLayout {
  /** Middle of every beat, 0 to 1. */
  readonly at: readonly number[]
  readonly marks: readonly Mark[]
  /** Between two beats, with the simulated time that passed there. */
  readonly breaks: readonly { readonly x: number; readonly us: number }[]
  /** Where an edit of the text began. */
  readonly edits: readonly number[]
  /** Where the question's packet begins; 1 if there is none. */
  readonly packetAt: number
}

export interface TimelineFacts {
  readonly beats: readonly Stop[]
  readonly commits: ReadonlyMap<number, CommitView>
  readonly posed: number
  readonly editedAt: readonly number[]
}

/**
 * Beats on a line. The question's packet and the edit before it get a slot per beat; everything earlier is squeezed into what
 * is left, so that a history of thousands does not push the packet out of sight.
 *
 *     | history, squeezed ........ | last edit | the packet's walk .................... |
 */
export function layoutOf({ beats, commits, posed, editedAt }: TimelineFacts): TimelineLayout {
  const lastEdit = editedAt.at(-1)
  const editStart = lastEdit === undefined ? posed : beats.findIndex((beat) => beat.commit >= lastEdit)
  const recent = editStart < 0 ? posed : Math.min(editStart, posed)
  const walk = beats.length - posed
  const edit = posed - recent
  const editWeight = edit > 0 ? Math.min(1, EDIT_SLOTS / edit) : 0
  const historyRoom = Math.max(MIN_HISTORY, HISTORY_SHARE * (walk + edit * editWeight))
  const historyWeight = recent > 0 ? Math.min(1, historyRoom / recent) : 0

  // A folded phase is as wide as its mark needs, whatever it holds.
  const weights = beats.map(({ fold }, index) =>
    index < recent ? historyWeight : index < posed ? editWeight : fold && !fold.open ? FOLD_SLOTS : 1,
  )
  const gaps = beats.map((beat, index) => (index > 0 ? beat.at - beats[index - 1].at : 0))
  const slots = weights.reduce((sum, weight) => sum + weight, 0)
  const breakCount = gaps.filter((us) => us > GAP_US).length
  const breakShare = breakCount === 0 ? 0 : Math.min(BREAK_SHARE, MOST_BREAKS / breakCount)
  // Breaks have a share of the whole line, so that their labels fit; slots share the rest.
  const breakSlots = (slots * breakShare) / (1 - breakShare * breakCount)
  const room = (us: number) => (us > GAP_US ? breakSlots : 0)
  const total = slots > 0 ? slots + breakCount * breakSlots : 1

  const at: number[] = []
  const breaks: { x: number; us: number }[] = []
  let used = 0
  for (let index = 0; index < beats.length; index++) {
    if (gaps[index] > GAP_US) breaks.push({ x: (used + breakSlots / 2) / total, us: gaps[index] })
    used += room(gaps[index])
    at.push((used + weights[index] / 2) / total)
    used += weights[index]
  }
  const startOf = (index: number) => (index < beats.length ? at[index] - weights[index] / 2 / total : 1)
  return {
    at,
    breaks,
    marks: marksOf(beats, commits, at),
    edits: editedAt.flatMap((commit) => {
      const index = beats.findIndex((beat) => beat.commit >= commit)
      return index < 0 ? [] : [startOf(index)]
    }),
    packetAt: startOf(posed),
  }
}

const EDIT_SLOTS = 40
const FOLD_SLOTS = 3
const MIN_HISTORY = 12
const HISTORY_SHARE = 0.4
/** Of the line, for one break, and for all of them: room for `1.8 s`. */
const BREAK_SHARE = 0.045
const MOST_BREAKS = 0.25
/** Marks of one kind that are closer than this are drawn as one. */
const CLOSEST = 0.004

function marksOf(beats: readonly Stop[], commits: ReadonlyMap<number, CommitView>, at: readonly number[]): Mark[] {
  const marks: Mark[] = []
  const last: { control?: number; data?: number } = {}
  for (let index = 0; index < beats.length; index++) {
    const { lane } = beats[index]
    const kind = kindOf(beats[index], commits)
    const before = last[lane]
    const old = before === undefined ? undefined : marks[before]
    if (before !== undefined && kind !== 'fold' && old?.kind === kind && at[index] - old.x < CLOSEST)
      marks[before] = { ...old, count: old.count + 1 }
    else last[lane] = marks.push({ x: at[index], lane, kind, count: 1 }) - 1
  }
  return marks
}

function kindOf(beat: Stop, commits: ReadonlyMap<number, CommitView>): Mark['kind'] {
  if (beat.fold && !beat.fold.open) return 'fold'
  const step = stepOf(commits, beat)
  if (!step) return 'event'
  const { tone } = verbOf(step)
  if (tone === 'good') return 'delivered'
  if (tone === 'bad') return step.reply ? 'refusal' : 'death'
  return step.reply ? 'reply' : 'step'
}

/** The beat nearest to a place on the line; -1 before the first. */
export function beatAt({ at }: Pick<TimelineLayout, 'at'>, x: number): number {
  let [low, high] = [0, at.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (at[middle] < x) low = middle + 1
    else high = middle
  }
  if (low === 0) return at.length > 0 && x > at[0] / 2 ? 0 : -1
  if (low === at.length) return at.length - 1
  return x - at[low - 1] < at[low] - x ? low - 1 : low
}

/** `1.8 s`, `2 min 11 s`: as long as a break is. */
export function duration(us: number): string {
  const seconds = us / 1e6
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** A beat in a line of text: when, what. */
export function describeBeat(
  beats: readonly Stop[],
  commits: ReadonlyMap<number, CommitView>,
  index: number,
  posed = -1,
): string {
  const beat = beats[index]
  if (index === posed - 1 && posed < beats.length) return 'the packet is about to leave'
  if (!beat) return 'before the first event'
  const time = `${(beat.at / 1e6).toFixed(6)} s`
  const step = stepOf(commits, beat)
  if (beat.fold && !beat.fold.open) return `${time}  ${beat.fold.title}: ${beat.fold.note} (folded)`
  if (step) return `${time}  ${verbOf(step).text} · ${step.summary}`
  const notes = commits.get(beat.commit)?.notes ?? []
  if (notes.length === 0) return time
  const more = notes.length > 1 ? ` (and ${notes.length - 1} more)` : ''
  return `${time}  ${notes[0].actor}: ${notes[0].text}${more}`
}
