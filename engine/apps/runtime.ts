import { assert } from '../core/assert.ts'
import type { Ctx, Handler } from '../core/context.ts'
import { close } from '../kernel/socket/api.ts'
import type { AppEventPayload } from '../kernel/socket/wake.ts'
import type { AppRow } from '../kernel/tables.ts'
import type { ProgramCtx, Programs } from './program.ts'

/** Starts a program: its row now, its first code in an event of its own. */
export function startApp(ctx: Ctx, row: AppRow): void {
  ctx.tx.put('app', row)
  ctx.clock.after(0, 'app-event', { app: row.id, event: { type: 'start' } } satisfies AppEventPayload)
}

/** Ends a program: its sockets are closed by the kernel, its row goes. */
export function stopApp(ctx: Ctx, id: string): void {
  for (const socket of ctx.tx.by('socket', 'app', id)) {
    ctx.tx.put('socket', { ...socket, app: undefined })
    close(ctx, socket.id)
  }
  ctx.tx.delete('app', id)
}

/** Runs programs by event. `programs` is the whole table, those of other folders included. */
export function appHandlers(programs: Programs): Readonly<Record<string, Handler>> {
  return {
    'app-event': (ctx: Ctx, { app, event }: AppEventPayload) => {
      const row = ctx.tx.get('app', app)
      if (!row) return
      const program = programs[row.program]
      assert(program, `no program ${row.program}`)
      const at = programCtx(ctx, row)
      if (event.type === 'start') program.onStart?.(at)
      else if (event.type === 'timer') program.onTimer?.(at, event.name)
      else program.onEvent(at, event)
    },
  }
}

function programCtx(ctx: Ctx, row: AppRow): ProgramCtx {
  const timerId = (name: string) => `app-timer/${row.id}/${name}`
  return {
    // Named and not spread: a context of a shape of its own for each event would slow down whatever it is handed to.
    tx: ctx.tx,
    clock: ctx.clock,
    random: ctx.random,
    emit: ctx.emit,
    note: ctx.note,
    app: row,
    state: <T>() => ctx.tx.get('app', row.id)?.state as T, // each program reads what it wrote
    setState: (state) => ctx.tx.patch('app', row.id, { state }),
    timer: (name, delayUs) => {
      ctx.clock.cancel(timerId(name))
      ctx.clock.after(delayUs, 'app-event', { app: row.id, event: { type: 'timer', name } } satisfies AppEventPayload, {
        id: timerId(name),
      })
    },
    cancelTimer: (name) => ctx.clock.cancel(timerId(name)),
  }
}
