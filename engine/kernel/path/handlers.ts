import type { Handler } from '../../core/context.ts'

/** Events of the packet path: frames that arrive from a wire, neighbour timers. */
export const PATH_HANDLERS: Readonly<Record<string, Handler>> = {}
