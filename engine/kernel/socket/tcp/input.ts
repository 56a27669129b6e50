import type { Ctx } from '../../../core/context.ts'
import type { IpPacket, Tcp } from '../../../net/packet.ts'
import type { SocketRow } from '../../tables.ts'
import { socketId } from '../rows.ts'
import { wake } from '../wake.ts'
import { destroy, enterTimeWait, fail } from './close.ts'
import { newPcb } from './connect.ts'
import { armTimer, push, sendAck, sendReset, transmit } from './output.ts'
import {
  initialCwnd,
  isn,
  mssOf,
  payloadMss,
  pcbOf,
  RTO_MAX_US,
  RTO_MIN_US,
  seqAdd,
  seqDiff,
  TIME_WAIT_US,
  update,
} from './pcb.ts'

/** What a segment does to its connection. Models net/ipv4/tcp_input.c; states of RFC 9293 3.3.2. */
export type Segmented = IpPacket & { readonly body: Tcp }

/** A SYN for a listening socket: a half-open child, and the SYN-ACK. */
// Simplified: no limit of the backlog and no SYN cookies, because the modelled programs accept at once.
export function onListen(ctx: Ctx, listener: SocketRow, packet: string, ip: Segmented, mtu: number): void {
  const tcp = ip.body
  const id = socketId(listener.netns, 'tcp', { ip: ip.dst, port: tcp.dport }, { ip: ip.src, port: tcp.sport })
  const iss = isn(ctx, id)
  const advMss = mssOf(mtu, ip.family)
  const mss = payloadMss(tcp.mss ?? 536, advMss)
  const child: SocketRow = {
    id,
    netns: listener.netns,
    proto: 'tcp',
    family: ip.family,
    localIp: ip.dst,
    localPort: tcp.dport,
    remoteIp: ip.src,
    remotePort: tcp.sport,
    state: 'SYN-RECV',
    ...(listener.app ? { app: listener.app } : {}),
    ...(listener.process ? { process: listener.process } : {}),
    ...(listener.owner ? { owner: listener.owner } : {}),
    ...(listener.cause ? { cause: listener.cause } : {}),
    pcb: newPcb({
      conn: packet,
      role: 'server',
      iss,
      rcvNxt: seqAdd(tcp.seq, 1),
      advMss,
      mss,
      cwnd: initialCwnd(mss),
      listener: listener.id,
    }),
  }
  ctx.tx.put('socket', child)
  const sent = transmit(
    ctx,
    child,
    { flags: 'S.', seq: iss, mss: advMss },
    {
      when: 'soon',
      action: 'accept',
      detail: `${listener.process ?? 'a program'} listens here: SYN-ACK, MSS ${advMss}`,
    },
  )
  armTimer(ctx, sent)
}

/** A segment for a connection that exists. */
export function onSegment(ctx: Ctx, row: SocketRow, packet: string, ip: Segmented): void {
  if (row.state === 'SYN-SENT') return onSynSent(ctx, row, packet, ip)
  const tcp = ip.body
  const pcb = pcbOf(row)
  if (tcp.flags.includes('R')) {
    if (tcp.seq === pcb.rcvNxt || row.state === 'SYN-RECV')
      fail(ctx, row, row.state === 'SYN-RECV' ? 'ECONNREFUSED' : 'ECONNRESET')
    return
  }
  if (row.state === 'TIME-WAIT') {
    if (tcp.flags.includes('F')) sendAck(ctx, row, 'TIME-WAIT: the last ACK again')
    return
  }
  if (tcp.flags.includes('S')) {
    if (row.state === 'SYN-RECV' && !tcp.flags.includes('.')) {
      transmit(
        ctx,
        row,
        { flags: 'S.', seq: pcb.iss, mss: pcb.advMss },
        { when: 'soon', action: 'accept', detail: 'the SYN came again: SYN-ACK again' },
      )
    } else sendAck(ctx, row, 'a SYN within a connection is answered by an ACK (RFC 5961)')
    return
  }
  if (!tcp.flags.includes('.')) return
  const acked = onAck(ctx, row, tcp)
  if (!acked) return
  onPayload(ctx, acked, tcp)
}

/** Models tcp_rcv_synsent_state_process(). */
function onSynSent(ctx: Ctx, row: SocketRow, packet: string, ip: Segmented): void {
  const tcp = ip.body
  const pcb = pcbOf(row)
  const acks = tcp.flags.includes('.')
  if (acks && tcp.ack !== pcb.sndNxt)
    return sendReset(ctx, row.netns, packet, ip, 'it acknowledges what was never sent')
  if (tcp.flags.includes('R')) {
    if (acks) fail(ctx, row, 'ECONNREFUSED')
    return
  }
  // Simplified: no simultaneous open (SYN against SYN), because no modelled program does it.
  if (!tcp.flags.includes('S') || !acks) return
  const mss = payloadMss(tcp.mss ?? 536, pcb.advMss)
  const srttUs = pcb.retransmits === 0 ? ctx.clock.now - (pcb.firstSentAt ?? ctx.clock.now) : undefined
  const open = update(
    ctx,
    row,
    {
      sndUna: tcp.ack,
      rcvNxt: seqAdd(tcp.seq, 1),
      mss,
      cwnd: initialCwnd(mss),
      retransmits: 0,
      rtoUs: RTO_MIN_US + (srttUs ?? RTO_MIN_US),
      srttUs,
      firstSentAt: undefined,
    },
    'ESTAB',
  )
  armTimer(ctx, open)
  sendAck(ctx, open, 'the SYN-ACK is acknowledged: the connection is established')
  wake(ctx, row.app, { type: 'connected', socket: row.id })
}

