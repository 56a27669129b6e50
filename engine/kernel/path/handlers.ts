import type { Handler } from '../../core/context.ts'
import { onFrame } from '../dev/ether.ts'
import { onNeighTimer } from '../neigh/output.ts'
import { onIcmpXmit } from './icmp-send.ts'

/** Events of the packet path: frames that arrive from a wire, neighbour timers, the kernel's own messages. */
export const PATH_HANDLERS: Readonly<Record<string, Handler>> = {
  frame: onFrame,
  'neigh-timer': onNeighTimer,
  'icmp-xmit': onIcmpXmit,
}
