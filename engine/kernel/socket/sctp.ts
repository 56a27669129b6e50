import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { familyOf } from '../../net/ip.ts'
import type { Data, IpPacket, Sctp } from '../../net/packet.ts'
import type { Errno } from '../contract.ts'
import type { Skb } from '../path/skb.ts'
import type { SocketRow } from '../tables.ts'
import { emitEnd, emitNow, emitSoon, ipPacket } from './emit.ts'
import { outsideListener } from './outside.ts'
import { ephemeralPort } from './ports.ts'
import { emitNoRoute, routeFor } from './route.ts'
import { findBound, findConnection, socketId } from './rows.ts'
import { socketRef } from './udp.ts'
import { wake } from './wake.ts'

/**
 * SCTP as far as reachability asks: the four-way handshake, one chunk of data with its SACK, ABORT on a closed port.
 * Models RFC 9260 5.1.
 * Simplified: one path, one stream, no retransmission but of INIT, because no lesson needs more of SCTP.
 */
interface SctpPcb {
  readonly conn: string
  readonly role: 'client' | 'server'
  readonly chunks: number
  readonly tries: number
}

const NOTHING: Data = { kind: 'data', bytes: 0 }
/** RTO.Initial and Max.Init.Retransmits of RFC 9260 16. */
const RTO_US = 1_000_000
const MAX_INIT = 8

export function connectSctp(
  ctx: Ctx,
  to: { netns: string; dst: Ip; port: number; src?: Ip; sport?: number; app: string; process: string; packet?: string },
): { id: string } | { errno: Errno } {
  const routed = routeFor(ctx, to)
  if ('errno' in routed) {
    emitNoRoute(ctx, { ...to, action: 'connect', packet: to.packet }, routed)
    return { errno: routed.errno }
  }
  const sport = to.sport ?? ephemeralPort(ctx, to.netns, 'sctp', { localIp: routed.src, ip: to.dst, port: to.port })
  if (sport === undefined) return { errno: 'EADDRNOTAVAIL' }
  const id = socketId(to.netns, 'sctp', { ip: routed.src, port: sport }, { ip: to.dst, port: to.port })
  const row: SocketRow = {
    id,
    netns: to.netns,
    proto: 'sctp',
    family: familyOf(to.dst),
    localIp: routed.src,
    localPort: sport,
    remoteIp: to.dst,
    remotePort: to.port,
    state: 'SYN-SENT',
    app: to.app,
    process: to.process,
    pcb: { conn: to.packet ?? id, role: 'client', chunks: 0, tries: 0 } satisfies SctpPcb,
  }
  ctx.tx.put('socket', row)
  sendChunk(ctx, row, 'init', NOTHING, 'now')
  ctx.clock.after(RTO_US, 'sctp-timer', { socket: id }, { id: `sctp-timer/${id}` })
  return { id }
}

export function onSctpTimer(ctx: Ctx, socket: string): void {
  const row = ctx.tx.get('socket', socket)
  if (row?.state !== 'SYN-SENT') return
  const pcb = row.pcb as SctpPcb // written by this module
  if (pcb.tries >= MAX_INIT) return failSctp(ctx, row, 'ETIMEDOUT')
  const again = { ...row, pcb: { ...pcb, tries: pcb.tries + 1 } }
  ctx.tx.put('socket', again)
  sendChunk(ctx, again, 'init', NOTHING, 'now')
  ctx.clock.after(
    Math.min(RTO_US * 2 ** (pcb.tries + 1), 60_000_000),
    'sctp-timer',
    { socket },
    { id: `sctp-timer/${socket}` },
  )
}

export function sendSctp(ctx: Ctx, row: SocketRow, data: Data): void {
  if (row.state === 'ESTAB') sendChunk(ctx, row, 'data', data, 'now')
}

export function closeSctp(ctx: Ctx, row: SocketRow): void {
  ctx.clock.cancel(`sctp-timer/${row.id}`)
  ctx.tx.delete('socket', row.id)
}

