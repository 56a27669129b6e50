import type { Ctx } from '../../core/context.ts'
import { hash32 } from '../../core/rng.ts'
import type { Ip } from '../../net/address.ts'
import { isUnspecified } from '../../net/ip.ts'
import { ipLength } from '../../net/length.ts'
import type { IpPacket, IpPacketInIp } from '../../net/packet.ts'
import { routeLookup } from '../fib/lookup.ts'
import { refTo } from '../ids.ts'
import { icmpSend } from '../path/icmp-send.ts'
import { ipLocalOut } from '../path/output.ts'
import { receive } from '../path/receive.ts'
import { type Skb, skbOf } from '../path/skb.ts'
import type { LinkRow } from '../tables.ts'
import { lose, report } from '../trace/emit.ts'
import type { DeviceDriver } from './driver.ts'

/**
 * IPv4 in IPv4. `tunl0` (no remote) takes the next hop as the far end; TTL and DF are copied from the inner header.
 * Models net/ipv4/ipip.c, net/ipv4/ip_tunnel.c ip_tunnel_xmit().
 */
export const ipipDriver: DeviceDriver = {
  kind: 'ipip',
  noArp: true,
  sentence: () => 'into the IPIP tunnel',
  xmit(ctx, link, skb) {
    const inner = skb.ip
    if (!inner || !link.ipip) return
    const remote = (link.ipip.remote ?? skb.nexthop?.via) as Ip | undefined // the next hop is an address of the fib
    if (!remote || isUnspecified(remote))
      return lose(ctx, skb, 'neigh.unresolved', {
        stage: 'encap',
        detail: `${link.name} knows no far end for ${inner.dst}`,
      })
    const local = isUnspecified(link.ipip.local) ? undefined : link.ipip.local
    const route = routeLookup(ctx, { netns: skb.netns, dst: remote, ...(local ? { src: local } : {}), mark: skb.mark })
    if (!('route' in route) || route.dev === link.id)
      return lose(ctx, skb, 'underlay.unroutable', { stage: 'encap', detail: `no route to the tunnel end ${remote}` })
    if (inner.df && ipLength(inner) + 20 > route.mtu) {
      lose(ctx, skb, 'mtu.needs-frag', {
        stage: 'encap',
        detail: `${ipLength(inner)} bytes and 20 of outer header do not fit into ${route.mtu}`,
        decidedBy: route.by,
      })
      return icmpSend(ctx, skb, { type: 'unreachable', code: 'frag-needed', mtu: route.mtu - 20 })
    }
    const body: IpPacketInIp = { kind: 'ipip', inner }
    const ttl = link.ipip.ttl === 'inherit' || link.ipip.ttl === 0 ? inner.ttl : link.ipip.ttl
    const packet: IpPacket = {
      kind: 'ip',
      family: 'ipv4',
      src: local ?? route.src,
      dst: remote,
      ttl,
      tos: inner.tos,
      df: inner.df,
      ident: hash32(0, skb.packet) & 0xffff,
      body,
    }
    const outer = skbOf({
      packet: skb.packet,
      branch: skb.branch,
      netns: skb.netns,
      ip: packet,
      mark: skb.mark,
      priority: skb.priority,
      depth: skb.depth + 1,
      cuts: skb.cuts,
    })
    report(ctx, outer, {
      stage: 'encap',
      action: 'encapsulated',
      dev: link.id,
      detail: `wrapped in IPIP to ${remote}; TTL ${ttl} and DF are the inner packet's`,
      decidedBy: refTo('link', link),
      after: { 'outer.ip.src': packet.src, 'outer.ip.dst': packet.dst, 'outer.ip.ttl': ttl },
    })
    ipLocalOut(ctx, outer, route)
  },
}

/** Unwraps what comes for one of this netns' tunnels; false if there is none. Models ipip_rcv(). */
export function ipipInput(ctx: Ctx, skb: Skb, outer: IpPacket, body: IpPacketInIp): boolean {
  const links = ctx.tx.by('link', 'netns', skb.netns).filter((link) => link.kind === 'ipip' && link.up)
  const fits = (link: LinkRow) =>
    (isUnspecified(link.ipip?.local ?? '') || link.ipip?.local === outer.dst) &&
    (!link.ipip?.remote || link.ipip.remote === outer.src)
  const link = links.find((row) => row.ipip?.remote === outer.src && fits(row)) ?? links.find(fits)
  if (!link) return false
  report(ctx, skb, {
    stage: 'decap',
    action: 'decapsulated',
    dev: link.id,
    detail: `${link.name} takes the outer header off`,
    decidedBy: refTo('link', link),
    before: { 'outer.ip.src': outer.src, 'outer.ip.dst': outer.dst },
  })
  receive(
    ctx,
    link.id,
    skbOf({
      packet: skb.packet,
      branch: skb.branch,
      netns: skb.netns,
      ip: body.inner,
      mark: skb.mark,
      priority: skb.priority,
      depth: skb.depth + 1,
      cuts: skb.cuts,
    }),
  )
  return true
}
