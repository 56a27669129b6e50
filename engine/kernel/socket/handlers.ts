import type { Ctx, Handler } from '../../core/context.ts'
import { emitNow, type Outgoing } from './emit.ts'
import { onSctpTimer } from './sctp.ts'
import { onTimer, onTimeWaitEnd } from './tcp/timers.ts'

/** Events of sockets: the kernel's own answers, retransmission timers, the end of TIME-WAIT. */
export const SOCKET_HANDLERS: Readonly<Record<string, Handler>> = {
  'sock-xmit': (ctx: Ctx, out: Outgoing) => {
    emitNow(ctx, out)
  },
  'tcp-timer': (ctx: Ctx, { socket }: { socket: string }) => onTimer(ctx, socket),
  'tcp-time-wait': (ctx: Ctx, { socket }: { socket: string }) => onTimeWaitEnd(ctx, socket),
  'sctp-timer': (ctx: Ctx, { socket }: { socket: string }) => onSctpTimer(ctx, socket),
}
