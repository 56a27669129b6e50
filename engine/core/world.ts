import { assert } from './assert.ts'
import { type Change, squash } from './change.ts'
import { Table, type TableDef, type Row } from './table.ts'
import type { RowOf, TableName } from './tables.ts'

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
}

/** What may be written: every write is logged as a reversible `Change`. */
export interface Tx extends WorldReader {
  put<N extends TableName>(table: N, row: RowOf<N>): void
  delete(table: TableName, id: string): void
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

  constructor(defs: readonly TableDef<never>[]) {
    // biome-ignore lint/suspicious/noExplicitAny: a TableDef of any row type; `put` keeps table and row type together
    for (const def of defs) this.tables.set(def.name, new Table<Row>(def as any))
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

  put<N extends TableName>(table: N, row: RowOf<N>): void {
    const before = this.table(table).get(row.id)
    if (before === row) return
    this.write({ table, id: row.id, before, after: Object.freeze(row) })
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
   * Moves to another position and returns the net changes that took us there (for the mirror).
   * Nothing is recomputed: changes are undone or redone.
   */
  seek(position: number): Change[] {
    assert(position >= 0 && position <= this.log.length, `seek to ${position} of ${this.log.length}`)
    const back = position < this.at
    const between = back ? this.log.slice(position, this.at) : this.log.slice(this.at, position)
    const net = squash(between).map((c) => (back ? { table: c.table, id: c.id, before: c.after, after: c.before } : c))
    for (const change of net) this.apply(change)
    this.at = position
    return net
  }

  /** Takes the changes ahead of the current position out of the log, to be given back by `restoreFuture`. */
  takeFuture(): Change[] {
    return this.log.splice(this.at)
  }

  /** Puts back what `takeFuture` took; the position must be where it was then. */
  restoreFuture(future: readonly Change[]): void {
    this.log.length = this.at
    for (const change of future) this.log.push(change)
  }

  /** Forgets the changes ahead of the current position: what was undone cannot be redone. */
  forget(): void {
    this.log.length = this.at
  }

  /** Calls back on every change of a table, undone ones included: for derived structures such as the event heap. */
  observe(table: TableName, callback: (change: Change) => void): void {
    const list = this.observers.get(table)
    if (list) list.push(callback)
    else this.observers.set(table, [callback])
  }

  /** Takes over another world's present: every record of it, shared, and nothing of its history. */
  copy(other: World): void {
    assert(this.at === this.log.length && this.tables.size === other.tables.size, 'a copy goes into a world of the same tables at its end')
    for (const [name, table] of this.tables) {
      for (const row of table.rows()) if (!other.table(name).get(row.id)) this.apply({ table: name, id: row.id, before: row })
      for (const row of other.table(name).rows()) this.apply({ table: name, id: row.id, before: table.get(row.id), after: row })
    }
    this.log.length = 0
    this.at = 0
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
    if (this.at < this.log.length) this.log.length = this.at
    this.apply(change)
    this.log.push(change)
    this.at++
  }

  private apply(change: Change): void {
    this.table(change.table).write(change.id, change.before, change.after)
    const observers = this.observers.get(change.table)
    if (observers) for (const observer of observers) observer(change)
  }

  private table(name: string): Table<Row> {
    const table = this.tables.get(name)
    assert(table, `no table ${name}`)
    return table
  }
}
