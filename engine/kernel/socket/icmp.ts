import type { Ctx } from '../../core/context.ts'
import { hash32 } from '../../core/rng.ts'
import type { Ip } from '../../net/address.ts'
import { familyOf } from '../../net/ip.ts'
import { ipHeaderLength, l4Length } from '../../net/length.ts'
import type { Icmp, IpPacket, UnreachableCode } from '../../net/packet.ts'
import type { Errno } from '../contract.ts'
import type { Skb } from '../path/skb.ts'
import type { SocketRow } from '../tables.ts'
import { emitEnd, emitNow, emitSoon, ipPacket } from './emit.ts'
import { emitNoRoute, routeFor } from './route.ts'
import { findBound, socketId } from './rows.ts'
import { socketRef } from './udp.ts'
import { wake } from './wake.ts'

/** Echo: the kernel's answer and ping's datagram socket; and what each ICMP error means. Models net/ipv4/icmp.c, ping.c, net/ipv6/icmp.c. */

type Echo = Extract<Icmp, { type: 'echo-request' | 'echo-reply' }>

/** Sends one echo request; the socket is the process' own and stays for the answer. `ttl` and `pmtu` are ping's -t and -M. */
export function sendEcho(
  ctx: Ctx,
  to: {
    netns: string
    dst: Ip
    src?: Ip
    bytes: number
    seq: number
    ttl?: number
    pmtu?: 'do' | 'dont'
    app: string
    process: string
    packet?: string
  },
): { id: string } | { errno: Errno } {
  const routed = routeFor(ctx, to)
  if ('errno' in routed) {
    emitNoRoute(ctx, { ...to, action: 'sendto', packet: to.packet }, routed)
    return { errno: routed.errno }
  }
  const ident = hash32(ctx.clock.seed, `echo/${to.app}`) & 0xffff
  const id = socketId(to.netns, 'icmp', { ip: routed.src, port: ident })
  if (!ctx.tx.get('socket', id)) {
    ctx.tx.put('socket', {
      id,
      netns: to.netns,
      proto: 'icmp',
      family: familyOf(to.dst),
      localIp: routed.src,
      localPort: ident,
      state: 'UNCONN',
      app: to.app,
      process: to.process,
    })
  }
  const packet = to.packet ?? `${id}#${to.seq}`
  const echo: Echo = {
    kind: 'icmp',
    type: 'echo-request',
    id: ident,
    seq: to.seq,
    data: { kind: 'data', bytes: to.bytes },
  }
  const fits = ipHeaderLength({ family: familyOf(to.dst) }) + l4Length(echo) <= routed.mtu
  const df = to.pmtu === 'do' || (to.pmtu === undefined && fits)
  const result = emitNow(ctx, {
    netns: to.netns,
    id: packet,
    sock: id,
    packet: ipPacket(
      ctx,
      to.netns,
      { src: routed.src, dst: to.dst, df, id: packet, ...(to.ttl ? { ttl: to.ttl } : {}) },
      echo,
    ),
    action: 'sendto',
    detail: `${to.process} sends an echo request of ${to.bytes} bytes; source ${routed.src} chosen by the route`,
    decidedBy: routed.route.by,
  })
  return result.ok ? { id } : { errno: result.errno }
}

export function receiveEcho(ctx: Ctx, skb: Skb, ip: IpPacket & { body: Echo }): void {
  const echo = ip.body
  if (echo.type === 'echo-request') return answerEcho(ctx, skb, ip)
  const row = findBound(ctx.tx, { netns: skb.netns, proto: 'icmp', ip: ip.dst, port: echo.id })
  if (!row)
    return emitEnd(ctx, skb, {
      action: 'delivered',
      detail: 'an echo reply that nobody waits for',
      disposition: 'consumed',
    })
  emitEnd(ctx, skb, {
    action: 'delivered',
    detail: `echo reply for ${row.process ?? 'ping'}`,
    decidedBy: socketRef(row),
    disposition: 'delivered',
  })
  wake(ctx, row.app, {
    type: 'echo-reply',
    socket: row.id,
    from: ip.src,
    seq: echo.seq,
    bytes: echo.data.bytes,
    ttl: ip.ttl,
    packet: skb.packet,
  })
}

