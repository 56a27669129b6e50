import type { Ctx } from '../../core/context.ts'
import { hash32 } from '../../core/rng.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { anyOf, BROADCAST4, isMulticast, isUnspecified } from '../../net/ip.ts'
import { isIcmpError } from '../../net/icmp.ts'
import { ipSummary } from '../../net/summary.ts'
import type { Icmp, IpPacket, Tcp, UnreachableCode } from '../../net/packet.ts'
import { devXmit } from '../dev/xmit.ts'
import { fibLookup, routeLookup } from '../fib/lookup.ts'
import { ownsAddress, selectAddr4 } from '../fib/source.ts'
import { hostOfNetns } from '../ids.ts'
import { sysctlNumber } from '../sysctl.ts'
import { emitStep } from '../trace/emit.ts'
import { ipOutput } from './output.ts'
import { type Skb, skbOf } from './skb.ts'

/** What an ICMP error says; the packet it is about is quoted as it is. */
export type IcmpKind =
  | { readonly type: 'unreachable'; readonly code: UnreachableCode; readonly mtu?: number }
  | { readonly type: 'time-exceeded' }
  | { readonly type: 'packet-too-big'; readonly mtu: number }

/** Payload of event `icmp-xmit`: the kernel's own answer leaves when the walk that caused it has ended. */
export interface IcmpEvent {
  readonly netns: string
  readonly id: string
  readonly packet: IpPacket
  readonly mark: number
  readonly action: string
  readonly detail: string
  /** Leaves by this port of a bridge as it is, instead of being routed. */
  readonly onto?: { readonly link: string; readonly src: Mac; readonly dst: Mac }
}

const SOFTIRQ_US = 1

/**
 * Tells the sender. Never about an ICMP error, a later fragment, or what was sent to many. The source is the packet's own
 * destination if that was ours, else the address of the device that faces the sender.
 * Models net/ipv4/icmp.c __icmp_send(), net/ipv6/icmp.c icmp6_send(). Simplified: no rate limit.
 */
export function icmpSend(ctx: Ctx, skb: Skb, kind: IcmpKind): void {
  const about = skb.ip
  if (!about || isIcmpError(about) || (about.fragment?.offset ?? 0) > 0) return
  if (about.dst === BROADCAST4 || isMulticast(about.dst) || isUnspecified(about.src) || isMulticast(about.src)) return
  const { fragment: _, ...quoted } = about
  const body: Icmp =
    kind.type === 'time-exceeded' ? { kind: 'icmp', type: 'time-exceeded', quoted } : { kind: 'icmp', ...kind, quoted }
  const src = sourceFor(ctx, skb, about)
  if (!src) return
  const id = skb.branch === '0' ? `${skb.packet}/icmp` : `${skb.packet}/icmp-${skb.branch}`
  const tos = about.family === 'ipv4' ? 0xc0 | (about.tos & 0x1e) : 0
  const packet = kernelPacket(ctx, skb.netns, { src, dst: about.src, id, tos }, body)
  const text = kind.type === 'unreachable' ? `${kind.code} unreachable` : kind.type
  send(ctx, { netns: skb.netns, id, packet, mark: 0, action: 'icmp', detail: `tells ${about.src} with ICMP ${text}` })
}

/** What a REJECT rule answers. Models net/ipv4/netfilter/ipt_REJECT.c, nf_reject_ipv4.c, and their IPv6 twins. */
export function answerReject(ctx: Ctx, skb: Skb, how: string): void {
  if (how === 'tcp-reset') return sendReset(ctx, skb)
  icmpSend(ctx, skb, { type: 'unreachable', code: REJECTS[how] ?? 'port' })
}

/** Names of `--reject-with`, both families. */
const REJECTS: Readonly<Record<string, UnreachableCode>> = {
  'icmp-net-unreachable': 'net',
  'icmp-host-unreachable': 'host',
  'icmp-proto-unreachable': 'protocol',
  'icmp-port-unreachable': 'port',
  'icmp-net-prohibited': 'net-prohibited',
  'icmp-host-prohibited': 'host-prohibited',
  'icmp-admin-prohibited': 'admin-prohibited',
  'icmp6-no-route': 'net',
  'icmp6-adm-prohibited': 'admin-prohibited',
  'icmp6-addr-unreachable': 'host',
  'icmp6-port-unreachable': 'port',
}

