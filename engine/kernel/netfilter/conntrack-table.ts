import type { Tx, WorldReader } from '../../core/world.ts'
import { sysctlNumber } from '../sysctl.ts'
import type { ConntrackRow, CtStatus, Tuple } from '../tables.ts'
import { sameTuple, tupleKey } from './tuple.ts'

/** An entry found by one of its tuples. */
export interface Found {
  readonly row: ConntrackRow
  readonly dir: 'original' | 'reply'
}

/** The live entry that a packet of this tuple belongs to. An entry past its time is as good as gone. */
export function findByTuple(
  world: WorldReader,
  at: { netns: string; zone: number; nowUs: number },
  tuple: Tuple,
): Found | undefined {
  const row = world.oneBy('conntrack', 'key', tupleKey(at.netns, at.zone, tuple))
  if (!row || row.expiresUs <= at.nowUs) return undefined
  return { row, dir: sameTuple(row.orig, tuple) ? 'original' : 'reply' }
}

export function has(row: ConntrackRow, status: CtStatus): boolean {
  return row.status.includes(status)
}

export function withStatus(row: ConntrackRow, ...more: readonly CtStatus[]): ConntrackRow {
  const added = more.filter((status) => !row.status.includes(status))
  return added.length === 0 ? row : { ...row, status: [...row.status, ...added] }
}

export function keysOf(row: Pick<ConntrackRow, 'netns' | 'zone' | 'orig' | 'reply'>): readonly string[] {
  return [tupleKey(row.netns, row.zone, row.orig), tupleKey(row.netns, row.zone, row.reply)]
}

/** Puts an entry in place of expired ones that hold its keys. */
export function insert(tx: Tx, row: ConntrackRow, nowUs: number): void {
  for (const key of row.keys) {
    const old = tx.oneBy('conntrack', 'key', key)
    if (old && old.id !== row.id && old.expiresUs <= nowUs) tx.delete('conntrack', old.id)
  }
  if (tx.count('conntrack') % SWEEP_EVERY === SWEEP_EVERY - 1) sweep(tx, nowUs)
  tx.put('conntrack', row)
}

/** Models gc_worker(): entries past their time are removed now and then, so that the table does not only grow. */
function sweep(tx: Tx, nowUs: number): void {
  for (const row of tx.rows('conntrack')) if (row.expiresUs <= nowUs) tx.delete('conntrack', row.id)
}

const SWEEP_EVERY = 1024

/**
 * Whether a netns has no room for one more entry. The whole table is counted only when all netns together could reach it.
 * Default by the memory of a usual node.
 */
export function isFull(world: WorldReader, netns: string, nowUs: number): boolean {
  const limit = sysctlNumber(world, netns, 'net.netfilter.nf_conntrack_max')
  if (world.count('conntrack') < limit) return false
  return world.by('conntrack', 'netns', netns).filter((row) => row.expiresUs > nowUs).length >= limit
}
