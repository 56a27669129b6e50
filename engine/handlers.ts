import type { Handler } from './core/context.ts'
import { CONTROL_HANDLERS } from './control/runtime.ts'
import { PATH_HANDLERS } from './kernel/path/handlers.ts'
import { SOCKET_HANDLERS } from './kernel/socket/handlers.ts'

/** Event name -> what runs. The only way from the queue to behaviour. */
export const HANDLERS: Readonly<Record<string, Handler>> = { ...CONTROL_HANDLERS, ...PATH_HANDLERS, ...SOCKET_HANDLERS }