/**
 * A RST from the address that was addressed, as if the far end had sent it. About a bridged frame, it goes back by the port
 * that the frame came in by, with the far end's MAC as well. Models nf_send_reset().
 */
function sendReset(ctx: Ctx, skb: Skb): void {
  const about = skb.ip
  if (about?.body.kind !== 'tcp' || about.body.flags.includes('R')) return
  const tcp = about.body
  const id = `${skb.packet}/rst`
  const length = tcp.data.bytes + (tcp.flags.includes('S') ? 1 : 0) + (tcp.flags.includes('F') ? 1 : 0)
  const answersAck = tcp.flags.includes('.')
  const body: Tcp = {
    kind: 'tcp',
    sport: tcp.dport,
    dport: tcp.sport,
    seq: answersAck ? tcp.ack : 0,
    ack: answersAck ? 0 : (tcp.seq + length) >>> 0,
    flags: answersAck ? 'R' : 'R.',
    window: 0,
    data: { kind: 'data', bytes: 0 },
  }
  const packet = kernelPacket(ctx, skb.netns, { src: about.dst, dst: about.src, id, tos: 0, df: true }, body)
  const onto =
    skb.bridged && skb.frame ? { link: skb.bridged.physIn, src: skb.frame.dst, dst: skb.frame.src } : undefined
  send(ctx, {
    netns: skb.netns,
    id,
    packet,
    mark: 0,
    action: 'reset',
    detail: `answers ${about.src} with a RST in the name of ${about.dst}`,
    ...(onto ? { onto } : {}),
  })
}

/** Event `icmp-xmit`. */
export function onIcmpXmit(ctx: Ctx, event: IcmpEvent): void {
  emitStep(ctx, {
    at: ctx.clock.now,
    packet: event.id,
    branch: '0',
    host: hostOfNetns(ctx.tx, event.netns),
    netns: event.netns,
    stage: 'icmp',
    action: event.action,
    detail: event.detail,
    summary: ipSummary(event.packet),
    headers: event.packet,
  })
  const { onto, packet, netns, mark } = event
  if (onto) {
    const frame = { src: onto.src, dst: onto.dst, etherType: packet.family, body: packet }
    return devXmit(ctx, onto.link, skbOf({ packet: event.id, branch: '0', netns, frame, mark, priority: 0, depth: 0 }))
  }
  ipOutput(ctx, { netns: event.netns, packet: event.packet, id: event.id, mark: event.mark, detail: event.detail })
}

function send(ctx: Ctx, event: IcmpEvent): void {
  ctx.clock.after(SOFTIRQ_US, 'icmp-xmit', event)
}

function sourceFor(ctx: Ctx, skb: Skb, about: IpPacket): Ip | undefined {
  if (ownsAddress(ctx.tx, skb.netns, about.dst)) return about.dst
  if (
    about.family === 'ipv4' &&
    skb.iif &&
    sysctlNumber(ctx.tx, skb.netns, 'net.ipv4.icmp_errors_use_inbound_ifaddr')
  ) {
    return selectAddr4(ctx.tx, skb.netns, skb.iif, about.src, 'link')
  }
  const back = routeLookup(ctx, { netns: skb.netns, dst: about.src })
  if (!('route' in back)) return undefined
  if (back.kind !== 'local') return back.src === anyOf(about.family) ? undefined : back.src
  // The sender is this host: the error speaks with the sender's own address, as a route to oneself does.
  const found = fibLookup(ctx.tx, { netns: skb.netns, dst: about.src })
  return found.kind === 'route' ? about.src : undefined
}

function kernelPacket(
  ctx: Ctx,
  netns: string,
  at: { src: Ip; dst: Ip; id: string; tos: number; df?: boolean },
  body: IpPacket['body'],
): IpPacket {
  const family = at.dst.includes(':') ? 'ipv6' : 'ipv4'
  const ttl =
    family === 'ipv4'
      ? sysctlNumber(ctx.tx, netns, 'net.ipv4.ip_default_ttl')
      : sysctlNumber(ctx.tx, netns, 'net.ipv6.conf.all.hop_limit')
  return {
    kind: 'ip',
    family,
    src: at.src,
    dst: at.dst,
    ttl: ttl || 64,
    tos: at.tos,
    df: family === 'ipv6' || (at.df ?? false),
    ident: hash32(ctx.clock.seed, at.id) & 0xffff,
    body,
  }
}
