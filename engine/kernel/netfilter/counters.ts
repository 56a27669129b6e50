import { ipLength } from '../../net/length.ts'
import type { NfChainRow, NfCountRow } from '../tables.ts'
import type { View } from './view.ts'

/** Index under which a chain's policy is counted. */
export const POLICY = -1

/** Writes what a packet hit in one hook: one row per chain. */
export function count(view: View): void {
  const { hits, ctx } = view
  if (hits.length === 0) return
  const bytes = ipLength(view.ip)
  const byChain = new Map<NfChainRow, number[]>()
  for (const { chain, rule } of hits) {
    const rules = byChain.get(chain)
    if (rules) rules.push(rule)
    else byChain.set(chain, [rule])
  }
  for (const [chain, rules] of byChain) {
    const before = ctx.tx.get('nfCount', chain.id)
    const counted: Record<string, readonly [number, number]> = { ...before?.hits }
    for (const rule of rules) {
      const key = keyOf(rule)
      const [p, b] = counted[key] ?? [0, 0]
      counted[key] = [p + 1, b + bytes]
    }
    ctx.tx.put('nfCount', { id: chain.id, netns: chain.netns, hits: counted })
  }
}

const keyOf = (rule: number): string => (rule === POLICY ? 'policy' : String(rule))

/** [packets, bytes] of a rule (its index) or of the policy. */
export function counterOf(row: NfCountRow | undefined, rule: number): readonly [number, number] {
  return row?.hits[keyOf(rule)] ?? [0, 0]
}

/** The counters of a chain whose rules changed: those of rules that stayed move along with them. */
export function movedCounters(row: NfCountRow, before: NfChainRow, after: NfChainRow): NfCountRow {
  const places = new Map(after.rules.map((rule, i) => [rule, i]))
  const hits: Record<string, readonly [number, number]> = {}
  for (const [key, value] of Object.entries(row.hits)) {
    const place = key === 'policy' ? key : places.get(before.rules[Number(key)])
    if (place !== undefined) hits[String(place)] = value
  }
  return { ...row, hits }
}
