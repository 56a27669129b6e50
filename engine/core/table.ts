import { assert } from './assert.ts'

/** A record: frozen plain data (survives a structured clone) with an id that is unique within its table. */
export interface Row {
  readonly id: string
}

/** How a table is ordered and looked up. Rows are only ever walked in `order`, never in insertion order. */
export interface TableDef<R extends Row = Row> {
  readonly name: string
  /** Total order of the rows; ties fall back to the id. Absent: by id. */
  readonly order?: (a: R, b: R) => number
  /** Secondary indexes: name -> key of a row (several keys for multi-valued, undefined to leave it out). */
  readonly indexes?: Readonly<Record<string, (row: R) => string | readonly string[] | undefined>>
}

/**
 * The rows that share one index key (or the whole table): sorted on demand, with what was computed from them.
 * Most keys lead to one row: it is kept as `only`, because a Map of its own would be ten times as large.
 */
interface Bucket<R extends Row> {
  only: R | undefined
  rows: Map<string, R> | undefined
  sorted: readonly R[] | undefined
  /** Writes since `sorted` was made: row before -> row after, in order. Few of them are merged in, many sort anew. */
  pending: { readonly before?: R; readonly after?: R }[] | undefined
  memo: Map<string, unknown> | undefined
}

interface Index<R extends Row> {
  readonly name: string
  readonly key: (row: R) => string | readonly string[] | undefined
  /** Made when first asked for: many an index is never read in a boot or after a jump in time. */
  buckets: Map<string, Bucket<R>> | undefined
}

/** From so many pending writes on, sorting anew is cheaper than merging. */
const MERGE_LIMIT = 16

const EMPTY: readonly never[] = Object.freeze([])

/** One table: rows by id, buckets by index key. Knows nothing of history; `World` is the only writer. */
export class Table<R extends Row> {
  readonly def: TableDef<R>
  /** Rows by id. While it is `shared` with a snapshot, the next write makes a copy first. */
  private records = new Map<string, R>()
  private shared = false
  private writes = 0
  private all = newBucket(this.records)
  private readonly indexes: Index<R>[]
  private readonly byName: ReadonlyMap<string, Index<R>>

  constructor(def: TableDef<R>) {
    this.def = def
    this.indexes = Object.entries(def.indexes ?? {}).map(([name, key]) => ({ name, key, buckets: undefined }))
    this.byName = new Map(this.indexes.map((index) => [index.name, index]))
  }

  get size(): number {
    return this.records.size
  }

  /** Grows with every change of the rows, whatever brought it about: what was worked out at one version holds as long as it stands. */
  get version(): number {
    return this.writes
  }

  get(id: string): R | undefined {
    return this.records.get(id)
  }

  /** The rows as they are now, in no particular order. */
  get byId(): ReadonlyMap<string, R> {
    return this.records
  }

  /** The rows as they are now, unmoved by what is written later. Costs nothing until the next write. */
  snapshot(): ReadonlyMap<string, R> {
    this.shared = true
    return this.records
  }

  /** Becomes what it was when `rows` was its snapshot; order and indexes are worked out when somebody asks. */
  restore(rows: ReadonlyMap<string, R>): void {
    if (rows === this.records) return
    this.writes++
    this.records = rows as Map<string, R> // nobody writes to it: it is shared from here on
    this.shared = true
    this.all = newBucket(this.records)
    for (const index of this.indexes) index.buckets = undefined
  }

  /** All rows in the table's order. */
  rows(): readonly R[] {
    return this.sorted(this.all)
  }

  /** The rows under one index key, in the table's order. */
  by(index: string, key: string): readonly R[] {
    const bucket = this.bucket(index, key)
    return bucket ? this.sorted(bucket) : EMPTY
  }

  /** The single row under an index key, without sorting; the smallest id if there are several. */
  oneBy(index: string, key: string): R | undefined {
    const bucket = this.bucket(index, key)
    if (!bucket) return undefined
    return bucket.only ?? this.sorted(bucket)[0]
  }

  /** `compute` of the rows under one index key, kept until one of these rows changes. `compute` must be pure. */
  memo<T>(index: string, key: string, name: string, compute: (rows: readonly R[]) => T): T {
    const bucket = this.bucket(index, key)
    if (!bucket) return compute(EMPTY)
    bucket.memo ??= new Map()
    if (bucket.memo.has(name)) return bucket.memo.get(name) as T // stored under this name by this very call
    const value = compute(this.sorted(bucket))
    bucket.memo.set(name, value)
    return value
  }

