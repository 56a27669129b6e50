import type { AnswerView, CommitView, StepView } from '../../engine/index.ts'
import { type Beat, exchangeOf, stepOf } from '../sim/beats.ts'
import { innermost } from '../view/packet.ts'

/** A part of an exchange beside its first packet and the first answer to it. */
export type PhaseKind = 'lookup' | 'retries' | 'handshake' | 'data' | 'close' | 'more' | 'earlier'

/** A phase as the timeline shows it: one stop while it is folded. */
export interface Fold {
  /** The same for the same phase of the same exchange: what is unfolded stays so. */
  readonly id: string
  readonly kind: PhaseKind
  readonly title: string
  /** How much it holds: `2 packets there (64 bytes), 2 back (64 bytes)`. */
  readonly note: string
  readonly packets: number
  readonly stops: number
  readonly open: boolean
}

/** A stop of the playhead. With a closed fold it stands for the whole phase and is where the phase ends; with an open one, where it begins. */
export interface Stop extends Beat {
  readonly fold?: Fold
}

interface Members {
  readonly kind: PhaseKind
  readonly stops: number[]
  /** Id -> its first step. */
  readonly packets: Map<string, StepView>
}

const TITLES: Readonly<Record<PhaseKind, string>> = {
  lookup: 'name lookup',
  retries: 'sent again',
  handshake: 'end of the handshake',
  data: 'data',
  close: 'the connection closes',
  more: 'further packets',
  earlier: 'an earlier question',
}

/**
 * Folds what a packet's walk only repeats. The question's first packet and the first answer to it stay as they are; the rest of
 * the handshake, the data, the closing, lookups and packets of earlier questions become a stop each, at the place where they end.
 * A phase in which a packet of the question dies is shown whole.
 */
export function withFolds(
  beats: readonly Beat[],
  commits: ReadonlyMap<number, CommitView>,
  answer: AnswerView | null,
  unfolded: ReadonlySet<string>,
): Stop[] {
  const phaseOf = phasesOf(beats, commits, answer)
  const members = new Map<string, Members>()
  const phaseAt = beats.map((beat, index) => {
    const step = stepOf(commits, beat)
    const kind = step && phaseOf.get(step.packet)
    if (!step || !kind) return undefined
    const id = `${exchangeOf(step)} ${kind}`
    const phase: Members = members.get(id) ?? { kind, stops: [], packets: new Map() }
    members.set(id, phase)
    phase.stops.push(index)
    if (!phase.packets.has(step.packet)) phase.packets.set(step.packet, step)
    return id
  })
  const foldOf = (id: string): Fold => {
    const { kind, stops, packets } = members.get(id) as Members // every id was entered above
    const note = noteOf([...packets.values()])
    return { id, kind, title: TITLES[kind], note, packets: packets.size, stops: stops.length, open: unfolded.has(id) }
  }
  return beats.flatMap((beat, index): Stop[] => {
    const id = phaseAt[index]
    if (id === undefined) return [beat]
    const stops = members.get(id)?.stops ?? []
    if (unfolded.has(id)) return [index === stops[0] ? { ...beat, fold: foldOf(id) } : beat]
    return index === stops[stops.length - 1] ? [{ ...beat, fold: foldOf(id) }] : []
  })
}

/** Packet -> the phase that it is part of; packets that are shown whole are absent. */
function phasesOf(
  beats: readonly Beat[],
  commits: ReadonlyMap<number, CommitView>,
  answer: AnswerView | null,
): ReadonlyMap<string, PhaseKind> {
  const firsts = new Map<string, StepView>()
  const dying = new Set<string>()
  let asked: string | undefined
  for (const beat of beats) {
    const step = stepOf(commits, beat)
    if (!step) continue
    if (answer && beat.commit >= answer.firstCommit) asked ??= exchangeOf(step)
    if (!firsts.has(step.packet)) firsts.set(step.packet, step)
    if (step.end?.disposition === 'dropped' || step.end?.disposition === 'rejected') dying.add(step.packet)
  }
  const phases = new Map<string, PhaseKind>()
  let stage: 'handshake' | 'data' | 'close' = 'handshake'
  let answered = false
  for (const [packet, step] of firsts) {
    const exchange = exchangeOf(step) ?? packet
    if (exchange !== asked) {
      phases.set(packet, 'earlier')
      continue
    }
    if (packet === exchange) continue
    if (/\/dns\d+/.test(packet)) {
      // The first query and its answer matter only if nothing else was ever sent.
      if (firsts.has(exchange)) phases.set(packet, 'lookup')
      continue
    }
    const body = innermost(step.headers)?.body
    if (step.reply && !answered) {
      answered = true
      continue
    }
    if (body?.kind !== 'tcp') {
      phases.set(packet, 'more')
      continue
    }
    if (body.flags === 'S') {
      phases.set(packet, 'retries')
      continue
    }
    if (body.flags.includes('F') || body.flags.includes('R')) stage = 'close'
    else if (body.data.bytes > 0 && stage === 'handshake') stage = 'data'
    phases.set(packet, stage)
  }
  // Sent again and lost again is the same story; anything else that dies is the story itself.
  for (const packet of dying) {
    const kind = phases.get(packet)
    if (kind && kind !== 'retries' && kind !== 'earlier')
      for (const [other, its] of phases) if (its === kind) phases.delete(other)
  }
  return phases
}

function noteOf(firsts: readonly StepView[]): string {
  const side = (reply: boolean, way: string) => {
    const mine = firsts.filter((step) => step.reply === reply)
    if (mine.length === 0) return []
    const bytes = mine.reduce((sum, step) => sum + bytesOf(step), 0)
    const count = `${mine.length} packet${mine.length === 1 ? '' : 's'} ${way}`
    return [bytes > 0 ? `${count} (${bytes} bytes)` : count]
  }
  return [...side(false, 'there'), ...side(true, 'back')].join(', ')
}

function bytesOf(step: StepView): number {
  const body = innermost(step.headers)?.body
  return body?.kind === 'tcp' ? body.data.bytes : 0
}
