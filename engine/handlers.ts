import { appHandlers } from './apps/runtime.ts'
import { RUNTIME } from './controllers.ts'
import type { Handler } from './core/context.ts'
import { PATH_HANDLERS } from './kernel/path/handlers.ts'
import { SOCKET_HANDLERS } from './kernel/socket/handlers.ts'
import { PROGRAMS } from './programs.ts'

/** Event name -> what runs. The only way from the queue to behaviour. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  ...RUNTIME.handlers,
  ...PATH_HANDLERS,
  ...SOCKET_HANDLERS,
  ...appHandlers(PROGRAMS),
}
