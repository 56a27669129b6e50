import type { Ctx } from '../../core/context.ts'
import type { Skb } from '../path/skb.ts'
import type { LinkRow } from '../tables.ts'

/** A kind of network device. Found by `link.kind` in `registry.ts`. */
export interface DeviceDriver {
  readonly kind: LinkRow['kind']
  /** Point to point or loopback: no neighbour has to be resolved (IFF_NOARP). */
  readonly noArp?: boolean
  /** One plain sentence: where what is sent here goes. */
  sentence(link: LinkRow): string
  /** ndo_start_xmit: the packet leaves by the device; the branch goes on elsewhere or ends here. */
  xmit(ctx: Ctx, link: LinkRow, skb: Skb): void
}
