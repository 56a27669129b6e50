import type { Ctx } from '../../core/context.ts'
import { ipHeaderLength, ipLength, l4Length } from '../../net/length.ts'
import type { IpPacket } from '../../net/packet.ts'
import type { QueuedSkbRow } from '../tables.ts'
import { finish, report } from '../trace/emit.ts'
import type { Skb } from './skb.ts'

/**
 * Cuts a packet into pieces that fit. Each piece is a branch of its own until they are put together again.
 * Models net/ipv4/ip_output.c ip_do_fragment(). Pieces but the last hold a multiple of eight bytes.
 */
export function fragment(ctx: Ctx, skb: Skb, mtu: number): Skb[] {
  const { ip } = skb
  if (!ip) return []
  const start = ip.fragment?.offset ?? 0
  const total = ip.fragment?.bytes ?? l4Length(ip.body)
  const whole = ip.fragment?.whole ?? ip.body
  const room = Math.floor((mtu - ipHeaderLength(ip) - (ip.family === 'ipv6' ? 8 : 0)) / 8) * 8
  const pieces: IpPacket[] = []
  for (let offset = 0; offset < total; offset += room) {
    const bytes = Math.min(room, total - offset)
    const more = offset + bytes < total || (ip.fragment?.more ?? false)
    pieces.push({ ...ip, fragment: { offset: start + offset, more, bytes, whole } })
  }
  report(ctx, skb, {
    stage: 'postrouting',
    action: 'fragmented',
    detail: `${total + ipHeaderLength(ip)} bytes do not fit into ${mtu}: ${pieces.length} fragments`,
  })
  const cuts = (skb.cuts ?? 0) + 1
  const name = cuts === 1 ? 'f' : `f${cuts}-`
  return pieces.map((piece, i) => ({ ...skb, ip: piece, branch: `${skb.branch}.${name}${i}`, cuts }))
}

/** Linux forgets incomplete packets after net.ipv4.ipfrag_time. */
const PATIENCE_US = 30_000_000

/**
 * Waits until all pieces of a packet are there. A packet that is whole passes; a piece is kept and undefined returned, but
 * for the last one, which brings the whole packet. Models net/ipv4/ip_fragment.c ip_defrag().
 * Simplified: pieces whose siblings never come wait unseen instead of being dropped, with ICMP 11/1, after 30 s.
 */
export function defragment(ctx: Ctx, skb: Skb): Skb | undefined {
  const { ip } = skb
  if (!ip?.fragment) return skb
  const key = `frag|${skb.netns}|${ip.src}|${ip.dst}|${ip.ident}|${ip.body.kind}`
  const now = ctx.clock.now
  const kept = ctx.tx.by('queuedSkb', 'key', key).filter((row) => now - row.sinceUs <= PATIENCE_US)
  const pieces = [...kept.map((row) => row.skb as Skb), skb] // kept below
  const size = completeSize(pieces)
  if (size === undefined) {
    const row: QueuedSkbRow = {
      id: `${key}|${ip.fragment.offset}`,
      netns: skb.netns,
      link: skb.iif ?? '',
      reason: 'frag',
      key,
      skb,
      packet: ip,
      sinceUs: now,
    }
    ctx.tx.put('queuedSkb', row)
    finish(ctx, skb, 'absorbed', { stage: 'receive', action: 'waits', detail: 'a fragment: it waits for the others' })
    return undefined
  }
  for (const row of kept) ctx.tx.delete('queuedSkb', row.id)
  const { fragment: _, ...rest } = ip
  const header = ipHeaderLength(ip)
  const fragMax = Math.max(...pieces.map((piece) => (piece.ip ? ipLength(piece.ip) : 0)))
  finish(ctx, skb, 'absorbed', {
    stage: 'receive',
    action: 'reassembled',
    detail: `the last of ${pieces.length} fragments: the packet is whole again`,
  })
  const whole: Skb = { ...skb, branch: parentBranch(pieces), ip: { ...rest, body: ip.fragment.whole }, fragMax }
  report(ctx, whole, {
    stage: 'receive',
    action: 'reassembled',
    detail: `${size + header} bytes from ${pieces.length} fragments`,
  })
  return whole
}

function completeSize(pieces: readonly Skb[]): number | undefined {
  const parts = pieces.map((piece) => piece.ip?.fragment).sort((a, b) => (a?.offset ?? 0) - (b?.offset ?? 0))
  let end = 0
  for (const part of parts) {
    if (!part || part.offset > end) return undefined
    end = Math.max(end, part.offset + part.bytes)
    if (!part.more) return end
  }
  return undefined
}

/** The branch that the pieces were cut from: what `0.f0.f2-0`, `0.f0.f2-1` have in common, or `0.f0.f2-0`, `0.f1`. */
function parentBranch(pieces: readonly Skb[]): string {
  const paths = pieces.map((piece) => piece.branch.split('.'))
  const differs = paths[0].findIndex((part, i) => paths.some((path) => path[i] !== part))
  return (differs < 0 ? paths[0] : paths[0].slice(0, differs)).join('.')
}
