import { assert } from './assert.ts'
import { type Change, difference, inverse, squash } from './change.ts'
import { type Checkpoint, Checkpoints } from './checkpoints.ts'
import { Table, type TableDef, type Row } from './table.ts'
import type { RowOf, TableName } from './tables.ts'

export interface HistoryOptions {
  /** Up to so many changes, undoing or redoing them one by one is cheaper than making indexes anew after a jump. */
  readonly nearby: number
  /** Changes between two checkpoints. One costs a copy of each table that is written to afterwards. */
  readonly interval: number
}

const HISTORY: HistoryOptions = { nearby: 4096, interval: 32_768 }

const NONE: ReadonlySet<string> = new Set()

/** What lay ahead of a position, on its way back into the log. */
export interface Future {
  readonly changes: readonly Change[]
  readonly checkpoints: readonly Checkpoint[]
}

/** What may be read of the world: everything. Controllers, formatters and the page's mirror share this face. */
export interface WorldReader {
  get<N extends TableName>(table: N, id: string): RowOf<N> | undefined
  rows<N extends TableName>(table: N): readonly RowOf<N>[]
  by<N extends TableName>(table: N, index: string, key: string): readonly RowOf<N>[]
  oneBy<N extends TableName>(table: N, index: string, key: string): RowOf<N> | undefined
  /** `compute(rows)` kept until a row under that index key changes; index '' is the whole table. Must be pure. */
  memo<N extends TableName, T>(
    table: N,
    index: string,
    key: string,
    name: string,
    compute: (rows: readonly RowOf<N>[]) => T,
  ): T
  count(table: TableName): number
  /** Grows with every change of a table, undone ones included: for what is made of several tables, which `memo` cannot keep. */
  version(table: TableName): number
}

/** What may be written: every write is logged as a reversible `Change`. */
export interface Tx extends WorldReader {
  put<N extends TableName>(table: N, row: RowOf<N>): void
  delete(table: TableName, id: string): void
  /** True while nothing is put into a table: its rows need not be made. */
  holds(table: TableName): boolean
  /** Replaces some fields of an existing row; does nothing if the row is absent. */
  patch<N extends TableName>(table: N, id: string, fields: Partial<RowOf<N>>): void
}

/**
 * The state of one simulation: tables of frozen records and the log of every change.
 * The log's length is a position in history; `seek` goes to any of them, back or forward, and a write
 * after a seek back forgets what lay ahead (it starts another branch).
 *
 *     log   c0 c1 c2 c3 c4 c5 c6
 *                    ^ position 4: c0..c3 are applied, c4..c6 can be redone
 */
export class World implements Tx {
  private readonly tables = new Map<string, Table<Row>>()
  private readonly log: Change[] = []
  private readonly observers = new Map<string, ((change: Change) => void)[]>()
  private at = 0
  private still: ReadonlySet<string> | undefined
  private readonly options: HistoryOptions
  private checkpoints: Checkpoints

  constructor(defs: readonly TableDef<never>[], history: HistoryOptions = HISTORY) {
    this.options = history
    // biome-ignore lint/suspicious/noExplicitAny: a TableDef of any row type; `put` keeps table and row type together
    for (const def of defs) this.tables.set(def.name, new Table<Row>(def as any))
    this.checkpoints = new Checkpoints(this.checkpoint(), this.options.interval)
  }

  /** Number of changes applied so far. */
  get position(): number {
    return this.at
  }

  /** Number of changes known, applied or ahead. */
  get end(): number {
    return this.log.length
  }

  get<N extends TableName>(table: N, id: string): RowOf<N> | undefined {
    return this.table(table).get(id) as RowOf<N> | undefined // `put` stored it under this name
  }

  rows<N extends TableName>(table: N): readonly RowOf<N>[] {
    return this.table(table).rows() as readonly RowOf<N>[]
  }

  by<N extends TableName>(table: N, index: string, key: string): readonly RowOf<N>[] {
    return this.table(table).by(index, key) as readonly RowOf<N>[]
  }

  oneBy<N extends TableName>(table: N, index: string, key: string): RowOf<N> | undefined {
    return this.table(table).oneBy(index, key) as RowOf<N> | undefined
  }

  memo<N extends TableName, T>(
    table: N,
    index: string,
    key: string,
    name: string,
    compute: (rows: readonly RowOf<N>[]) => T,
  ): T {
    return this.table(table).memo(index, key, name, compute as (rows: readonly Row[]) => T)
  }

  count(table: TableName): number {
    return this.table(table).size
  }

  version(table: TableName): number {
    return this.table(table).version
  }

  put<N extends TableName>(table: N, row: RowOf<N>): void {
    if (this.still?.has(table)) return
    const before = this.table(table).get(row.id)
    if (before === row) return
    this.write({ table, id: row.id, before, after: Object.freeze(row) })
  }

  holds(table: TableName): boolean {
    return this.still?.has(table) === true
  }

  delete(table: TableName, id: string): void {
    const before = this.table(table).get(id)
    if (before) this.write({ table, id, before, after: undefined })
  }

  patch<N extends TableName>(table: N, id: string, fields: Partial<RowOf<N>>): void {
    const before = this.get(table, id)
    if (before) this.put(table, { ...before, ...fields })
  }

