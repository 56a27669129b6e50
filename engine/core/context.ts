import type { Scheduler } from './event-queue.ts'
import type { Tx } from './world.ts'

/** What every handler of an event is given: the state to read and write, the clock, the dice, and where to tell. */
export interface Ctx {
  readonly tx: Tx
  readonly clock: Scheduler
  /** A number in [0, 1) from a named stream; `explain` may script it to walk every way the dice can fall. */
  random(stream: string, chances?: DiceRoll): number
  /** Reports one thing that happened; the simulation files it under the running event. */
  emit(step: unknown): void
  /** Says in one line what this event did, for the timeline: `actor` as the real component is called. */
  note(note: Note): void
}

/** What is at stake in one draw, so that outcomes can be enumerated: the chance that the draw says yes. */
export interface DiceRoll {
  readonly yes: number
}

export interface Note {
  readonly actor: string
  readonly text: string
  /** The object acted on, as `Kind/namespace/name`. */
  readonly object?: string
  readonly node?: string
}

/** Runs one event. Found by the event's name in a static table (`engine/handlers.ts`). */
export type Handler = (ctx: Ctx, payload: never) => void
