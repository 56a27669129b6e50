import type { Row } from './table.ts'

/** One reversible write: a row appears (no `before`), disappears (no `after`) or is replaced. */
export interface Change {
  readonly table: string
  readonly id: string
  readonly before?: Row
  readonly after?: Row
}

/** The change that takes a change back. */
export function inverse(change: Change): Change {
  return { table: change.table, id: change.id, before: change.after, after: change.before }
}

/** Many changes as at most one per row: first `before`, last `after`; rows that end as they began are left out. */
export function squash(changes: readonly Change[]): Change[] {
  const byRow = new Map<string, { table: string; id: string; before?: Row; after?: Row }>()
  for (const change of changes) {
    const key = `${change.table}\n${change.id}`
    const seen = byRow.get(key)
    if (seen) seen.after = change.after
    else byRow.set(key, { ...change })
  }
  return [...byRow.values()].filter((change) => change.before !== change.after)
}

/** The changes that lead from one state of a table to another. */
export function difference(table: string, from: ReadonlyMap<string, Row>, to: ReadonlyMap<string, Row>): Change[] {
  const changes: Change[] = []
  if (from === to) return changes
  for (const [id, before] of from) {
    const after = to.get(id)
    if (after !== before) changes.push({ table, id, before, after })
  }
  for (const [id, after] of to) if (!from.has(id)) changes.push({ table, id, before: undefined, after })
  return changes
}
