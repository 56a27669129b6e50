import { hostOfNetns, ifnameOf } from '../ids.ts'
import { noiseIn, receiveNoise } from '../path/receive.ts'
import type { Skb } from '../path/skb.ts'
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
    const frame = { link: peer.id, skb: scrub(skb, peer.netns) }
    // What the far end will ignore without a trace need not wait its turn.
    const noise = noiseIn(ctx, peer, frame.skb)
    if (noise) receiveNoise(ctx, peer, frame.skb, noise)
    else enqueue(ctx, hostOfNetns(ctx.tx, peer.netns), frame)
  },
}

/** What does not survive the way to another netns: mark, priority, conntrack, route. Models skb_scrub_packet(). */
export function scrub(skb: Skb, netns: string): Skb {
  const other = netns !== skb.netns
  return {
    packet: skb.packet,
    branch: skb.branch,
    netns,
    frame: skb.frame,
    ip: skb.frame ? undefined : skb.ip,
    mark: other ? 0 : skb.mark,
    priority: other ? 0 : skb.priority,
    depth: skb.depth,
    ...(skb.cuts ? { cuts: skb.cuts } : {}),
  }
}
