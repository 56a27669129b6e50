import type { Ctx } from '../../core/context.ts'
import type { Icmp, IpPacket, Tcp, Udp } from '../../net/packet.ts'
import type { Skb } from '../path/skb.ts'
import type { SocketRow } from '../tables.ts'
import { emitEnd } from './emit.ts'
import { answerPortUnreachable, errorOf, pingSocket, receiveEcho } from './icmp.ts'
import { outsideListener } from './outside.ts'
import { routeFor } from './route.ts'
import { findBound, findConnection, isLoopback, sockets } from './rows.ts'
import { failSctp, onSctpSegment } from './sctp.ts'
import { destroy, fail } from './tcp/close.ts'
import { onListen, onSegment } from './tcp/input.ts'
import { sendReset } from './tcp/output.ts'
import { pcbOf, seqDiff, update } from './tcp/pcb.ts'
import { onPathMtu } from './tcp/timers.ts'
import { icmpToUdp, receiveUdp, socketRef } from './udp.ts'
import { wake } from './wake.ts'

type With<B> = IpPacket & { readonly body: B }
type IcmpError = Extract<Icmp, { quoted: IpPacket }>

/** A packet for this host that INPUT let through finds its socket. Models ip_local_deliver_finish() and the protocols' receive functions. */
export function deliver(ctx: Ctx, skb: Skb): void {
  const ip = skb.ip
  if (!ip) return
  const body = ip.body
  switch (body.kind) {
    case 'tcp':
      return receiveTcp(ctx, skb, ip as With<Tcp>) // narrowed by its body
    case 'udp': {
      const datagram = ip as With<Udp>
      if (receiveUdp(ctx, skb, datagram)) return
      if (outsideListener(ctx, skb, 'udp', ip.dst, body.dport) && receiveUdp(ctx, skb, datagram)) return
      return refuse(ctx, skb, ip, 'udp', body.dport)
    }
    case 'icmp':
      if (body.type === 'echo-request' || body.type === 'echo-reply')
        return receiveEcho(ctx, skb, ip as With<typeof body>)
      if ('quoted' in body) return icmpError(ctx, skb)
      return emitEnd(ctx, skb, { action: 'delivered', detail: `ICMP ${body.type}`, disposition: 'absorbed' })
    case 'sctp':
      return onSctpSegment(ctx, skb, ip as With<typeof body>)
    case 'ipip':
      answerPortUnreachable(ctx, skb, ip, 'protocol')
      return emitEnd(ctx, skb, {
        action: 'rejected',
        detail: 'no tunnel takes IPIP here: protocol unreachable',
        disposition: 'rejected',
        reason: 'tunnel.peer-unknown',
      })
  }
}

/** Models net/ipv4/tcp_ipv4.c tcp_v4_rcv(). */
function receiveTcp(ctx: Ctx, skb: Skb, ip: With<Tcp>): void {
  const tcp = ip.body
  const { netns } = skb
  const connection = findConnection(ctx.tx, {
    netns,
    proto: 'tcp',
    localIp: ip.dst,
    localPort: tcp.dport,
    remoteIp: ip.src,
    remotePort: tcp.sport,
  })
  const opens = tcp.flags.includes('S') && !tcp.flags.includes('.')
  if (connection && !(connection.state === 'TIME-WAIT' && opens)) {
    emitEnd(ctx, skb, {
      action: 'delivered',
      detail: `delivered to ${connection.process ?? 'the program'} (${connection.state})`,
      decidedBy: socketRef(connection),
      disposition: 'delivered',
    })
    return onSegment(ctx, connection, skb.packet, ip)
  }
  if (!opens) {
    // Simplified: a stray ACK to a listening socket is no SYN cookie: it is reset like any other.
    if (tcp.flags.includes('R'))
      return emitEnd(ctx, skb, {
        action: 'ignored',
        detail: 'a RST for a connection that is gone',
        disposition: 'consumed',
      })
    sendReset(ctx, skb.netns, skb.packet, ip, `no connection ${ip.src}:${tcp.sport} > ${ip.dst}:${tcp.dport} here: RST`)
    return emitEnd(ctx, skb, {
      action: 'rejected',
      detail: strayDetail(ctx, skb, ip),
      disposition: 'rejected',
      reason: 'sock.no-connection',
    })
  }
  const listener =
    findBound(ctx.tx, { netns, proto: 'tcp', ip: ip.dst, port: tcp.dport }) ??
    outsideListener(ctx, skb, 'tcp', ip.dst, tcp.dport)
  if (listener?.state !== 'LISTEN') return refuse(ctx, skb, ip, 'tcp', tcp.dport)
  if (connection) destroy(ctx, connection)
  emitEnd(ctx, skb, {
    action: 'delivered',
    detail: `${listener.process ?? 'a program'} listens on TCP port ${tcp.dport}`,
    decidedBy: socketRef(listener),
    disposition: 'delivered',
  })
  const back = routeFor(ctx, { netns: skb.netns, dst: ip.src, src: ip.dst })
  onListen(ctx, listener, skb.packet, ip, 'errno' in back ? 1500 : back.mtu)
}

