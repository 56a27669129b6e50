import type { Ctx } from '../../core/context.ts'
import { ipLength } from '../../net/length.ts'
import type { RouteResult } from '../contract.ts'
import { ifnameOf } from '../ids.ts'
import type { LinkRow } from '../tables.ts'
import { lose, report } from '../trace/emit.ts'
import { passHook } from './hook.ts'
import { icmpSend } from './icmp-send.ts'
import { ipFinishOutput, wayText } from './output.ts'
import type { Skb } from './skb.ts'

/**
 * On through this host: TTL, then size, then the TTL is lowered, then FORWARD.
 * Models net/ipv4/ip_forward.c ip_forward(), net/ipv6/ip6_output.c ip6_forward().
 * Simplified: no redirects, no source routes, no XFRM. What was learned about a path's MTU is not used for forwarding
 * (ip_forward_use_pmtu is 0).
 */
export function forward(
  ctx: Ctx,
  link: LinkRow,
  skb: Skb,
  route: Extract<RouteResult, { readonly route: unknown }>,
): void {
  const { ip } = skb
  const out = ctx.tx.get('link', route.dev)
  if (!ip || !out) return
  report(ctx, skb, {
    stage: 'routing',
    action: 'routed',
    detail: `to ${ip.dst} ${wayText(route)}`,
    decidedBy: route.by,
  })
  if (ip.ttl <= 1) {
    lose(ctx, skb, 'ttl.expired', { stage: 'forward', detail: 'the TTL would reach zero here: time exceeded' })
    return icmpSend(ctx, skb, { type: 'time-exceeded' })
  }
  const mtu = route.route.mtu ?? out.mtu
  if (ipLength(ip) > mtu && ip.df && (skb.fragMax ?? Number.MAX_SAFE_INTEGER) > mtu) {
    lose(ctx, skb, 'mtu.needs-frag', {
      stage: 'forward',
      detail: `${ipLength(ip)} bytes do not fit into the MTU ${mtu} of ${out.name}, and it may not be fragmented`,
      decidedBy: { table: 'link', id: out.id, row: out },
    })
    return icmpSend(
      ctx,
      skb,
      ip.family === 'ipv4' ? { type: 'unreachable', code: 'frag-needed', mtu } : { type: 'packet-too-big', mtu },
    )
  }
  const lowered: Skb = { ...skb, ip: { ...ip, ttl: ip.ttl - 1 }, oif: out.id }
  report(ctx, lowered, {
    stage: 'forward',
    action: 'forwarded',
    dev: link.id,
    detail: `forwarded from ${link.name} to ${ifnameOf(out.id)}: the TTL falls by one`,
    before: { 'ip.ttl': ip.ttl },
    after: { 'ip.ttl': ip.ttl - 1 },
  })
  const passed = passHook(ctx, { hook: 'forward', skb: lowered, in: link.name, out: out.name })
  if (passed) ipFinishOutput(ctx, passed, route, out)
}
