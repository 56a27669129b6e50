import type { Ctx } from '../../../core/context.ts'
import type { Ip } from '../../../net/address.ts'
import type { Data, IpPacket, Tcp } from '../../../net/packet.ts'
import type { RecordRef, SocketRow } from '../../tables.ts'
import { emitNow, emitSoon, ipPacket, type Outgoing } from '../emit.ts'
import { type Chunk, pcbOf, seqAdd, seqDiff, type TcpPcb, update } from './pcb.ts'

/** Models net/ipv4/tcp_output.c. Segments leave at once from a system call or timer, in an event of their own when a packet caused them. */

const NOTHING: Data = { kind: 'data', bytes: 0 }
/** Simplified: the receive window never closes, because the modelled programs read at once. */
const WINDOW = 64_240

export interface Segment {
  readonly flags: string
  readonly seq: number
  readonly data?: Data
  readonly mss?: number
}

export type When = 'now' | 'soon'

/** Sends one segment of a connection and numbers it. Returns the row with the counter advanced. */
export function transmit(
  ctx: Ctx,
  row: SocketRow,
  segment: Segment,
  how: { when: When; action: string; detail: string; decidedBy?: RecordRef },
): SocketRow {
  const pcb = pcbOf(row)
  const id = segmentId(pcb)
  const sent = update(ctx, row, { segments: pcb.segments + 1 })
  const out: Outgoing = {
    netns: row.netns,
    id,
    sock: row.id,
    packet: segmentPacket(ctx, row, id, segment),
    action: how.action,
    detail: how.detail,
    ...(how.decidedBy ? { decidedBy: how.decidedBy } : {}),
  }
  // An error of the layers below is not fatal: the retransmission timer tries again, as tcp_transmit_skb()'s callers do.
  if (how.when === 'now') emitNow(ctx, out)
  else emitSoon(ctx, out)
  return sent
}

function segmentId(pcb: TcpPcb): string {
  const n = pcb.segments + 1
  if (pcb.role === 'server') return `${pcb.conn}/r${n}`
  return n === 1 ? pcb.conn : `${pcb.conn}/${n}`
}

function segmentPacket(ctx: Ctx, row: SocketRow, id: string, segment: Segment): IpPacket {
  const pcb = pcbOf(row)
  const tcp: Tcp = {
    kind: 'tcp',
    sport: row.localPort,
    dport: row.remotePort ?? 0,
    seq: segment.seq,
    ack: segment.flags.includes('.') ? pcb.rcvNxt : 0,
    flags: segment.flags,
    window: WINDOW,
    ...(segment.mss ? { mss: segment.mss } : {}),
    data: segment.data ?? NOTHING,
  }
  return ipPacket(ctx, row.netns, { src: row.localIp, dst: row.remoteIp as Ip, df: true, id }, tcp) // a connection has a far end
}

/** Sends what the window allows: data, then the FIN. Arms the retransmission timer while something is unacknowledged. */
export function push(ctx: Ctx, socket: SocketRow, when: When, why = 'the application wrote data'): SocketRow {
  let row = socket
  for (;;) {
    const pcb = pcbOf(row)
    const next = nextSegment(pcb)
    if (!next) break
    const length = (next.data?.bytes ?? 0) + (next.flags.includes('F') ? 1 : 0)
    const end = seqAdd(next.seq, length)
    row = update(ctx, row, {
      sndNxt: end,
      firstSentAt: pcb.firstSentAt ?? ctx.clock.now,
      ...(pcb.timed || pcb.retransmits > 0 ? {} : { timed: { at: ctx.clock.now, end } }),
    })
    const action = next.flags.includes('F') ? 'fin' : pcb.retransmits > 0 ? 'retransmit' : 'send'
    row = transmit(ctx, row, next, { when, action, detail: detailOf(next, why) })
  }
  armTimer(ctx, row)
  return row
}

function detailOf(segment: Segment, why: string): string {
  const bytes = segment.data?.bytes ?? 0
  if (segment.flags.includes('F')) return 'the application closed the socket: FIN'
  return `${bytes} bytes in one segment: ${why}`
}

/** The next segment that the window lets go. Writes are not merged into one segment. */
function nextSegment(pcb: TcpPcb): Segment | undefined {
  const inFlight = seqDiff(pcb.sndNxt, pcb.sndUna)
  const chunk = pcb.chunks.find((candidate) => within(candidate, pcb.sndNxt))
  if (chunk) {
    if (inFlight >= Math.min(pcb.cwnd, WINDOW)) return undefined
    const left = chunk.bytes - seqDiff(pcb.sndNxt, chunk.seq)
    const bytes = Math.min(left, pcb.mss)
    const last = bytes === left
    const data: Data = {
      kind: 'data',
      bytes,
      ...(last && chunk.message !== undefined ? { message: chunk.message } : {}),
    }
    return { flags: last ? 'P.' : '.', seq: pcb.sndNxt, data }
  }
  if (pcb.finSeq !== undefined && pcb.sndNxt === pcb.finSeq) return { flags: 'F.', seq: pcb.finSeq }
  return undefined
}

function within(chunk: Chunk, seq: number): boolean {
  const offset = seqDiff(seq, chunk.seq)
  return offset >= 0 && offset < chunk.bytes
}

export function sendAck(ctx: Ctx, row: SocketRow, detail: string): SocketRow {
  return transmit(ctx, row, { flags: '.', seq: pcbOf(row).sndNxt }, { when: 'soon', action: 'ack', detail })
}

/** A segment that belongs to no connection is answered by a RST, unless it is one. Models tcp_v4_send_reset(). */
export function sendReset(ctx: Ctx, netns: string, packet: string, to: IpPacket & { body: Tcp }, detail: string): void {
  const tcp = to.body
  if (tcp.flags.includes('R')) return
  const acked = tcp.flags.includes('.')
  const length = tcp.data.bytes + (tcp.flags.includes('S') ? 1 : 0) + (tcp.flags.includes('F') ? 1 : 0)
  const id = `${packet}/rst`
  const reset: Tcp = {
    kind: 'tcp',
    sport: tcp.dport,
    dport: tcp.sport,
    seq: acked ? tcp.ack : 0,
    ack: acked ? 0 : seqAdd(tcp.seq, length),
    flags: acked ? 'R' : 'R.',
    window: 0,
    data: NOTHING,
  }
  emitSoon(ctx, {
    netns,
    id,
    packet: ipPacket(ctx, netns, { src: to.dst, dst: to.src, df: true, id }, reset),
    action: 'reset',
    detail,
  })
}

/** One timer per connection, running while something is unacknowledged. A server's half-open child does not unsettle a world. */
export function armTimer(ctx: Ctx, row: SocketRow): void {
  const pcb = pcbOf(row)
  const id = timerId(row)
  ctx.clock.cancel(id)
  if (pcb.sndNxt === pcb.sndUna) return
  ctx.clock.after(
    pcb.rtoUs,
    'tcp-timer',
    { socket: row.id },
    { id, background: row.state === 'SYN-RECV' || pcb.orphan },
  )
}

export const timerId = (row: SocketRow): string => `tcp-timer/${row.id}`
