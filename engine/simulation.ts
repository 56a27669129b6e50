import { assert } from './core/assert.ts'
import type { Change } from './core/change.ts'
import type { Ctx, DiceRoll, Note } from './core/context.ts'
import { EventHeap } from './core/event-heap.ts'
import { type EventRow, type Scheduler, schedulerOf } from './core/event-queue.ts'
import { draw } from './core/rng.ts'
import type { TableName } from './core/tables.ts'
import { World } from './core/world.ts'
import { RUNTIME } from './controllers.ts'
import { HANDLERS } from './handlers.ts'
import type { Step } from './kernel/trace/step.ts'
import { TABLES } from './tables.ts'

/** What one event (or one command from outside) did: its place in history, what it said, and what packets met. */
export interface Commit {
  readonly index: number
  readonly at: number
  /** Positions in the change log: the state before and after. */
  readonly from: number
  readonly to: number
  readonly event: string
  readonly notes: readonly Note[]
  readonly steps: readonly Step[]
}

/** Replaces the dice in `explain`: given the stream and the stakes, the number in [0, 1) to use. */
export type Dice = (stream: string, chances: DiceRoll | undefined, honest: () => number) => number

export interface Budget {
  /** Latest simulated time, microseconds, relative to now. */
  readonly withinUs?: number
  readonly maxEvents?: number
  /** Most changes of rows: what time and memory go by. */
  readonly maxChanges?: number
  /** Told after every slice of work, with the events run so far, so that who waits knows that it goes on. It must not write. */
  readonly onSlice?: (sim: Simulation, events: number) => void
}

/** A slice: so many events, or so many changes of rows, whichever comes first. */
const SLICE = { events: 256, changes: 4_096 }

const COUNTERS: ReadonlySet<string> = new Set<TableName>(['linkStat', 'nfCount'])

const DEFAULT_BUDGET = { withinUs: 300_000_000, maxEvents: 5_000_000 }

/**
 * One running world. Time moves only in `step`; history is a list of commits over the world's change log.
 *
 *     transact / step  ->  handler writes rows  ->  watches wake controllers  ->  Commit
 *     seek(n)          ->  the state after the first n commits, by undo or redo
 *     explain(f)       ->  run f and what follows from it, then take everything back
 */
export class Simulation {
  readonly world: World
  readonly clock: Scheduler
  private readonly heap: EventHeap
  private readonly history: Commit[] = []
  private cursor = 0
  private notes: Note[] = []
  private steps: Step[] = []
  private dice: Dice | undefined
  private readonly ctx: Ctx

  constructor(options: { seed?: number } = {}) {
    this.world = new World(TABLES)
    this.clock = schedulerOf(this.world)
    this.heap = new EventHeap(this.world)
    this.ctx = {
      tx: this.world,
      clock: this.clock,
      random: (stream, chances) => {
        const honest = () => draw(this.world, this.clock.seed, stream)
        return this.dice ? this.dice(stream, chances, honest) : honest()
      },
      emit: (step) => this.steps.push(step as Step), // the kernel's walk is the only one that emits
      note: (note) => this.notes.push(note),
    }
    this.world.put('clock', { id: 'clock', now: 0, seq: 0, seed: options.seed ?? 1 })
  }

  get commits(): readonly Commit[] {
    return this.history
  }

  /** Number of commits applied: where in history we are. */
  get moment(): number {
    return this.cursor
  }

  get settled(): boolean {
    return this.heap.settled
  }

  /** Runs `change` as one commit at the present moment, with the watches it wakes. A branch if history lies ahead. */
  transact(event: string, change: (ctx: Ctx) => void): Commit {
    this.history.length = this.cursor
    return this.commit(event, () => change(this.ctx))
  }

  /** Runs the next event; undefined if there is none. */
  step(): Commit | undefined {
    const next = this.heap.peek()
    if (!next) return undefined
    this.history.length = this.cursor
    return this.commit(next.name, () => this.run(next))
  }

  /** Runs until nothing but background work is pending, or the budget is used up. True if settled. */
  settle(budget: Budget = {}): boolean {
    return this.runWhile(() => !this.heap.settled, budget)
  }

  /** Runs events while `more()` holds. False if the budget ended it. */
  runWhile(more: () => boolean, budget: Budget = {}): boolean {
    const limit = this.clock.now + (budget.withinUs ?? DEFAULT_BUDGET.withinUs)
    const events = budget.maxEvents ?? DEFAULT_BUDGET.maxEvents
    const full = this.world.position + (budget.maxChanges ?? Number.POSITIVE_INFINITY)
    let slice = { run: 0, position: this.world.position }
    for (let run = 0; more(); run++) {
      const next = this.heap.peek()
      if (!next) return true
      if (next.at > limit || run >= events || this.world.position >= full) return false
      const { position } = this.world
      if (run - slice.run >= SLICE.events || position - slice.position >= SLICE.changes) {
        slice = { run, position }
        budget.onSlice?.(this, run)
      }
      this.step()
    }
    return true
  }

  /** Goes to the state after the first `moment` commits. Returns the net changes (of the tables in `only`), for the mirror. */
  seek(moment: number, only?: ReadonlySet<string>): Change[] {
    assert(moment >= 0 && moment <= this.history.length, `seek to commit ${moment} of ${this.history.length}`)
    this.cursor = moment
    const position = moment === 0 ? (this.history[0]?.from ?? this.world.position) : this.history[moment - 1].to
    return this.world.seek(position, only)
  }

  /**
   * Runs `ask` on a copy of the present that leaves no trace: it may transact and step; afterwards every change is undone.
   * With `dice`, random choices are taken from there. Packet counters of links and rules stand still meanwhile: they are half
   * of what a packet writes, and nobody could read them afterwards.
   */
  explain<T>(ask: (sim: Simulation) => T, dice?: Dice): T {
    const position = this.world.position
    const moment = this.cursor
    const ahead = this.history.splice(moment)
    const future = this.world.takeFuture()
    const outer = this.dice
    this.dice = dice ?? outer
    try {
      return this.world.holding(COUNTERS, () => ask(this))
    } finally {
      this.dice = outer
      this.world.rewind(position)
      this.world.restoreFuture(future)
      this.history.length = moment
      for (const commit of ahead) this.history.push(commit)
      this.cursor = moment
    }
  }

  /** Another simulation that goes on from the present moment: it shares every record, and has no past. */
  fork(): Simulation {
    const other = new Simulation({ seed: this.clock.seed })
    other.world.copy(this.world)
    return other
  }

  private commit(event: string, body: () => void): Commit {
    const from = this.world.position
    this.notes = []
    this.steps = []
    body()
    RUNTIME.dispatchChanges(this.ctx, this.world.changes(from))
    const commit = {
      index: this.history.length,
      at: this.clock.now,
      from,
      to: this.world.position,
      event,
      notes: this.notes,
      steps: this.steps,
    }
    this.history.push(commit)
    this.cursor = this.history.length
    return commit
  }

  private run(event: EventRow): void {
    const clock = this.world.get('clock', 'clock')
    assert(clock && event.at >= clock.now, `event ${event.id} lies in the past`)
    if (clock.now !== event.at) this.world.put('clock', { ...clock, now: event.at })
    this.world.delete('event', event.id)
    const handler = HANDLERS[event.name]
    assert(handler, `no handler for event ${event.name}`)
    handler(this.ctx, event.payload as never) // the payload was written by the module that owns this event name
  }
}
