import type { Ctx } from '../../core/context.ts'
import { receive } from '../path/receive.ts'
import type { Skb } from '../path/skb.ts'

/** A frame on its way up from a device of this host. */
export interface Incoming {
  readonly link: string
  readonly skb: Skb
}

/** Payload of event `backlog`: frames that a host's devices received, in order. */
export interface BacklogEvent {
  readonly frames: readonly Incoming[]
}

/**
 * Puts a frame into its host's queue of received frames, which is worked off in an event of the same moment: what a packet
 * causes begins when the packet itself is done with. Models netif_rx() and process_backlog(), with one CPU per host.
 */
export function enqueue(ctx: Ctx, host: string, frame: Incoming): void {
  const id = `backlog/${host}`
  const pending = ctx.tx.get('event', id)
  if (!pending) {
    ctx.clock.after(0, 'backlog', { frames: [frame] } satisfies BacklogEvent, { id })
    return
  }
  const { frames } = pending.payload as BacklogEvent // written below or above only
  ctx.tx.put('event', { ...pending, payload: { frames: [...frames, frame] } satisfies BacklogEvent })
}

export function onBacklog(ctx: Ctx, { frames }: BacklogEvent): void {
  for (const { link, skb } of frames) receive(ctx, link, skb)
}
