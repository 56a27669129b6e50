import type { Ctx } from '../../core/context.ts'
import type { IpPacket } from '../../net/packet.ts'
import type { CtInfo, Skb } from '../path/skb.ts'
import { sysctlValue } from '../sysctl.ts'
import type { ConntrackRow, Tuple } from '../tables.ts'
import { findByTuple, has, insert, isFull, keysOf, withStatus } from './conntrack-table.ts'
import { nextTcpState, TCP_TIMEOUTS, TCP_UNACKNOWLEDGED } from './tcp-track.ts'
import { invert, isEcho, isIcmpError, sameTuple, tupleOf } from './tuple.ts'

/**
 * What conntrack makes of a packet: the entry it belongs to and in which direction. Models nf_conntrack_core.c
 * nf_conntrack_in(). Unconfirmed entries are carried by the packet (`skb.ct.entry`); established ones are refreshed here.
 */
export type Tracked =
  | { readonly kind: 'tracked'; readonly row: ConntrackRow; readonly info: CtInfo; readonly confirmed: boolean }
  | { readonly kind: 'invalid' | 'untracked' | 'full' }

export function trackPacket(ctx: Ctx, skb: Skb, ip: IpPacket): Tracked {
  const at = { netns: skb.netns, zone: skb.ctZone ?? 0, nowUs: ctx.clock.now }
  if (isIcmpError(ip.body)) return relateError(ctx, at, ip, ip.body.quoted)
  if (ip.body.kind === 'icmp' && !isEcho(ip.body)) return { kind: 'untracked' } // neighbour discovery
  const tuple = tupleOf(ip)
  if (!tuple) return { kind: 'invalid' }
  const found = findByTuple(ctx.tx, at, tuple)
  if (!found) return startEntry(ctx, at, ip, tuple)
  const dir =
    isSelfEcho(tuple) && ip.body.kind === 'icmp' ? (ip.body.type === 'echo-reply' ? 'reply' : 'original') : found.dir
  if (reopens(found.row, ip, dir)) {
    ctx.tx.delete('conntrack', found.row.id)
    return startEntry(ctx, at, ip, tuple)
  }
  return continueEntry(ctx, found.row, ip, dir)
}

interface At {
  readonly netns: string
  readonly zone: number
  readonly nowUs: number
}

/** The first packet of a flow. */
function startEntry(ctx: Ctx, at: At, ip: IpPacket, orig: Tuple): Tracked {
  const tcp = ip.body.kind === 'tcp' ? nextTcpState('NONE', ip.body.flags, 'original') : undefined
  if (tcp === 'invalid' || tcp === 'ignore') return { kind: 'invalid' }
  if (ip.body.kind === 'icmp' && ip.body.type === 'echo-reply') return { kind: 'invalid' }
  if (isFull(ctx.tx, at.netns, at.nowUs)) return { kind: 'full' }
  const reply = invert(orig)
  const row: ConntrackRow = {
    id: keysOf({ netns: at.netns, zone: at.zone, orig, reply })[0],
    netns: at.netns,
    zone: at.zone,
    family: ip.family,
    orig,
    reply,
    keys: [],
    status: [],
    tcp,
    mark: 0,
    createdUs: at.nowUs,
    expiresUs: 0,
    dnatBy: undefined,
    snatBy: undefined,
  }
  const expiresUs = at.nowUs + timeoutUs(ctx, row)
  return { kind: 'tracked', row: { ...row, expiresUs }, info: 'new', confirmed: false }
}

/** A packet of a known flow: state, status bits and time to live follow. */
function continueEntry(ctx: Ctx, row: ConntrackRow, ip: IpPacket, dir: 'original' | 'reply'): Tracked {
  let next = row
  if (ip.body.kind === 'tcp' && row.tcp) {
    const state = nextTcpState(row.tcp, ip.body.flags, dir)
    if (state === 'invalid') return { kind: 'invalid' }
    if (ip.body.flags.includes('R') && !has(row, 'SEEN_REPLY')) {
      // Refused, or given up before an answer: the entry goes at once, this packet still knows it.
      ctx.tx.delete('conntrack', row.id)
      return { kind: 'tracked', row: withStatus(row, 'DYING'), info: infoOf(row, dir), confirmed: true }
    }
    if (state !== 'ignore') {
      const settles =
        state === 'ESTABLISHED' && (row.tcp === 'SYN_RECV' || row.tcp === 'ESTABLISHED') && has(row, 'SEEN_REPLY')
      if (settles) next = withStatus(next, 'ASSURED')
      if (state !== row.tcp) next = { ...next, tcp: state }
    }
  }
  if (ip.body.kind === 'udp' && has(row, 'SEEN_REPLY') && ctx.clock.now > row.createdUs + UDP_STREAM_AFTER_US) {
    next = withStatus(next, 'ASSURED')
  }
  const info = infoOf(row, dir)
  if (dir === 'reply') next = withStatus(next, 'SEEN_REPLY')
  const refreshed = refresh(ctx, row, next)
  if (refreshed !== row) ctx.tx.put('conntrack', refreshed)
  return { kind: 'tracked', row: refreshed, info, confirmed: true }
}

