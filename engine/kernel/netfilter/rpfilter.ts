import { routeLookup } from '../fib/lookup.ts'
import type { NfMatch } from '../tables.ts'
import type { View } from './view.ts'

/**
 * Whether an answer to the packet would leave by the interface it came in on; with `loose`, whether there is a way at all.
 * Models net/ipv4/netfilter/ipt_rpfilter.c.
 */
export function isReversePathOk(view: View, match: Extract<NfMatch, { kind: 'rpfilter' }>): boolean {
  const { ctx, at, skb, ip, mark } = view
  if (at.in === undefined || at.in === 'lo') return true
  const link = `${skb.netns}|${at.in}`
  const back = routeLookup(ctx, { netns: skb.netns, dst: ip.src, src: ip.dst, ...(match.validMark ? { mark } : {}) })
  if (back.kind === 'local') return false
  return back.kind === 'unicast' && (match.loose || back.dev === link)
}
