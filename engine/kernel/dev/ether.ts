import type { Ctx } from '../../core/context.ts'
import { receive } from '../path/receive.ts'
import type { Skb } from '../path/skb.ts'
import { lose } from '../trace/emit.ts'
import type { DeviceDriver } from './driver.ts'
import { scrub } from './veth.ts'

/** A wire between two machines: the frame arrives at the far end after the wire's latency. */
export const etherDriver: DeviceDriver = {
  kind: 'ether',
  sentence: () => 'onto the wire',
  xmit(ctx, link, skb) {
    const peer = link.peer ? ctx.tx.get('link', link.peer) : undefined
    if (!peer || link.cut)
      return lose(ctx, skb, 'link.down', {
        stage: 'wire',
        detail: link.cut ? 'the wire is cut' : 'no wire is plugged in',
      })
    ctx.clock.after(link.latencyUs ?? 0, 'frame', { link: peer.id, skb: scrub(skb, peer.netns) } satisfies FrameEvent)
  },
}

/** Payload of event `frame`: what arrives, and where. */
export interface FrameEvent {
  readonly link: string
  readonly skb: Skb
}

export function onFrame(ctx: Ctx, { link, skb }: FrameEvent): void {
  receive(ctx, link, skb)
}