/** The kernel itself answers, from the address that was asked. */
function answerEcho(ctx: Ctx, skb: Skb, ip: IpPacket & { body: Echo }): void {
  const local = ctx.tx.oneBy('addr', 'netnsAddress', `${skb.netns}|${ip.dst}`)
  emitEnd(ctx, skb, {
    action: 'delivered',
    detail: `the kernel answers echo requests for ${ip.dst}`,
    ...(local ? { decidedBy: { table: 'addr', id: local.id, row: local } } : {}),
    disposition: 'delivered',
  })
  const id = `${skb.packet}/r1`
  emitSoon(ctx, {
    netns: skb.netns,
    id,
    packet: ipPacket(ctx, skb.netns, { src: ip.dst, dst: ip.src, df: false, id }, { ...ip.body, type: 'echo-reply' }),
    action: 'reply',
    detail: 'echo reply by the kernel',
  })
}

/** The errno behind an ICMP error, and whether it is final. Models icmp_err_convert[] and icmpv6_err_convert(). */
export function errorOf(icmp: Icmp, family: 'ipv4' | 'ipv6'): { readonly errno: Errno; readonly hard: boolean } {
  if (icmp.type === 'packet-too-big') return { errno: 'EMSGSIZE', hard: false }
  if (icmp.type !== 'unreachable') return { errno: 'EHOSTUNREACH', hard: false }
  return (family === 'ipv4' ? ERRORS4 : ERRORS6)[icmp.code]
}

const ERRORS4: Readonly<Record<UnreachableCode, { errno: Errno; hard: boolean }>> = {
  net: { errno: 'ENETUNREACH', hard: false },
  host: { errno: 'EHOSTUNREACH', hard: false },
  protocol: { errno: 'ENOPROTOOPT', hard: true },
  port: { errno: 'ECONNREFUSED', hard: true },
  'frag-needed': { errno: 'EMSGSIZE', hard: false },
  'net-prohibited': { errno: 'ENETUNREACH', hard: true },
  'host-prohibited': { errno: 'EHOSTUNREACH', hard: true },
  'admin-prohibited': { errno: 'EHOSTUNREACH', hard: true },
}
const ERRORS6: typeof ERRORS4 = {
  ...ERRORS4,
  'admin-prohibited': { errno: 'EACCES', hard: true },
  'net-prohibited': { errno: 'EACCES', hard: true },
  'host-prohibited': { errno: 'EACCES', hard: true },
}

/** Port unreachable, from the address that was asked. Models icmp_send() as udp_rcv() calls it. */
export function answerPortUnreachable(ctx: Ctx, skb: Skb, ip: IpPacket, code: UnreachableCode = 'port'): void {
  const id = `${skb.packet}/icmp`
  const packet = ipPacket(
    ctx,
    skb.netns,
    { src: ip.dst, dst: ip.src, df: false, id },
    { kind: 'icmp', type: 'unreachable', code, quoted: ip },
  )
  emitSoon(ctx, {
    netns: skb.netns,
    id,
    packet: { ...packet, tos: ip.family === 'ipv4' ? 0xc0 : 0 },
    action: 'icmp',
    detail: `ICMP ${code} unreachable to ${ip.src}`,
  })
}

/** The ping socket behind an echo request that an error quotes. */
export function pingSocket(ctx: Ctx, netns: string, quoted: IpPacket): SocketRow | undefined {
  const body = quoted.body
  if (body.kind !== 'icmp' || body.type !== 'echo-request') return undefined
  return findBound(ctx.tx, { netns, proto: 'icmp', ip: quoted.src, port: body.id })
}