/** A segment of no connection here; where a socket waits for the same port from another address, that is said. */
function strayDetail(ctx: Ctx, skb: Skb, ip: With<Tcp>): string {
  const waiting = sockets(ctx.tx, skb.netns, 'tcp', ip.body.dport).find(
    (row) => row.state === 'SYN-SENT' && row.localIp === ip.dst,
  )
  if (!waiting) return 'the segment belongs to no connection here: RST'
  return `the socket waits for an answer from ${waiting.remoteIp}:${waiting.remotePort}, this one comes from ${ip.src}:${ip.body.sport}: RST`
}

/** Nothing listens: RST for TCP, port unreachable for UDP. The evidence is what listens here instead. */
function refuse(ctx: Ctx, skb: Skb, ip: IpPacket, proto: 'tcp' | 'udp', port: number): void {
  const bound = sockets(ctx.tx, skb.netns, proto, port)
  const loopback = bound.find((row) => row.remoteIp === undefined && isLoopback(row.localIp))
  if (ip.body.kind === 'tcp')
    sendReset(ctx, skb.netns, skb.packet, ip as With<Tcp>, `nothing listens on TCP port ${port}: RST`)
  else answerPortUnreachable(ctx, skb, ip)
  const others = loopback ? [] : openHere(ctx, skb.netns, proto)
  const netns = ctx.tx.get('netns', skb.netns)
  const ports = [...new Set(others.map((row) => row.localPort))].sort((a, b) => a - b).slice(0, 5)
  const instead = ports.length > 0 ? ` (what listens here: ${ports.join(', ')})` : ''
  const name = proto.toUpperCase()
  emitEnd(ctx, skb, {
    action: 'rejected',
    detail: loopback
      ? `${loopback.process ?? 'the program'} listens on ${loopback.localIp}:${port} only, not on ${ip.dst}`
      : `nothing listens on ${name} port ${port} of ${ip.dst}${instead}`,
    ...(loopback || others[0]
      ? { decidedBy: socketRef(loopback ?? others[0]) }
      : netns
        ? { decidedBy: { table: 'netns', id: netns.id, row: netns } }
        : {}),
    disposition: 'rejected',
    reason: loopback ? 'sock.localhost-only' : 'sock.not-listening',
  })
}

/** Sockets that take from anywhere what comes for this protocol. */
function openHere(ctx: Ctx, netns: string, proto: 'tcp' | 'udp'): SocketRow[] {
  return ctx.tx
    .by('socket', 'netns', netns)
    .filter((row) => row.proto === proto && row.remoteIp === undefined && !isLoopback(row.localIp))
}

