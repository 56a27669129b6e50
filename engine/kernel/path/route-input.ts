import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { BROADCAST4, familyOf, isLoopback, isMulticast, isUnspecified } from '../../net/ip.ts'
import type { IpPacket, UnreachableCode } from '../../net/packet.ts'
import type { RouteResult } from '../contract.ts'
import { routeLookup } from '../fib/lookup.ts'
import { anyConfOf, confKey, forwards, sysctlRef } from '../sysctl.ts'
import type { LinkRow, RecordRef, Tuple } from '../tables.ts'
import type { ReasonCode } from '../trace/reasons.ts'
import { reversePath } from './reverse-path.ts'
import type { Skb } from './skb.ts'

type Way = Extract<RouteResult, { readonly route: unknown }>

/** Where a received packet goes: to this host, on, or nowhere, and who says so. */
export type InputDecision =
  | { readonly kind: 'local' | 'forward'; readonly route: Way }
  /** Silently: forwarding is off, a source that cannot be. */
  | {
      readonly kind: 'off' | 'drop'
      readonly route?: undefined
      readonly reason: ReasonCode
      readonly detail: string
      readonly by?: RecordRef
    }
  /** With an ICMP error. */
  | {
      readonly kind: 'unreachable'
      readonly route?: undefined
      readonly code: UnreachableCode
      readonly reason: ReasonCode
      readonly detail: string
      readonly by?: RecordRef
    }

/**
 * Routing of received packets: what cannot be is a martian, then the fib, then the way back is checked.
 * Models net/ipv4/route.c ip_route_input_slow(), ip_mkroute_input(); net/ipv6/route.c ip6_route_input().
 */
export function routeInput(
  ctx: Ctx,
  link: LinkRow,
  skb: Skb,
  at?: { readonly src: Ip; readonly dst: Ip },
): InputDecision {
  const src = at?.src ?? skb.ip?.src
  const dst = at?.dst ?? skb.ip?.dst
  if (!src || !dst) return { kind: 'drop', reason: 'proto.unmodelled', detail: 'there is no IP packet to route' }
  const martian = martianReason(ctx, link, src, dst)
  if (martian) return { kind: 'drop', ...martian }
  const tuple = skb.ip ? tupleOf(skb.ip) : undefined
  const route = routeLookup(ctx, {
    netns: link.netns,
    dst,
    src,
    iif: link.id,
    mark: skb.mark,
    ...(tuple ? { tuple } : {}),
  })
  if ('route' in route) {
    const way = reversePath(ctx, link, skb.mark, src, dst)
    if (way) return { kind: 'drop', ...way }
    if (route.kind === 'unicast')
      return forwards(ctx.tx, link, familyOf(dst)) ? { kind: 'forward', route } : off(ctx, link, dst)
    return { kind: 'local', route }
  }
  if (!forwards(ctx.tx, link, familyOf(dst))) return off(ctx, link, dst)
  const by = route.by ? { by: route.by } : {}
  switch (route.kind) {
    case 'none':
      return { kind: 'unreachable', code: 'net', reason: 'route.none', detail: `no route to ${dst}`, ...by }
    case 'unreachable':
      return {
        kind: 'unreachable',
        code: familyOf(dst) === 'ipv4' ? 'host' : 'net', // ip6_pkt_discard() says no route
        reason: 'route.none',
        detail: `the route to ${dst} says unreachable`,
        ...by,
      }
    case 'prohibit':
      return {
        kind: 'unreachable',
        code: 'admin-prohibited',
        reason: 'route.none',
        detail: `the route to ${dst} says prohibit`,
        ...by,
      }
    case 'blackhole':
      return { kind: 'drop', reason: 'route.blackhole', detail: `a blackhole route swallows what is for ${dst}`, ...by }
  }
}

/** The flow of a packet, for routing that looks at ports. */
export function tupleOf(ip: IpPacket): Tuple {
  const { body } = ip
  const base = { src: ip.src, dst: ip.dst }
  switch (body.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return { proto: body.kind, ...base, sport: body.sport, dport: body.dport }
    case 'icmp':
      return {
        proto: ip.family === 'ipv4' ? 'icmp' : 'ipv6-icmp',
        ...base,
        sport: 'id' in body ? body.id : 0,
        dport: 0,
      }
    case 'ipip':
      return { proto: 'ipencap', ...base, sport: 0, dport: 0 }
  }
}

function off(ctx: Ctx, link: LinkRow, dst: Ip): InputDecision {
  const family = familyOf(dst)
  const key = family === 'ipv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  return {
    kind: 'off',
    reason: 'forwarding.off',
    detail: `${dst} is not an address of this host, and forwarding is off: dropped without a word`,
    by: sysctlRef(ctx.tx, link.netns, key),
  }
}

function martianReason(
  ctx: Ctx,
  link: LinkRow,
  src: Ip,
  dst: Ip,
): { reason: ReasonCode; detail: string; by?: RecordRef } | undefined {
  if (link.kind === 'loopback') return undefined
  if (isMulticast(src) || src === BROADCAST4) return { reason: 'martian.source', detail: `${src} cannot be a source` }
  if (isUnspecified(dst)) return { reason: 'martian.destination', detail: `${dst} cannot be a destination` }
  if (!isLoopback(src) && !isLoopback(dst)) return undefined
  if (familyOf(dst) === 'ipv4' && anyConfOf(ctx.tx, link, 'ipv4', 'route_localnet')) return undefined
  const by = sysctlRef(ctx.tx, link.netns, confKey('ipv4', link.name, 'route_localnet'))
  return isLoopback(src)
    ? { reason: 'martian.source', detail: `a loopback source cannot come in by ${link.name}`, by }
    : {
        reason: 'martian.destination',
        detail: `a loopback destination is not taken on ${link.name} while route_localnet is 0`,
        by,
      }
}