/** Takes the acknowledgement. Returns the row to go on with, or nothing if the connection ended. */
function onAck(ctx: Ctx, socket: SocketRow, tcp: Tcp): SocketRow | undefined {
  let row = socket
  let pcb = pcbOf(row)
  if (row.state === 'SYN-RECV') {
    if (tcp.ack !== pcb.sndNxt) return row
    row = update(ctx, row, { sndUna: tcp.ack, retransmits: 0, rtoUs: RTO_MIN_US * 2, firstSentAt: undefined }, 'ESTAB')
    armTimer(ctx, row)
    wake(ctx, row.app, { type: 'accepted', socket: row.id, listener: pcb.listener ?? '' })
    return row
  }
  const advance = seqDiff(tcp.ack, pcb.sndUna)
  // After going back to resend, an ACK of what was sent earlier may lie beyond sndNxt: that is fine.
  if (advance <= 0) {
    if (advance === 0 && tcp.data.bytes === 0 && !tcp.flags.includes('F') && pcb.sndNxt !== pcb.sndUna)
      row = onDuplicateAck(ctx, row)
    return row
  }
  const chunks = pcb.chunks.filter((chunk) => seqDiff(seqAdd(chunk.seq, chunk.bytes), tcp.ack) > 0)
  const sampleUs = pcb.timed && seqDiff(tcp.ack, pcb.timed.end) >= 0 ? ctx.clock.now - pcb.timed.at : undefined
  const srttUs =
    sampleUs === undefined
      ? pcb.srttUs
      : pcb.srttUs === undefined
        ? sampleUs
        : Math.round((7 * pcb.srttUs + sampleUs) / 8)
  const sndNxt = seqDiff(tcp.ack, pcb.sndNxt) > 0 ? tcp.ack : pcb.sndNxt
  row = update(ctx, row, {
    sndUna: tcp.ack,
    sndNxt,
    chunks,
    // Simplified: slow start without an end and no variance in the RTO, because the modelled wires neither fill up nor jitter.
    cwnd: pcb.cwnd + Math.min(advance, pcb.mss * 2),
    srttUs,
    rtoUs: Math.min(RTO_MAX_US, RTO_MIN_US + (srttUs ?? RTO_MIN_US)),
    retransmits: 0,
    dupAcks: 0,
    firstSentAt: sndNxt === tcp.ack ? undefined : ctx.clock.now,
    ...(sampleUs === undefined ? {} : { timed: undefined }),
  })
  pcb = pcbOf(row)
  const finAcked = pcb.finSeq !== undefined && seqDiff(tcp.ack, pcb.finSeq) > 0
  if (finAcked && row.state === 'FIN-WAIT-1') {
    row = update(ctx, row, {}, 'FIN-WAIT-2')
    armTimer(ctx, row)
    ctx.clock.after(
      TIME_WAIT_US,
      'tcp-time-wait',
      { socket: row.id },
      { id: `tcp-time-wait/${row.id}`, background: true },
    )
    return row
  }
  if (finAcked && row.state === 'LAST-ACK') {
    destroy(ctx, row)
    return undefined
  }
  if (finAcked && row.state === 'CLOSING') {
    enterTimeWait(ctx, row)
    return undefined
  }
  return push(ctx, row, 'soon', 'the window opened')
}

/** Three duplicates: the segment is lost, resend it now (RFC 5681 fast retransmit). */
function onDuplicateAck(ctx: Ctx, row: SocketRow): SocketRow {
  const pcb = pcbOf(row)
  const dupAcks = pcb.dupAcks + 1
  if (dupAcks !== 3) return update(ctx, row, { dupAcks })
  return push(
    ctx,
    update(ctx, row, { dupAcks, sndNxt: pcb.sndUna, timed: undefined }),
    'soon',
    'three duplicate ACKs: sent again',
  )
}

/** Data and FIN, in order only. Models tcp_data_queue(), tcp_fin(). */
// Simplified: what arrives out of order is not kept but asked for again, and every segment is acknowledged at once (no delayed ACK).
function onPayload(ctx: Ctx, socket: SocketRow, tcp: Tcp): void {
  let row = socket
  const fin = tcp.flags.includes('F')
  if (tcp.data.bytes === 0 && !fin) return
  const pcb = pcbOf(row)
  if (tcp.seq !== pcb.rcvNxt) {
    sendAck(ctx, row, `expected byte ${pcb.rcvNxt}: the last ACK again`)
    return
  }
  if (tcp.data.bytes > 0) {
    row = update(ctx, row, { rcvNxt: seqAdd(tcp.seq, tcp.data.bytes) })
    if (!pcb.orphan) wake(ctx, row.app, { type: 'stream', socket: row.id, data: tcp.data })
  }
  if (fin) row = onFin(ctx, row)
  sendAck(ctx, row, fin ? 'the peer closed its side' : `${tcp.data.bytes} bytes received`)
}

function onFin(ctx: Ctx, socket: SocketRow): SocketRow {
  const row = update(ctx, socket, { rcvNxt: seqAdd(pcbOf(socket).rcvNxt, 1) })
  switch (row.state) {
    case 'ESTAB': {
      const half = update(ctx, row, {}, 'CLOSE-WAIT')
      wake(ctx, row.app, { type: 'closed', socket: row.id })
      return half
    }
    case 'FIN-WAIT-1':
      return update(ctx, row, {}, 'CLOSING')
    case 'FIN-WAIT-2':
      enterTimeWait(ctx, row)
      return ctx.tx.get('socket', row.id) ?? row
    default:
      return row
  }
}
