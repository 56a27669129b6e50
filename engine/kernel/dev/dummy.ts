import { finish } from '../trace/emit.ts'
import type { DeviceDriver } from './driver.ts'

/** Swallows what it is given. Models drivers/net/dummy.c. */
export const dummyDriver: DeviceDriver = {
  kind: 'dummy',
  noArp: true,
  sentence: () => 'a dummy device swallows it',
  xmit(ctx, _link, skb) {
    finish(ctx, skb, 'consumed', { stage: 'xmit', action: 'swallowed', detail: 'a dummy device leads nowhere' })
  },
}
