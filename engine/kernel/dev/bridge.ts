import { bridgeXmit } from '../bridge/input.ts'
import type { DeviceDriver } from './driver.ts'

/** The host's own port of a bridge. Models net/bridge/br_device.c br_dev_xmit(). */
export const bridgeDriver: DeviceDriver = {
  kind: 'bridge',
  sentence: (link) => `into the bridge ${link.name}`,
  xmit: (ctx, link, skb) => bridgeXmit(ctx, link, skb),
}
