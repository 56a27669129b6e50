import type { Tx, WorldReader } from '../../core/world.ts'
import { ipLength } from '../../net/length.ts'
import type { NfChainRow } from '../tables.ts'
import type { View } from './view.ts'

/** Index under which a chain's policy is counted. */
export const POLICY = -1

/** Writes what a packet hit in one hook. */
export function count(view: View): void {
  const { hits, ctx } = view
  if (hits.length === 0 || ctx.tx.holds('nfCount')) return
  const length = ipLength(view.ip)
  for (const { chain, rule } of hits) {
    const id = countId(chain.id, rule)
    const before = ctx.tx.get('nfCount', id)
    const packets = (before?.packets ?? 0) + 1
    const bytes = (before?.bytes ?? 0) + length
    ctx.tx.put('nfCount', { id, netns: chain.netns, chain: chain.id, rule, packets, bytes })
  }
}

const countId = (chain: string, rule: number): string => `${chain}#${rule}`

export interface Counter {
  readonly packets: number
  readonly bytes: number
}

const NOTHING: Counter = { packets: 0, bytes: 0 }

/** Counter of a rule (its index) or of the policy. */
export function counterOf(world: WorldReader, chain: string, rule: number): Counter {
  return world.get('nfCount', countId(chain, rule)) ?? NOTHING
}

/** After a change of rules: counters of rules that stayed move along with them, those of others go. */
export function moveCounters(tx: Tx, before: NfChainRow, after: NfChainRow): void {
  const counted = tx.by('nfCount', 'chain', before.id).filter(({ rule }) => rule !== POLICY)
  if (counted.length === 0) return
  const places = new Map(after.rules.map((rule, i) => [rule, i]))
  const moved = counted.map((row) => ({ row, place: places.get(before.rules[row.rule]) }))
  for (const { row, place } of moved) if (place !== row.rule) tx.delete('nfCount', row.id)
  for (const { row, place } of moved) {
    if (place !== undefined && place !== row.rule)
      tx.put('nfCount', { ...row, id: countId(after.id, place), rule: place })
  }
}

export function dropCounters(tx: Tx, chain: string): void {
  for (const row of tx.by('nfCount', 'chain', chain)) tx.delete('nfCount', row.id)
}
