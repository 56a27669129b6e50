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

/** The rows that share one index key (or the whole table): sorted on demand, with what was computed from them. */
interface Bucket<R extends Row> {
  readonly rows: Map<string, R>
  sorted?: readonly R[]
  memo?: Map<string, unknown>
}

const EMPTY: readonly never[] = Object.freeze([])

/** One table: rows by id, buckets by index key. Knows nothing of history; `World` is the only writer. */
export class Table<R extends Row> {
  readonly def: TableDef<R>
  private readonly all: Bucket<R> = { rows: new Map() }
  private readonly indexes: { name: string; key: (row: R) => string | readonly string[] | undefined; buckets: Map<string, Bucket<R>> }[]

  constructor(def: TableDef<R>) {
    this.def = def
    this.indexes = Object.entries(def.indexes ?? {}).map(([name, key]) => ({ name, key, buckets: new Map() }))
  }

  get size(): number {
    return this.all.rows.size
  }

  get(id: string): R | undefined {
    return this.all.rows.get(id)
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
    return bucket.rows.size === 1 ? bucket.rows.values().next().value : this.sorted(bucket)[0]
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
    touch(this.all, id, after, before !== undefined && after !== undefined && this.sameOrder(before, after))
    for (const index of this.indexes) {
      const from = before && index.key(before)
      const to = after && index.key(after)
      if (typeof from === 'string' && from === to) {
        this.touchIndexed(index.buckets, from, id, after)
        continue
      }
      for (const key of keys(from)) if (!keys(to).includes(key)) this.touchIndexed(index.buckets, key, id, undefined)
      for (const key of keys(to)) this.touchIndexed(index.buckets, key, id, after)
    }
  }

  private touchIndexed(buckets: Map<string, Bucket<R>>, key: string, id: string, after: R | undefined): void {
    let bucket = buckets.get(key)
    if (!bucket) {
      if (!after) return
      bucket = { rows: new Map() }
      buckets.set(key, bucket)
    }
    touch(bucket, id, after, false)
    if (bucket.rows.size === 0) buckets.delete(key)
  }

  private bucket(index: string, key: string): Bucket<R> | undefined {
    if (index === '') return this.all
    for (const candidate of this.indexes) if (candidate.name === index) return candidate.buckets.get(key)
    throw new Error(`invariant: table ${this.def.name} has no index ${index}`)
  }

  private sorted(bucket: Bucket<R>): readonly R[] {
    if (bucket.sorted) return bucket.sorted
    const order = this.def.order
    const byId = (a: R, b: R) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
    bucket.sorted = Object.freeze([...bucket.rows.values()].sort(order ? (a, b) => order(a, b) || byId(a, b) : byId))
    return bucket.sorted
  }

  private sameOrder(before: R, after: R): boolean {
    return !this.def.order || this.def.order(before, after) === 0
  }
}

function keys(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? EMPTY : typeof value === 'string' ? [value] : value
}

function touch<R extends Row>(bucket: Bucket<R>, id: string, after: R | undefined, _sameOrder: boolean): void {
  bucket.sorted = undefined
  bucket.memo = undefined
  if (after) bucket.rows.set(id, after)
  else bucket.rows.delete(id)
}
