import type { Owned } from '../core/cause.ts'
import type { Row } from '../core/table.ts'
import type { Tx } from '../core/world.ts'
import { type FdbSpec, fdbRow } from './bridge/fdb-verbs.ts'
import { type RouteSpec, resolveRoute } from './fib/route-verbs.ts'
import { type RuleSpec, ruleRow } from './fib/rules.ts'
import { nowOf } from './ids.ts'
import { type NeighSpec, neighRow } from './neigh/neigh-verbs.ts'
import { type NetlinkError, refuse } from './netlink-result.ts'

/** What a daemon wants, in the words of the verbs, per table. */
export interface Desired {
  route: Omit<RouteSpec, 'netns'>
  neigh: NeighSpec
  fdb: FdbSpec
  rule: Omit<RuleSpec, 'netns' | 'priority'> & { readonly priority: number }
}

export interface SyncResult {
  /** Rows written and removed. */
  readonly changed: number
  /** What the kernel refused, with the wish it belongs to: a gateway that is not on-link, say. */
  readonly refused: readonly { readonly index: number; readonly error: NetlinkError }[]
}

/**
 * Makes the rows of one author in one table and netns those that it wants, with the smallest change; a second time it
 * writes nothing. Rows of other authors are left alone, unless one stands in the very place of a wanted row.
 */
export function syncOwned<T extends keyof Desired>(
  tx: Tx,
  owner: string,
  table: T,
  netns: string,
  desired: readonly Desired[T][],
): SyncResult {
  const refused: { index: number; error: NetlinkError }[] = []
  const wanted = new Map<string, Row & Owned>()
  desired.forEach((wish, index) => {
    const made = rowFor(tx, table, netns, { ...wish, owner })
    if ('error' in made) refused.push({ index, error: made.error })
    else wanted.set(made.row.id, made.row)
  })
  let changed = 0
  for (const row of tx.by(table, 'netns', netns) as readonly (Row & Owned)[]) {
    if (row.owner !== owner || wanted.has(row.id)) continue
    tx.delete(table, row.id)
    changed++
  }
  for (const row of wanted.values()) {
    const old = tx.get(table, row.id)
    if (old && sameWish(old, row)) continue
    tx.put(table, row as never) // rowFor made it for this table
    changed++
  }
  return { changed, refused }
}

function rowFor<T extends keyof Desired>(
  tx: Tx,
  table: T,
  netns: string,
  wish: Desired[T] & { owner: string },
): { row: Row & Owned } | { error: NetlinkError } {
  switch (table) {
    case 'route': {
      const made = resolveRoute(tx, { ...(wish as Desired['route'] & { owner: string }), netns })
      return made.ok ? { row: made.value } : { error: made.error }
    }
    case 'neigh': {
      const spec = wish as NeighSpec
      return tx.get('link', spec.link) ? { row: neighRow(spec, netns, nowOf(tx)) } : { error: refuse('ENODEV').error }
    }
    case 'fdb': {
      const row = fdbRow(tx, wish as FdbSpec)
      return row ? { row } : { error: refuse('ENODEV').error }
    }
    default: {
      const spec = wish as Desired['rule'] & { owner: string }
      return { row: ruleRow({ ...spec, netns, family: spec.family ?? 'ipv4', priority: spec.priority }) }
    }
  }
}

/** Times of use belong to the kernel, not to the wish. */
const KERNELS_OWN = new Set(['updatedUs', 'usedUs', 'probes'])

function sameWish(old: object, row: object): boolean {
  const text = (value: object) =>
    JSON.stringify(
      Object.entries(value)
        .filter(([key, v]) => !KERNELS_OWN.has(key) && v !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  return text(old) === text(row)
}