function infoOf(row: ConntrackRow, dir: 'original' | 'reply'): CtInfo {
  if (dir === 'reply') return 'established-reply'
  return has(row, 'SEEN_REPLY') ? 'established' : 'new'
}

/**
 * An ICMP error belongs to the flow of the packet that it quotes, in the direction opposite to that packet's.
 * Models nf_conntrack_proto_icmp.c nf_conntrack_inet_error().
 */
function relateError(ctx: Ctx, at: At, ip: IpPacket, quoted: IpPacket): Tracked {
  const inner = tupleOf(quoted)
  const found = inner && findByTuple(ctx.tx, at, invert(inner))
  if (!found) return { kind: 'invalid' }
  const towards = found.dir === 'reply' ? found.row.reply.dst : found.row.orig.dst
  if (ip.dst !== towards) return { kind: 'invalid' }
  return { kind: 'tracked', row: found.row, info: found.dir === 'reply' ? 'related-reply' : 'related', confirmed: true }
}

/** A new SYN on a connection that is over starts a new one (RFC 1122 section 4.2.2.13). */
function reopens(row: ConntrackRow, ip: IpPacket, dir: 'original' | 'reply'): boolean {
  const isSyn = ip.body.kind === 'tcp' && ip.body.flags.includes('S') && !ip.body.flags.includes('.')
  return isSyn && dir === 'original' && (row.tcp === 'TIME_WAIT' || row.tcp === 'CLOSE')
}

const isSelfEcho = (tuple: Tuple) => sameTuple(tuple, invert(tuple))

/**
 * A new expiry, if it moves by a second or more: as kernels did that kept timers, and it spares a write for most packets.
 */
function refresh(ctx: Ctx, before: ConntrackRow, row: ConntrackRow): ConntrackRow {
  const expiresUs = ctx.clock.now + timeoutUs(ctx, row)
  const moved = Math.abs(expiresUs - before.expiresUs) >= SECOND || row.tcp !== before.tcp
  return moved ? { ...row, expiresUs } : row
}

const SECOND = 1_000_000
const UDP_STREAM_AFTER_US = 2 * SECOND

/** How long an entry lives without packets: `net.netfilter.nf_conntrack_*_timeout*`, else the kernel's defaults. */
function timeoutUs(ctx: Ctx, row: ConntrackRow): number {
  const [name, seconds] = timeoutOf(row)
  return Number(sysctlValue(ctx.tx, row.netns, `net.netfilter.nf_conntrack_${name}`) ?? seconds) * SECOND
}

function timeoutOf(row: ConntrackRow): readonly [sysctl: string, seconds: number] {
  switch (row.orig.proto) {
    case 'tcp': {
      const { seconds, sysctl: name } = TCP_TIMEOUTS[row.tcp ?? 'NONE']
      const halfSeen = row.tcp === 'ESTABLISHED' && !has(row, 'SEEN_REPLY')
      return halfSeen
        ? [`tcp_timeout_${TCP_UNACKNOWLEDGED.sysctl}`, TCP_UNACKNOWLEDGED.seconds]
        : [`tcp_timeout_${name}`, seconds]
    }
    case 'udp':
      return has(row, 'ASSURED') ? ['udp_timeout_stream', 120] : ['udp_timeout', 30]
    case 'icmp':
      return ['icmp_timeout', 30]
    case 'ipv6-icmp':
      return ['icmpv6_timeout', 30]
    // Simplified: SCTP associations have one lifetime instead of a state machine, because no lesson shows their states.
    case 'sctp':
      return has(row, 'SEEN_REPLY') ? ['sctp_timeout_established', 210] : ['sctp_timeout_cookie_wait', 3]
    case 'ipencap':
      return ['generic_timeout', 600]
  }
}

/**
 * The end of the path: an unconfirmed entry becomes visible to other packets. Two packets of one flow may have raced here;
 * the later one takes the entry of the earlier if they agree, else it is lost. Models nf_conntrack_confirm() and
 * nf_ct_resolve_clash().
 */
export function confirm(ctx: Ctx, row: ConntrackRow): ConntrackRow | 'clash' {
  const at = { netns: row.netns, zone: row.zone, nowUs: ctx.clock.now }
  const earlier = findByTuple(ctx.tx, at, row.orig) ?? findByTuple(ctx.tx, at, row.reply)
  if (earlier) {
    const agrees = sameTuple(earlier.row.orig, row.orig) && sameTuple(earlier.row.reply, row.reply)
    return agrees ? earlier.row : 'clash'
  }
  const confirmed = withStatus({ ...row, keys: keysOf(row) }, 'CONFIRMED')
  insert(ctx.tx, confirmed, at.nowUs)
  return confirmed
}
