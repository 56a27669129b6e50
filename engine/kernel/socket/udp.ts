import type { Cause } from '../../core/cause.ts'
import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { anyOf, familyOf } from '../../net/ip.ts'
import { ipHeaderLength, l4Length } from '../../net/length.ts'
import type { IpPacket, Udp } from '../../net/packet.ts'
import type { Errno, OutputResult } from '../contract.ts'
import type { Skb } from '../path/skb.ts'
import type { SocketRow } from '../tables.ts'
import { emitEnd, emitNow, ipPacket } from './emit.ts'
import { ephemeralPort } from './ports.ts'
import { emitNoRoute, routeFor } from './route.ts'
import { findBound, findConnection, socketId } from './rows.ts'
import { wake } from './wake.ts'

/** UDP sockets. Models net/ipv4/udp.c. */

/** How many datagrams this socket sent: numbers the packets that were given no id. */
interface UdpPcb {
  readonly sent: number
  /** IP_TTL, where the program set it. */
  readonly ttl?: number
}

/** connect() on a datagram socket: fixes both ends, sends nothing. */
export function connectUdp(
  ctx: Ctx,
  to: {
    netns: string
    dst: Ip
    port: number
    src?: Ip
    sport?: number
    ttl?: number
    app: string
    process: string
    packet?: string
    cause?: Cause
  },
): { id: string } | { errno: Errno } {
  const routed = routeFor(ctx, to)
  if ('errno' in routed) {
    emitNoRoute(ctx, { ...to, action: 'connect', packet: to.packet }, routed)
    return { errno: routed.errno }
  }
  const port = to.sport ?? ephemeralPort(ctx, to.netns, 'udp')
  if (port === undefined) return { errno: 'EADDRNOTAVAIL' }
  const id = socketId(to.netns, 'udp', { ip: routed.src, port }, { ip: to.dst, port: to.port })
  if (ctx.tx.get('socket', id)) return { errno: 'EADDRINUSE' }
  ctx.tx.put('socket', {
    id,
    netns: to.netns,
    proto: 'udp',
    family: familyOf(to.dst),
    localIp: routed.src,
    localPort: port,
    remoteIp: to.dst,
    remotePort: to.port,
    state: 'ESTAB',
    app: to.app,
    process: to.process,
    pcb: { sent: 0, ...(to.ttl ? { ttl: to.ttl } : {}) } satisfies UdpPcb,
    ...(to.cause ? { cause: to.cause } : {}),
  })
  return { id }
}

/** Opens an unconnected datagram socket on a free port, as a client's first sendto() does. */
export function openUdp(
  ctx: Ctx,
  on: { netns: string; family: 'ipv4' | 'ipv6'; app: string; process: string },
): { id: string } | { errno: Errno } {
  const port = ephemeralPort(ctx, on.netns, 'udp')
  if (port === undefined) return { errno: 'EADDRNOTAVAIL' }
  const ip = anyOf(on.family)
  const id = socketId(on.netns, 'udp', { ip, port })
  ctx.tx.put('socket', {
    id,
    netns: on.netns,
    proto: 'udp',
    family: on.family,
    localIp: ip,
    localPort: port,
    state: 'UNCONN',
    app: on.app,
    process: on.process,
    pcb: { sent: 0 } satisfies UdpPcb,
  })
  return { id }
}

export function sendDatagram(
  ctx: Ctx,
  socket: string,
  to: { ip: Ip; port: number; src?: Ip } | undefined,
  body: Udp['body'],
  packet?: string,
): { ok: true } | { errno: Errno } {
  const row = ctx.tx.get('socket', socket)
  if (!row) return { errno: 'EINVAL' }
  if (row.error) {
    // The error of an earlier datagram is reported by the next call.
    ctx.tx.put('socket', { ...row, error: undefined })
    return { errno: row.error as Errno } // written by `icmpToUdp`
  }
  const dst = to?.ip ?? row.remoteIp
  const port = to?.port ?? row.remotePort
  if (dst === undefined || port === undefined) return { errno: 'EINVAL' }
  const routed = routeFor(ctx, { netns: row.netns, dst, src: to?.src ?? row.localIp })
  if ('errno' in routed) {
    emitNoRoute(ctx, { netns: row.netns, dst, action: 'sendto', process: row.process ?? 'a program', packet }, routed)
    return { errno: routed.errno }
  }
  const pcb = (row.pcb as UdpPcb | undefined) ?? { sent: 0 } // written by this module
  const { sent, ttl } = pcb
  if (packet === undefined) ctx.tx.put('socket', { ...row, pcb: { ...pcb, sent: sent + 1 } satisfies UdpPcb })
  const id = packet ?? `${row.id}#${sent + 1}`
  const udp: Udp = { kind: 'udp', sport: row.localPort, dport: port, body }
  // A datagram that fits the path is sent with DF, a larger one is fragmented here (IP_PMTUDISC_WANT).
  const fits = ipHeaderLength({ family: familyOf(dst) }) + l4Length(udp) <= routed.mtu
  const result: OutputResult = emitNow(ctx, {
    netns: row.netns,
    id,
    sock: row.id,
    packet: ipPacket(ctx, row.netns, { src: routed.src, dst, df: fits, id, ...(ttl ? { ttl } : {}) }, udp),
    action: 'sendto',
    detail: `${row.process ?? 'a program'} sends a datagram; source ${routed.src} chosen by the route`,
    decidedBy: routed.route.by,
  })
  return result.ok ? { ok: true } : { errno: result.errno }
}

/** A datagram for this host. False: no socket takes it. */
export function receiveUdp(ctx: Ctx, skb: Skb, ip: IpPacket & { body: Udp }): boolean {
  const udp = ip.body
  const { netns } = skb
  const ends = {
    netns,
    proto: 'udp' as const,
    localIp: ip.dst,
    localPort: udp.dport,
    remoteIp: ip.src,
    remotePort: udp.sport,
  }
  const row = findConnection(ctx.tx, ends) ?? findBound(ctx.tx, { netns, proto: 'udp', ip: ip.dst, port: udp.dport })
  if (!row) return false
  emitEnd(ctx, skb, {
    action: 'delivered',
    detail: `delivered to ${row.process ?? 'the program'} on UDP port ${udp.dport}`,
    decidedBy: socketRef(row),
    disposition: 'delivered',
  })
  wake(ctx, row.app, {
    type: 'datagram',
    socket: row.id,
    from: { ip: ip.src, port: udp.sport },
    to: ip.dst,
    body: udp.body,
    ttl: ip.ttl,
    packet: skb.packet,
  })
  return true
}

/** Hard errors reach connected sockets only. Models __udp4_lib_err(). */
export function icmpToUdp(
  ctx: Ctx,
  row: SocketRow,
  error: {
    errno: Errno
    hard: boolean
    icmp: { from: Ip; type: 'unreachable' | 'time-exceeded' | 'packet-too-big'; code?: string }
  },
): void {
  if (!error.hard || row.remoteIp === undefined) return
  ctx.tx.put('socket', { ...row, error: error.errno })
  wake(ctx, row.app, { type: 'error', socket: row.id, errno: error.errno, icmp: error.icmp })
}

export const socketRef = (row: SocketRow) => ({ table: 'socket', id: row.id, row })
