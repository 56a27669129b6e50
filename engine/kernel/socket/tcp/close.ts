import type { Ctx } from '../../../core/context.ts'
import type { Errno } from '../../contract.ts'
import type { SocketRow } from '../../tables.ts'
import { wake, type SocketEvent } from '../wake.ts'
import { push, timerId, transmit } from './output.ts'
import { pcbOf, streamEnd, TIME_WAIT_US, update } from './pcb.ts'

/** close() on a connection. Models net/ipv4/tcp.c __tcp_close(): FIN after the data, nobody waits for the rest. */
export function closeConnection(ctx: Ctx, row: SocketRow): void {
  switch (row.state) {
    case 'SYN-SENT':
    case 'CLOSED':
      return destroy(ctx, row)
    case 'ESTAB':
    case 'CLOSE-WAIT': {
      const closing = update(
        ctx,
        row,
        { finSeq: streamEnd(pcbOf(row)), orphan: true },
        row.state === 'CLOSE-WAIT' ? 'LAST-ACK' : 'FIN-WAIT-1',
      )
      push(ctx, closing, 'now', 'the application closes')
      return
    }
    default:
      return
  }
}

/** The process is gone while data may be unread: RST, as the kernel does for SO_LINGER 0 and killed programs with data pending. */
export function abort(ctx: Ctx, row: SocketRow): void {
  if (row.state !== 'SYN-SENT' && row.state !== 'CLOSED') {
    transmit(
      ctx,
      row,
      { flags: 'R.', seq: pcbOf(row).sndNxt },
      { when: 'now', action: 'reset', detail: 'the program is gone: its connection is reset' },
    )
  }
  destroy(ctx, row)
}

/** The connection is no more. */
export function destroy(ctx: Ctx, row: SocketRow): void {
  ctx.clock.cancel(timerId(row))
  ctx.clock.cancel(`tcp-time-wait/${row.id}`)
  ctx.tx.delete('socket', row.id)
}

/** The connection died: the application is told once, the row goes. */
export function fail(
  ctx: Ctx,
  row: SocketRow,
  errno: Errno,
  icmp?: Extract<SocketEvent, { type: 'error' }>['icmp'],
): void {
  const pcb = pcbOf(row)
  destroy(ctx, row)
  if (pcb.orphan || row.state === 'SYN-RECV') return
  wake(ctx, row.app, { type: 'error', socket: row.id, errno, ...(icmp ? { icmp } : {}) })
}

/** Both sides are closed; the pair of addresses and ports rests for a while. */
export function enterTimeWait(ctx: Ctx, row: SocketRow): void {
  ctx.clock.cancel(timerId(row))
  const resting = update(ctx, row, { chunks: [], orphan: true }, 'TIME-WAIT')
  const id = `tcp-time-wait/${resting.id}`
  ctx.clock.cancel(id)
  ctx.clock.after(TIME_WAIT_US, 'tcp-time-wait', { socket: resting.id }, { id, background: true })
}
