import type { Row, TableDef } from './table.ts'
import type { World } from './world.ts'

/** Something that will happen: data only. `name` finds the handler in a static table; `payload` is plain data. */
export interface EventRow extends Row {
  /** When, in integer microseconds of simulated time. */
  readonly at: number
  /** Breaks ties: events of one moment run in the order in which they were scheduled. */
  readonly seq: number
  readonly name: string
  readonly payload: unknown
  /** Recurring work (a resync, a crash loop's next try) that does not keep a world from being settled. */
  readonly background?: boolean
}

/** The clock and the counter of scheduled events: one row, id `clock`. */
export interface ClockRow extends Row {
  readonly now: number
  readonly seq: number
  readonly seed: number
}

declare module './tables.ts' {
  interface Tables {
    event: EventRow
    clock: ClockRow
  }
}

export const eventTable: TableDef<EventRow> = { name: 'event', order: (a, b) => a.at - b.at || a.seq - b.seq }
export const clockTable: TableDef<ClockRow> = { name: 'clock' }

/** Tells the time and schedules events, on the world's own tables: undoing a write also undoes a schedule. */
export interface Scheduler {
  readonly now: number
  readonly seed: number
  /** Schedules `name` after `delayUs`. With an `id`, at most one such event is pending: an earlier one stays. */
  after(delayUs: number, name: string, payload: unknown, options?: { id?: string; background?: boolean }): string
  cancel(id: string): void
}

export function schedulerOf(world: World): Scheduler {
  return {
    get now() {
      return world.get('clock', 'clock')?.now ?? 0
    },
    get seed() {
      return world.get('clock', 'clock')?.seed ?? 0
    },
    after(delayUs, name, payload, options) {
      const id = options?.id
      const clock = world.get('clock', 'clock') ?? { id: 'clock', now: 0, seq: 0, seed: 0 }
      const at = clock.now + Math.max(0, Math.round(delayUs))
      const pending = id === undefined ? undefined : world.get('event', id)
      if (pending && pending.at <= at) return pending.id
      const seq = clock.seq + 1
      world.put('clock', { ...clock, seq })
      const row: EventRow = {
        id: id ?? `${name}#${seq}`,
        at,
        seq,
        name,
        payload,
        ...(options?.background ? { background: true } : {}),
      }
      world.put('event', row)
      return row.id
    },
    cancel(id) {
      world.delete('event', id)
    },
  }
}
