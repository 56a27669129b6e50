import type { Change } from '../core/change.ts'
import type { Ctx, Handler } from '../core/context.ts'

/** Wakes the controllers that watch what changed. */
export function dispatchChanges(_ctx: Ctx, _changes: readonly Change[]): void {}

export const CONTROL_HANDLERS: Readonly<Record<string, Handler>> = {}