  /** The changes between two positions, in the order they were made. */
  changes(from: number, to: number = this.at): readonly Change[] {
    return this.log.slice(from, to)
  }

  /**
   * Moves to another position and returns the net changes that took us there (for the mirror), of the tables in `only`
   * where that is given. Nothing is recomputed: changes are undone or redone, over long ways from the nearest checkpoint.
   */
  seek(position: number, only?: ReadonlySet<string>): Change[] {
    assert(position >= 0 && position <= this.log.length, `seek to ${position} of ${this.log.length}`)
    if (Math.abs(position - this.at) > this.options.nearby) return this.jump(position, only)
    const back = position < this.at
    const between = back ? this.log.slice(position, this.at) : this.log.slice(this.at, position)
    const squashed = squash(between)
    const net = back ? squashed.map(inverse) : squashed
    for (const change of net) this.apply(change)
    this.at = position
    return only ? net.filter((change) => only.has(change.table)) : net
  }

  /** Goes back to an earlier position for whoever needs no account of it. */
  rewind(position: number): void {
    assert(position >= 0 && position <= this.at, `rewind to ${position} from ${this.at}`)
    while (this.at > position) this.apply(inverse(this.log[--this.at]))
  }

  /** While `body` runs, nothing is put into these tables: for counters of what will be taken back. */
  holding<T>(tables: ReadonlySet<string>, body: () => T): T {
    const outer = this.still
    this.still = tables
    try {
      return body()
    } finally {
      this.still = outer
    }
  }

  /** Takes the changes ahead of the current position out of the log, to be given back by `restoreFuture`. */
  takeFuture(): Future {
    return { changes: this.log.splice(this.at), checkpoints: this.checkpoints.cut(this.at) }
  }

  /** Puts back what `takeFuture` took; the position must be where it was then. */
  restoreFuture(future: Future): void {
    this.forget()
    for (const change of future.changes) this.log.push(change)
    for (const checkpoint of future.checkpoints) this.checkpoints.add(checkpoint)
  }

  /** Forgets the changes ahead of the current position: what was undone cannot be redone. */
  forget(): void {
    this.log.length = this.at
    this.checkpoints.cut(this.at)
  }

  /** Calls back on every change of a table, undone ones included: for derived structures such as the event heap. */
  observe(table: TableName, callback: (change: Change) => void): void {
    const list = this.observers.get(table)
    if (list) list.push(callback)
    else this.observers.set(table, [callback])
  }

  /** Takes over another world's present: every record of it, shared, and nothing of its history. */
  copy(other: World): void {
    assert(this.tables.size === other.tables.size, 'a copy goes into a world of the same tables')
    const start = this.checkpoint()
    this.restore(other.checkpoint())
    this.account(start, NONE)
    this.log.length = 0
    this.at = 0
    this.checkpoints = new Checkpoints(this.checkpoint(), this.options.interval)
  }

  /** Stable text of every table, for tests and for comparing worlds. */
  dump(only?: readonly string[]): string {
    const lines: string[] = []
    for (const [name, table] of this.tables) {
      if (only && !only.includes(name)) continue
      for (const row of table.rows()) lines.push(`${name} ${JSON.stringify(row)}`)
    }
    return lines.join('\n')
  }

  private write(change: Change): void {
    if (this.at < this.log.length) this.forget()
    this.apply(change)
    this.log.push(change)
    this.at++
    if (this.checkpoints.due(this.at)) this.checkpoints.add(this.checkpoint())
  }

  private jump(position: number, only: ReadonlySet<string> | undefined): Change[] {
    const near = this.checkpoints.nearest(position)
    const start = this.checkpoint()
    this.checkpoints.leave(start)
    this.restore(near)
    let at = near.position
    // Straight into the tables: observers hear of the net changes alone.
    for (; at < position; at++) this.redo(this.log[at])
    while (at > position) this.redo(inverse(this.log[--at]))
    this.at = position
    return this.account(start, only)
  }

  private checkpoint(): Checkpoint {
    return { position: this.at, tables: [...this.tables.values()].map((table) => table.snapshot()) }
  }

  private restore(checkpoint: Checkpoint): void {
    let i = 0
    for (const table of this.tables.values()) table.restore(checkpoint.tables[i++])
  }

  /** The net changes since `start`, of all tables or those in `only`; whoever observes a table is told of its own. */
  private account(start: Checkpoint, only: ReadonlySet<string> | undefined): Change[] {
    const net: Change[] = []
    let i = 0
    for (const [name, table] of this.tables) {
      const before = start.tables[i++]
      const observers = this.observers.get(name)
      const wanted = !only || only.has(name)
      if (!wanted && !observers) continue
      for (const change of difference(name, before, table.byId)) {
        if (wanted) net.push(change)
        if (observers) for (const observer of observers) observer(change)
      }
    }
    return net
  }

  private redo(change: Change): void {
    this.table(change.table).write(change.id, change.before, change.after)
  }

  private apply(change: Change): void {
    this.redo(change)
    const observers = this.observers.get(change.table)
    if (observers) for (const observer of observers) observer(change)
  }

  private table(name: string): Table<Row> {
    const table = this.tables.get(name)
    assert(table, `no table ${name}`)
    return table
  }
}