  /** Replaces, adds (before undefined) or removes (after undefined) one row. */
  write(id: string, before: R | undefined, after: R | undefined): void {
    this.writes++
    if (this.shared) {
      this.records = new Map(this.records)
      this.all.rows = this.records
      this.shared = false
    }
    touch(this.all, id, before, after)
    for (const index of this.indexes) {
      if (!index.buckets) continue
      const from = before && index.key(before)
      const to = after && index.key(after)
      if (from === undefined && to === undefined) continue
      if (typeof from === 'string' && from === to) {
        this.touchIndexed(index.buckets, from, id, before, after)
        continue
      }
      for (const key of keys(from))
        if (!keys(to).includes(key)) this.touchIndexed(index.buckets, key, id, before, undefined)
      for (const key of keys(to))
        this.touchIndexed(index.buckets, key, id, keys(from).includes(key) ? before : undefined, after)
    }
  }

  private touchIndexed(
    buckets: Map<string, Bucket<R>>,
    key: string,
    id: string,
    before: R | undefined,
    after: R | undefined,
  ): void {
    let bucket = buckets.get(key)
    if (!bucket) {
      if (!after) return
      bucket = newBucket(undefined)
      buckets.set(key, bucket)
    }
    touch(bucket, id, before, after)
    if (bucket.rows ? bucket.rows.size === 0 : bucket.only === undefined) buckets.delete(key)
  }

  private bucket(index: string, key: string): Bucket<R> | undefined {
    if (index === '') return this.all
    const found = this.byName.get(index)
    assert(found, `table ${this.def.name} has no index ${index}`)
    return (found.buckets ?? this.build(found)).get(key)
  }

  private build(index: Index<R>): Map<string, Bucket<R>> {
    const buckets = new Map<string, Bucket<R>>()
    index.buckets = buckets
    for (const row of this.records.values())
      for (const key of keys(index.key(row))) this.touchIndexed(buckets, key, row.id, undefined, row)
    return buckets
  }

  private sorted(bucket: Bucket<R>): readonly R[] {
    const { sorted, pending } = bucket
    if (sorted && !pending) return sorted
    const rows =
      sorted && pending
        ? this.merge(sorted, pending)
        : bucket.rows
          ? [...bucket.rows.values()].sort(this.compare)
          : bucket.only
            ? [bucket.only]
            : []
    bucket.sorted = Object.freeze(rows)
    bucket.pending = undefined
    return bucket.sorted
  }

  private merge(sorted: readonly R[], pending: readonly { readonly before?: R; readonly after?: R }[]): R[] {
    const rows = sorted.slice()
    for (const { before, after } of pending) {
      const at = before ? this.place(rows, before) : -1
      if (before && after && this.compare(before, after) === 0) rows[at] = after
      else {
        if (before) rows.splice(at, 1)
        if (after) rows.splice(this.place(rows, after), 0, after)
      }
    }
    return rows
  }

  /** Index of the first row that is not less than `row`. */
  private place(rows: readonly R[], row: R): number {
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.compare(rows[middle], row) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  private readonly compare = (a: R, b: R): number => {
    const order = this.def.order
    return (order ? order(a, b) : 0) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  }
}

function keys(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? EMPTY : typeof value === 'string' ? [value] : value
}

function touch<R extends Row>(bucket: Bucket<R>, id: string, before: R | undefined, after: R | undefined): void {
  bucket.memo = undefined
  if (bucket.sorted) {
    bucket.pending ??= []
    bucket.pending.push({ before, after })
    if (bucket.pending.length > MERGE_LIMIT) {
      bucket.sorted = undefined
      bucket.pending = undefined
    }
  }
  if (bucket.rows) {
    if (after) bucket.rows.set(id, after)
    else bucket.rows.delete(id)
  } else if (!after || !bucket.only || bucket.only.id === id) bucket.only = after
  else {
    bucket.rows = new Map([
      [bucket.only.id, bucket.only],
      [id, after],
    ])
    bucket.only = undefined
  }
}

function newBucket<R extends Row>(rows: Map<string, R> | undefined): Bucket<R> {
  return { only: undefined, rows, sorted: undefined, pending: undefined, memo: undefined }
}
