import type { Ctx } from '../core/context.ts'
import type { SocketEvent } from '../kernel/socket/wake.ts'
import type { AppRow } from '../kernel/tables.ts'

/**
 * A program as a state machine. It sleeps until its sockets or its timers wake it; what it remembers is plain data in
 * `AppRow.state`. Found by `AppRow.program` in the table that `engine/programs.ts` lists.
 */
export interface Program {
  onStart?(ctx: ProgramCtx): void
  onEvent(ctx: ProgramCtx, event: SocketEvent): void
  onTimer?(ctx: ProgramCtx, name: string): void
}

export interface ProgramCtx extends Ctx {
  readonly app: AppRow
  /** The state as the last `setState` left it. */
  state<T>(): T
  setState(state: unknown): void
  /** Wakes the program after `delayUs` by `onTimer(name)`; a pending timer of that name is replaced. */
  timer(name: string, delayUs: number): void
  cancelTimer(name: string): void
}

export type Programs = Readonly<Record<string, Program>>