/** An ICMP error tells the socket whose packet it quotes. Models icmp_unreach(), tcp_v4_err(), __udp4_lib_err(), ping_err(). */
export function icmpError(ctx: Ctx, skb: Skb): void {
  const ip = skb.ip
  if (ip?.body.kind !== 'icmp' || !('quoted' in ip.body)) return
  const icmp: IcmpError = ip.body
  const quoted = icmp.quoted
  const mtu =
    icmp.type === 'packet-too-big'
      ? icmp.mtu
      : icmp.type === 'unreachable' && icmp.code === 'frag-needed'
        ? icmp.mtu
        : undefined
  if (mtu !== undefined) learnMtu(ctx, skb.netns, quoted, mtu)
  const row = socketOf(ctx, skb.netns, quoted)
  const about = icmp.type === 'unreachable' ? `${icmp.code} unreachable` : icmp.type
  if (!row)
    return emitEnd(ctx, skb, {
      action: 'delivered',
      detail: `ICMP ${about} for a socket that is gone`,
      disposition: 'consumed',
    })
  emitEnd(ctx, skb, {
    action: 'delivered',
    detail: `ICMP ${about} reaches ${row.process ?? 'the program'}`,
    decidedBy: socketRef(row),
    disposition: 'delivered',
  })
  const error = {
    ...errorOf(icmp, ip.family),
    icmp: { from: ip.src, type: icmp.type, ...(icmp.type === 'unreachable' ? { code: icmp.code } : {}) },
  }
  if (mtu !== undefined && row.proto === 'tcp') return onPathMtu(ctx, row, mtu)
  // A datagram socket is not told, the next datagram fits; ping asks for every error (IP_RECVERR).
  if (mtu !== undefined && row.proto !== 'icmp') return
  if (row.proto === 'udp') return icmpToUdp(ctx, row, error)
  if (row.proto === 'tcp') return icmpToTcp(ctx, row, quoted, error)
  if (row.proto === 'sctp') return failSctp(ctx, row, error.errno)
  wake(ctx, row.app, { type: 'error', socket: row.id, errno: error.errno, icmp: error.icmp })
}

/** While connecting, any error is final; later it only colours a timeout. */
function icmpToTcp(
  ctx: Ctx,
  row: SocketRow,
  quoted: IpPacket,
  error: { errno: Parameters<typeof fail>[2]; icmp: Parameters<typeof fail>[3] },
): void {
  if (row.state === 'LISTEN' || row.state === 'TIME-WAIT' || quoted.body.kind !== 'tcp') return
  const pcb = pcbOf(row)
  if (seqDiff(quoted.body.seq, pcb.sndUna) < 0 || seqDiff(quoted.body.seq, pcb.sndNxt) > 0) return
  if (row.state === 'SYN-SENT' || row.state === 'SYN-RECV') return fail(ctx, row, error.errno, error.icmp)
  update(ctx, row, { softError: error.errno })
}

function socketOf(ctx: Ctx, netns: string, quoted: IpPacket): SocketRow | undefined {
  const body = quoted.body
  if (body.kind === 'icmp') return pingSocket(ctx, netns, quoted)
  if (body.kind !== 'tcp' && body.kind !== 'udp' && body.kind !== 'sctp') return undefined
  const at = { netns, proto: body.kind }
  return (
    findConnection(ctx.tx, {
      ...at,
      localIp: quoted.src,
      localPort: body.sport,
      remoteIp: quoted.dst,
      remotePort: body.dport,
    }) ?? (body.kind === 'tcp' ? undefined : findBound(ctx.tx, { ...at, ip: quoted.src, port: body.sport }))
  )
}

/** Ten minutes, as net.ipv4.route.mtu_expires says. Models net/ipv4/route.c __ip_rt_update_pmtu(). */
const MTU_EXPIRES_US = 600_000_000
const MIN_PMTU = 552

function learnMtu(ctx: Ctx, netns: string, quoted: IpPacket, mtu: number): void {
  const least = quoted.family === 'ipv4' ? MIN_PMTU : 1280
  ctx.tx.put('pmtu', {
    id: `${netns}|${quoted.dst}`,
    netns,
    dst: quoted.dst,
    mtu: Math.max(least, mtu),
    expiresUs: ctx.clock.now + MTU_EXPIRES_US,
  })
}
