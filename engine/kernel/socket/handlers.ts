import type { Handler } from '../../core/context.ts'

/** Events of sockets and programs: retransmission timers, application timers. */
export const SOCKET_HANDLERS: Readonly<Record<string, Handler>> = {}
