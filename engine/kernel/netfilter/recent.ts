import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import type { NfMatch, RecentRow } from '../tables.ts'
import { v4Number, v4Text } from '../../net/ip.ts'

type RecentMatch = Extract<NfMatch, { kind: 'recent' }>

/** ip_list_tot and ip_pkt_list_tot: how many addresses a list holds and how many hits it remembers of each. */
const ADDRESSES = 100
const STAMPS = 20
const DEFAULT_NAME = 'DEFAULT'

/** `-m recent`: looks an address up in a named list of a netns, and may write it there. Models net/netfilter/xt_recent.c. */
export function matchRecent(ctx: Ctx, netns: string, match: RecentMatch, address: Ip): boolean {
  const id = `${netns}|${match.name || DEFAULT_NAME}`
  const row: RecentRow = ctx.tx.get('recent', id) ?? { id, netns, name: match.name || DEFAULT_NAME, entries: [] }
  const masked = mask(address, match.mask)
  const entry = row.entries.find((candidate) => candidate.address === masked)
  const sinceUs = match.seconds === undefined ? -1 : ctx.clock.now - match.seconds * 1_000_000
  const seen =
    match.op === 'set' ||
    (entry !== undefined && (match.op === 'remove' || hits(entry.stampsUs, sinceUs) >= (match.hitcount ?? 1)))
  const matched = seen !== (match.not ?? false)
  let entries = row.entries
  if (match.op === 'remove' && entry) entries = entries.filter((other) => other !== entry)
  if (match.op !== 'set' && match.op !== 'remove' && match.reap && entries.length > 0 && entries[0].lastUs < sinceUs) {
    entries = entries.slice(1)
  }
  if (match.op === 'set' || (match.op === 'update' && entry && matched))
    entries = touched(entries, masked, ctx.clock.now)
  if (entries !== row.entries) ctx.tx.put('recent', { ...row, entries })
  return matched
}

const hits = (stampsUs: readonly number[], sinceUs: number) => stampsUs.filter((stamp) => stamp >= sinceUs).length

function touched(entries: RecentRow['entries'], address: Ip, nowUs: number): RecentRow['entries'] {
  const entry = entries.find((candidate) => candidate.address === address)
  const others = entries.filter((candidate) => candidate !== entry).slice(entry ? 0 : -(ADDRESSES - 1))
  return [...others, { address, lastUs: nowUs, stampsUs: [...(entry?.stampsUs ?? []), nowUs].slice(-STAMPS) }]
}

/** Simplified: `--mask` is applied to IPv4 addresses only, because nobody writes it for IPv6. */
function mask(address: Ip, text: string | undefined): Ip {
  if (!text || text === '255.255.255.255' || address.includes(':')) return address
  return v4Text((v4Number(address) & v4Number(text)) >>> 0)
}
