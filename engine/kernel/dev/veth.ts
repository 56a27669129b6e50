import { hostOfNetns, ifnameOf } from '../ids.ts'
import { type Skb, skbOf } from '../path/skb.ts'
import { lose } from '../trace/emit.ts'
import type { DeviceDriver } from './driver.ts'
import { enqueue } from './backlog.ts'

/**
 * A pair: what one end sends, the other receives. It passes through the host's backlog (an event of the same moment), so
 * that copies of a flooded frame all arrive before any answer to them. Models drivers/net/veth.c veth_xmit(), netif_rx().
 */
export const vethDriver: DeviceDriver = {
  kind: 'veth',
  sentence: (link) => `into the veth pair, to ${link.peer ? ifnameOf(link.peer) : 'nowhere'}`,
  xmit(ctx, link, skb) {
    const peer = link.peer ? ctx.tx.get('link', link.peer) : undefined
    if (!peer?.up)
      return lose(ctx, skb, 'link.down', { stage: 'wire', detail: `the other end of ${link.name} is down` })
    enqueue(ctx, hostOfNetns(ctx.tx, peer.netns), { link: peer.id, skb: scrub(skb, peer.netns) })
  },
}

/** What does not survive the way to another netns: mark, priority, conntrack, route. Models skb_scrub_packet(). */
export function scrub(skb: Skb, netns: string): Skb {
  const other = netns !== skb.netns
  return skbOf({
    packet: skb.packet,
    branch: skb.branch,
    netns,
    frame: skb.frame,
    ip: skb.frame ? undefined : skb.ip,
    mark: other ? 0 : skb.mark,
    priority: other ? 0 : skb.priority,
    cuts: skb.cuts,
    depth: skb.depth,
  })
}
