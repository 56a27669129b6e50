import type { Ctx } from '../../../core/context.ts'
import { sysctlNumber } from '../../sysctl.ts'
import type { SocketRow } from '../../tables.ts'
import { destroy, fail } from './close.ts'
import { armTimer, push, transmit } from './output.ts'
import { mssOf, pcbOf, RTO_INITIAL_US, RTO_MAX_US, RTO_MIN_US, update } from './pcb.ts'

/** Models net/ipv4/tcp_timer.c tcp_retransmit_timer() and tcp_write_timeout(). */
export function onTimer(ctx: Ctx, socket: string): void {
  const row = ctx.tx.get('socket', socket)
  if (!row) return
  switch (row.state) {
    case 'SYN-SENT':
      return retransmitSyn(ctx, row)
    case 'SYN-RECV':
      return retransmitSynAck(ctx, row)
    default:
      return retransmitData(ctx, row)
  }
}

export function onTimeWaitEnd(ctx: Ctx, socket: string): void {
  const row = ctx.tx.get('socket', socket)
  if (row?.state === 'TIME-WAIT' || row?.state === 'FIN-WAIT-2') ctx.tx.delete('socket', socket)
}

/**
 * The first `tcp_syn_linear_timeouts` SYNs are repeated every second, the next `tcp_syn_retries` at doubling intervals:
 * 1+1+1+1+1+2+4+8+16+32+64 = 131 seconds until ETIMEDOUT. It also ends as soon as `tcp_syn_retries` doubling intervals would
 * have, so that a setting of 1 is 3 seconds, of 2 is 7.
 */
function retransmitSyn(ctx: Ctx, row: SocketRow): void {
  const pcb = pcbOf(row)
  const linear = sysctlNumber(ctx.tx, row.netns, 'net.ipv4.tcp_syn_linear_timeouts')
  const retries = sysctlNumber(ctx.tx, row.netns, 'net.ipv4.tcp_syn_retries')
  const elapsedUs = ctx.clock.now - (pcb.firstSentAt ?? ctx.clock.now)
  const expired = pcb.retransmits >= retries + linear || elapsedUs >= giveUpAfterUs(retries, RTO_INITIAL_US)
  if (expired) return fail(ctx, row, pcb.softError ?? 'ETIMEDOUT')
  const retransmits = pcb.retransmits + 1
  const rtoUs = retransmits > linear ? Math.min(pcb.rtoUs * 2, RTO_MAX_US) : pcb.rtoUs
  const again = update(ctx, row, { retransmits, rtoUs, timed: undefined })
  const sent = transmit(
    ctx,
    again,
    { flags: 'S', seq: pcb.iss, mss: pcb.advMss },
    {
      when: 'now',
      action: 'retransmit',
      detail: `no answer: SYN again (${retransmits}), next try in ${rtoUs / 1e6} s`,
    },
  )
  armTimer(ctx, sent)
}

/** The half-open child gives up silently. */
function retransmitSynAck(ctx: Ctx, row: SocketRow): void {
  const pcb = pcbOf(row)
  if (pcb.retransmits >= sysctlNumber(ctx.tx, row.netns, 'net.ipv4.tcp_synack_retries')) return destroy(ctx, row)
  const again = update(ctx, row, { retransmits: pcb.retransmits + 1, rtoUs: Math.min(pcb.rtoUs * 2, RTO_MAX_US) })
  const sent = transmit(
    ctx,
    again,
    { flags: 'S.', seq: pcb.iss, mss: pcb.advMss },
    { when: 'now', action: 'retransmit', detail: 'no ACK came: SYN-ACK again' },
  )
  armTimer(ctx, sent)
}

/** Data or FIN: back to the oldest unacknowledged byte with a window of one segment, and twice the wait. */
function retransmitData(ctx: Ctx, row: SocketRow): void {
  const pcb = pcbOf(row)
  const retries =
    sysctlNumber(ctx.tx, row.netns, pcb.orphan ? 'net.ipv4.tcp_orphan_retries' : 'net.ipv4.tcp_retries2') || 8
  if (ctx.clock.now - (pcb.firstSentAt ?? ctx.clock.now) >= giveUpAfterUs(retries))
    return fail(ctx, row, pcb.softError ?? 'ETIMEDOUT')
  const rtoUs = Math.min(pcb.rtoUs * 2, RTO_MAX_US)
  const again = update(ctx, row, {
    retransmits: pcb.retransmits + 1,
    rtoUs,
    sndNxt: pcb.sndUna,
    cwnd: pcb.mss,
    timed: undefined,
  })
  push(ctx, again, 'now', `no ACK came: sent again (${pcb.retransmits + 1})`)
}

/** How long `retries` retransmissions take that start at the minimal RTO and double: 924.6 s for 15. Models tcp_model_timeout(). */
export function giveUpAfterUs(retries: number, firstUs = RTO_MIN_US): number {
  const doublings = Math.floor(Math.log2(RTO_MAX_US / firstUs))
  if (retries <= doublings) return ((2 << retries) - 1) * firstUs
  return ((2 << doublings) - 1) * firstUs + (retries - doublings) * RTO_MAX_US
}

/** Path MTU discovery's answer: smaller segments, sent at once. Models tcp_v4_mtu_reduced(), tcp_simple_retransmit(). */
export function onPathMtu(ctx: Ctx, row: SocketRow, mtu: number): void {
  if (row.state === 'LISTEN' || row.state === 'TIME-WAIT' || row.state === 'SYN-SENT') return
  const pcb = pcbOf(row)
  const mss = mssOf(mtu, row.family) - 12
  if (mss >= pcb.mss) return
  const smaller = update(ctx, row, {
    mss,
    sndNxt: pcb.sndUna,
    timed: undefined,
    cwnd: Math.max(mss, Math.min(pcb.cwnd, 10 * mss)),
  })
  push(ctx, smaller, 'soon', `the path's MTU is ${mtu}: smaller segments`)
}
