import type { Cause } from '../../core/cause.ts'
import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { familyOf } from '../../net/ip.ts'
import type { Data, Udp } from '../../net/packet.ts'
import type { Errno, SocketApi } from '../contract.ts'
import { sendEcho } from './icmp.ts'
import { ephemeralPort } from './ports.ts'
import { emitNoRoute, routeFor } from './route.ts'
import { conflicts, isAny, isLoopback, socketId } from './rows.ts'
import { closeSctp, connectSctp, sendSctp } from './sctp.ts'
import { closeConnection } from './tcp/close.ts'
import { openConnection } from './tcp/connect.ts'
import { push } from './tcp/output.ts'
import { pcbOf, streamEnd, update } from './tcp/pcb.ts'
import { connectUdp, sendDatagram } from './udp.ts'

export { openUdp } from './udp.ts'

/** bind() and, for streams, listen(). */
export function listen(
  ctx: Ctx,
  on: {
    netns: string
    proto: 'tcp' | 'udp' | 'sctp'
    address: Ip
    port: number
    v6only?: boolean
    app: string
    process: string
    owner?: string
    cause?: Cause
  },
): { id: string } | { errno: Errno } {
  if (
    !isAny(on.address) &&
    !isLoopback(on.address) &&
    !ctx.tx.oneBy('addr', 'netnsAddress', `${on.netns}|${on.address}`)
  )
    return { errno: 'EADDRNOTAVAIL' }
  if (conflicts(ctx.tx, on)) return { errno: 'EADDRINUSE' }
  const id = socketId(on.netns, on.proto, { ip: on.address, port: on.port })
  ctx.tx.put('socket', {
    id,
    netns: on.netns,
    proto: on.proto,
    family: familyOf(on.address),
    localIp: on.address,
    localPort: on.port,
    ...(on.v6only ? { v6only: true } : {}),
    state: on.proto === 'udp' ? 'UNCONN' : 'LISTEN',
    app: on.app,
    process: on.process,
    ...(on.owner ? { owner: on.owner } : {}),
    ...(on.cause ? { cause: on.cause } : {}),
  })
  return { id }
}

/** connect(): route and source address first, then the port, then the packet. */
export function connect(
  ctx: Ctx,
  to: {
    netns: string
    proto: 'tcp' | 'udp' | 'sctp'
    dst: Ip
    port: number
    src?: Ip
    sport?: number /** IP_TTL; UDP only. */
    ttl?: number
    app: string
    process: string
    packet?: string
    cause?: Cause
  },
): { id: string } | { errno: Errno } {
  if (to.proto === 'udp') return connectUdp(ctx, to)
  if (to.proto === 'sctp') return connectSctp(ctx, to)
  const routed = routeFor(ctx, to)
  if ('errno' in routed) {
    emitNoRoute(ctx, { ...to, action: 'connect', packet: to.packet }, routed)
    return { errno: routed.errno }
  }
  const far = { localIp: routed.src, ip: to.dst, port: to.port }
  const sport = to.sport ?? ephemeralPort(ctx, to.netns, 'tcp', far)
  if (sport === undefined) return { errno: 'EADDRNOTAVAIL' }
  if (
    to.sport !== undefined &&
    ctx.tx.get('socket', socketId(to.netns, 'tcp', { ip: routed.src, port: sport }, { ip: to.dst, port: to.port }))
  )
    return { errno: 'EADDRINUSE' }
  const row = openConnection(ctx, {
    netns: to.netns,
    src: routed.src,
    sport,
    dst: to.dst,
    dport: to.port,
    mtu: routed.mtu,
    app: to.app,
    process: to.process,
    routedBy: routed.route.by,
    ...(to.packet ? { packet: to.packet } : {}),
    ...(to.cause ? { cause: to.cause } : {}),
  })
  return { id: row.id }
}

/** write() on a connection: queued, and sent as far as the window allows. */
export function send(ctx: Ctx, socket: string, data: Data): void {
  const row = ctx.tx.get('socket', socket)
  if (!row) return
  if (row.proto === 'sctp') return sendSctp(ctx, row, data)
  if (row.proto === 'udp') {
    sendDatagram(ctx, socket, undefined, data)
    return
  }
  if ((row.state !== 'ESTAB' && row.state !== 'CLOSE-WAIT') || data.bytes <= 0) return
  const pcb = pcbOf(row)
  const chunk = {
    seq: streamEnd(pcb),
    bytes: data.bytes,
    ...(data.message === undefined ? {} : { message: data.message }),
  }
  push(ctx, update(ctx, row, { chunks: [...pcb.chunks, chunk] }), 'now')
}

export function sendTo(
  ctx: Ctx,
  socket: string,
  to: { ip: Ip; port: number; src?: Ip } | undefined,
  body: Udp['body'],
  packet?: string,
): { ok: true } | { errno: Errno } {
  return sendDatagram(ctx, socket, to, body, packet)
}

export function close(ctx: Ctx, socket: string): void {
  const row = ctx.tx.get('socket', socket)
  if (!row) return
  if (row.proto === 'tcp' && row.state !== 'LISTEN') return closeConnection(ctx, row)
  if (row.proto === 'sctp') return closeSctp(ctx, row)
  ctx.tx.delete('socket', row.id)
}

export { sendEcho }

/** The calls as one value, for programs. */
export const SOCKETS: SocketApi = { listen, connect, send, sendTo, sendEcho, close }
