import type { Ctx } from '../../core/context.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { familyOf } from '../../net/ip.ts'
import { BROADCAST_MAC, groupMac, solicitedNode, ZERO_MAC } from '../../net/mac.ts'
import type { Arp, Frame, Icmp, IpPacket } from '../../net/packet.ts'
import { devXmit } from '../dev/xmit.ts'
import { ownsAddress, selectAddr4, selectAddr6 } from '../fib/source.ts'
import { passHook } from '../path/hook.ts'
import { type Skb, skbOf } from '../path/skb.ts'
import type { LinkRow } from '../tables.ts'
import { report } from '../trace/emit.ts'

/**
 * Asks who has an address: an ARP request to everyone (or, checking an entry, to its MAC), a neighbour solicitation in IPv6.
 * The question is a branch of the packet that waits for the answer.
 * Models net/ipv4/arp.c arp_solicit() with arp_announce 0, net/ipv6/ndisc.c ndisc_solicit().
 */
export function solicit(
  ctx: Ctx,
  link: LinkRow,
  target: Ip,
  cause: Skb | undefined,
  ask: { readonly n: number; readonly unicast?: Mac },
): void {
  const frame =
    familyOf(target) === 'ipv4'
      ? arpRequest(ctx, link, target, cause, ask.unicast)
      : solicitation(ctx, link, target, cause, ask.unicast)
  const suffix = ask.n > 1 ? `#${ask.n}` : ''
  const skb = skbOf({
    packet: cause?.packet ?? `neigh ${link.id} ${target} ${ctx.clock.now}`,
    branch: `${cause?.branch ?? '0'}.who-has-${target}${suffix}`,
    netns: link.netns,
    frame,
    mark: 0,
    priority: 0,
    depth: 0,
  })
  const again = ask.n > 1 ? ` (attempt ${ask.n} of 3)` : ''
  report(ctx, skb, {
    stage: 'arp',
    action: 'asks',
    dev: link.id,
    detail: `${link.name} asks who has ${target}${again}`,
  })
  sendNeighbour(ctx, link, skb)
}

function arpRequest(ctx: Ctx, link: LinkRow, target: Ip, cause: Skb | undefined, unicast: Mac | undefined): Frame {
  const own = cause?.ip?.family === 'ipv4' && ownsAddress(ctx.tx, link.netns, cause.ip.src) ? cause.ip.src : undefined
  const senderIp = own ?? selectAddr4(ctx.tx, link.netns, link.id, target, 'link')
  const body: Arp = {
    kind: 'arp',
    op: 'request',
    senderMac: link.mac,
    senderIp,
    targetMac: unicast ?? ZERO_MAC,
    targetIp: target,
  }
  return { src: link.mac, dst: unicast ?? BROADCAST_MAC, etherType: 'arp', body }
}

function solicitation(ctx: Ctx, link: LinkRow, target: Ip, cause: Skb | undefined, unicast: Mac | undefined): Frame {
  const own =
    cause?.ip?.family === 'ipv6' && ctx.tx.by('addr', 'link', link.id).some((row) => row.address === cause.ip?.src)
      ? cause.ip.src
      : undefined
  const linkLocal = ctx.tx.by('addr', 'link', link.id).find((row) => row.family === 'ipv6' && row.scope === 'link')
  const src = own ?? linkLocal?.address ?? selectAddr6(ctx.tx, link.netns, link.id, target)
  const dst = unicast ? target : solicitedNode(target)
  const body: Icmp = { kind: 'icmp', type: 'neighbor-solicitation', target, lladdr: link.mac }
  return { src: link.mac, dst: unicast ?? groupMac(dst), etherType: 'ipv6', body: ndPacket(src, dst, body) }
}

/** Neighbour discovery travels with hop limit 255, which proves that no router passed it on. */
export function ndPacket(src: Ip, dst: Ip, body: Icmp): IpPacket {
  return { kind: 'ip', family: 'ipv6', src, dst, ttl: 255, tos: 0, df: true, ident: 0, body }
}

/** ARP goes to the device at once; neighbour discovery is IPv6 and passes OUTPUT and POSTROUTING. Models ndisc_send_skb(). */
export function sendNeighbour(ctx: Ctx, link: LinkRow, skb: Skb): void {
  const frame = skb.frame
  if (frame?.body.kind !== 'ip') return devXmit(ctx, link.id, skb)
  const put = passHook(ctx, { hook: 'output', skb: { ...skb, ip: frame.body, oif: link.id }, out: link.name })
  const posted = put && passHook(ctx, { hook: 'postrouting', skb: put, out: link.name })
  if (posted) devXmit(ctx, link.id, { ...posted, frame })
}
