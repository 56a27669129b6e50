import type { Handler } from '../../core/context.ts'
import { type BacklogEvent, onBacklog } from '../dev/backlog.ts'
import { type FrameEvent, onFrame } from '../dev/ether.ts'
import { onNeighTimer } from '../neigh/output.ts'
import { type IcmpEvent, onIcmpXmit } from './icmp-send.ts'

/** Events of the packet path: frames that arrive from a wire, neighbour timers, the kernel's own messages. */
export const PATH_HANDLERS: Readonly<Record<string, Handler>> = {
  backlog: (ctx, event: BacklogEvent) => onBacklog(ctx, event),
  frame: (ctx, event: FrameEvent) => onFrame(ctx, event),
  'neigh-timer': (ctx, event: { neigh: string }) => onNeighTimer(ctx, event),
  'icmp-xmit': (ctx, event: IcmpEvent) => onIcmpXmit(ctx, event),
}
