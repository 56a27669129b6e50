import { receive } from '../path/receive.ts'
import type { DeviceDriver } from './driver.ts'

/** What is sent comes back in; conntrack's view of it is kept. Models drivers/net/loopback.c. */
export const loopbackDriver: DeviceDriver = {
  kind: 'loopback',
  noArp: true,
  sentence: () => 'loops back into this host',
  xmit(ctx, link, skb) {
    receive(ctx, link.id, { ...skb, depth: skb.depth + 1 })
  },
}
