import { lose } from '../trace/emit.ts'
import type { DeviceDriver } from './driver.ts'

/** Swallows what it is given. Models drivers/net/dummy.c. */
export const dummyDriver: DeviceDriver = {
  kind: 'dummy',
  noArp: true,
  sentence: () => 'into a device that leads nowhere',
  xmit(ctx, link, skb) {
    lose(ctx, skb, 'link.swallowed', { stage: 'xmit', detail: `${link.name} leads nowhere` })
  },
}