export function onSctpSegment(ctx: Ctx, skb: Skb, ip: IpPacket & { body: Sctp }): void {
  const sctp = ip.body
  const at = { netns: skb.netns, proto: 'sctp' as const }
  const row = findConnection(ctx.tx, {
    ...at,
    localIp: ip.dst,
    localPort: sctp.dport,
    remoteIp: ip.src,
    remotePort: sctp.sport,
  })
  if (row) {
    emitEnd(ctx, skb, {
      action: 'delivered',
      detail: `SCTP ${sctp.chunk} for ${row.process ?? 'the program'}`,
      decidedBy: socketRef(row),
      disposition: 'delivered',
    })
    return onChunk(ctx, row, sctp)
  }
  const listener =
    sctp.chunk === 'init'
      ? (findBound(ctx.tx, { ...at, ip: ip.dst, port: sctp.dport }) ??
        outsideListener(ctx, skb, 'sctp', ip.dst, sctp.dport))
      : undefined
  if (!listener) {
    if (sctp.chunk !== 'abort') {
      const id = `${skb.packet}/abort`
      const abort: Sctp = { kind: 'sctp', sport: sctp.dport, dport: sctp.sport, chunk: 'abort', data: NOTHING }
      emitSoon(ctx, {
        netns: skb.netns,
        id,
        packet: ipPacket(ctx, skb.netns, { src: ip.dst, dst: ip.src, df: true, id }, abort),
        action: 'abort',
        detail: 'nothing listens: ABORT',
      })
    }
    return emitEnd(ctx, skb, {
      action: 'rejected',
      detail: `nothing listens on SCTP port ${sctp.dport}`,
      disposition: 'rejected',
      reason: 'sock.not-listening',
    })
  }
  emitEnd(ctx, skb, {
    action: 'delivered',
    detail: `${listener.process ?? 'a program'} listens on SCTP port ${sctp.dport}`,
    decidedBy: socketRef(listener),
    disposition: 'delivered',
  })
  const child: SocketRow = {
    id: socketId(skb.netns, 'sctp', { ip: ip.dst, port: sctp.dport }, { ip: ip.src, port: sctp.sport }),
    netns: skb.netns,
    proto: 'sctp',
    family: ip.family,
    localIp: ip.dst,
    localPort: sctp.dport,
    remoteIp: ip.src,
    remotePort: sctp.sport,
    state: 'SYN-RECV',
    ...(listener.app ? { app: listener.app } : {}),
    ...(listener.process ? { process: listener.process } : {}),
    pcb: { conn: skb.packet, role: 'server', chunks: 0, tries: 0 } satisfies SctpPcb,
  }
  ctx.tx.put('socket', child)
  sendChunk(ctx, child, 'init-ack', NOTHING, 'soon')
}

function onChunk(ctx: Ctx, row: SocketRow, sctp: Sctp): void {
  switch (sctp.chunk) {
    case 'init-ack':
      sendChunk(ctx, row, 'cookie-echo', NOTHING, 'soon')
      return
    case 'cookie-echo': {
      const open = { ...row, state: 'ESTAB' as const }
      ctx.tx.put('socket', open)
      sendChunk(ctx, open, 'cookie-ack', NOTHING, 'soon')
      return wake(ctx, row.app, { type: 'accepted', socket: row.id, listener: '' })
    }
    case 'cookie-ack':
      ctx.clock.cancel(`sctp-timer/${row.id}`)
      ctx.tx.put('socket', { ...row, state: 'ESTAB' })
      return wake(ctx, row.app, { type: 'connected', socket: row.id })
    case 'data':
      sendChunk(ctx, row, 'sack', NOTHING, 'soon')
      return wake(ctx, row.app, { type: 'stream', socket: row.id, data: sctp.data })
    case 'abort':
      return failSctp(ctx, row, row.state === 'SYN-SENT' ? 'ECONNREFUSED' : 'ECONNRESET')
    default:
      return
  }
}

/** The association died. ICMP errors of SCTP come here too. */
export function failSctp(ctx: Ctx, row: SocketRow, errno: Errno): void {
  closeSctp(ctx, row)
  wake(ctx, row.app, { type: 'error', socket: row.id, errno })
}

function sendChunk(ctx: Ctx, row: SocketRow, chunk: Sctp['chunk'], data: Data, when: 'now' | 'soon'): void {
  const current = ctx.tx.get('socket', row.id) ?? row
  const pcb = current.pcb as SctpPcb // written by this module
  const n = pcb.chunks + 1
  ctx.tx.put('socket', { ...current, pcb: { ...pcb, chunks: n } })
  const id = pcb.role === 'server' ? `${pcb.conn}/r${n}` : n === 1 ? pcb.conn : `${pcb.conn}/${n}`
  const body: Sctp = { kind: 'sctp', sport: row.localPort, dport: row.remotePort ?? 0, chunk, data }
  const out = {
    netns: row.netns,
    id,
    sock: row.id,
    action: chunk === 'init' ? 'connect' : chunk,
    detail: `SCTP ${chunk}`,
    packet: ipPacket(ctx, row.netns, { src: row.localIp, dst: row.remoteIp as Ip, df: true, id }, body), // an association has a far end
  }
  if (when === 'now') emitNow(ctx, out)
  else emitSoon(ctx, out)
}
