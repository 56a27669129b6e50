import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import type { Data, Icmp, Udp } from '../../net/packet.ts'
import type { Errno } from '../contract.ts'

/**
 * What a program is woken for. The kernel never calls a program: it queues event `app-event`, and whoever owns the table
 * of programs (`engine/apps`) runs it, as a process returns from epoll_wait.
 */
export type SocketEvent =
  /** connect() finished. */
  | { readonly type: 'connected'; readonly socket: string }
  /** A child of a listening socket finished its handshake: accept() returns it. */
  | { readonly type: 'accepted'; readonly socket: string; readonly listener: string }
  /** Bytes of a stream, in order; `message` rides on the last segment of the write that carried it. */
  | { readonly type: 'stream'; readonly socket: string; readonly data: Data }
  /** A datagram, with who sent it, the address it was sent to, and its packet's id. */
  | {
      readonly type: 'datagram'
      readonly socket: string
      readonly from: { readonly ip: Ip; readonly port: number }
      readonly to: Ip
      readonly body: Udp['body']
      readonly ttl: number
      readonly packet: string
    }
  | {
      readonly type: 'echo-reply'
      readonly socket: string
      readonly from: Ip
      readonly seq: number
      readonly bytes: number
      readonly ttl: number
      readonly packet: string
    }
  /** The call failed or the connection died; `icmp` is the message that said so, with who sent it. */
  | {
      readonly type: 'error'
      readonly socket: string
      readonly errno: Errno
      readonly icmp?: { readonly from: Ip; readonly type: Icmp['type']; readonly code?: string }
    }
  /** The peer closed its side: read() returns 0. */
  | { readonly type: 'closed'; readonly socket: string }

export interface AppEventPayload {
  readonly app: string
  readonly event: SocketEvent | { readonly type: 'start' } | { readonly type: 'timer'; readonly name: string }
}

/** From the socket becoming ready to the process running, microseconds. */
export const WAKE_US = 15

export function wake(ctx: Ctx, app: string | undefined, event: SocketEvent): void {
  if (app === undefined) return
  ctx.clock.after(WAKE_US, 'app-event', { app, event } satisfies AppEventPayload)
}
