import type { Ctx } from '../../../core/context.ts'
import { hash32 } from '../../../core/rng.ts'
import type { Family } from '../../../net/address.ts'
import type { Errno } from '../../contract.ts'
import type { SocketRow, TcpState } from '../../tables.ts'

/**
 * TCP's control block: the variables of RFC 9293 3.3.1 and what Linux keeps beside them. Plain data in `SocketRow.pcb`.
 *
 *     sent and acked | sent            | to be sent        | FIN
 *                    ^ sndUna          ^ sndNxt            ^ finSeq (once closed)
 *                      chunks: the writes of the application, until acked
 */
export interface TcpPcb {
  /** Packet ids of this end: `conn`, `conn/2`, `conn/3`, ... for the one that connects, `conn/r1`, ... for the other. */
  readonly conn: string
  readonly role: 'client' | 'server'
  /** Segments sent so far, retransmissions included: numbers the packet ids. */
  readonly segments: number
  readonly iss: number
  readonly sndUna: number
  readonly sndNxt: number
  readonly rcvNxt: number
  readonly chunks: readonly Chunk[]
  /** Sequence number of our FIN, once the application closed. */
  readonly finSeq?: number
  /** What we told the peer, from the route's MTU. */
  readonly advMss: number
  /** Payload per segment: the smaller of the peer's MSS and the path's, less the timestamp option. */
  readonly mss: number
  /** Congestion window, bytes. */
  readonly cwnd: number
  readonly rtoUs: number
  readonly srttUs?: number
  /** When the segment that is being timed was sent, and the sequence number that ends it. Absent after a retransmission (Karn). */
  readonly timed?: { readonly at: number; readonly end: number }
  readonly retransmits: number
  /** When the oldest unacknowledged data was first sent. */
  readonly firstSentAt?: number
  readonly dupAcks: number
  /** A soft ICMP error: what ETIMEDOUT becomes if nothing better arrives. */
  readonly softError?: Errno
  /** The listening socket of a child that is not accepted yet. */
  readonly listener?: string
  /** Nobody holds the socket any more: it lives on only to finish its close. */
  readonly orphan?: boolean
}

/** One write of the application: bytes from `seq` on; its message rides on the segment that ends it. */
export interface Chunk {
  readonly seq: number
  readonly bytes: number
  readonly message?: unknown
}

/** Round-trip defaults of Linux, microseconds. Models include/net/tcp.h. */
export const RTO_INITIAL_US = 1_000_000
export const RTO_MIN_US = 200_000
export const RTO_MAX_US = 120_000_000
export const TIME_WAIT_US = 60_000_000
const INIT_CWND = 10
/** The timestamp option that every segment after the handshake carries. */
const TIMESTAMPS = 12

/** What an IPv4 length field can say, loopback's MTU notwithstanding (IPV4_MAX_PMTU). */
const MAX_MTU = 65_535

/** Payload of a SYN's MSS option for an MTU: what is left of it after the fixed headers. */
export const mssOf = (mtu: number, family: Family): number =>
  Math.max(88, Math.min(mtu, MAX_MTU) - (family === 'ipv4' ? 40 : 60))

/** Payload that a segment may carry, given the peer's MSS and ours. */
export const payloadMss = (peerMss: number, ownMss: number): number => Math.min(peerMss, ownMss) - TIMESTAMPS

export const initialCwnd = (mss: number): number => INIT_CWND * mss

/** Initial sequence number: belongs to the connection and the moment. */
export const isn = (ctx: Ctx, socket: string): number => hash32(ctx.clock.seed, `isn/${socket}/${ctx.clock.now}`)

/** RFC 9293 3.4: arithmetic modulo 2^32. */
export const seqAdd = (a: number, b: number): number => (a + b) >>> 0
export const seqDiff = (a: number, b: number): number => (a - b) | 0

/** The control block of a TCP socket that is past LISTEN. */
export function pcbOf(row: SocketRow): TcpPcb {
  return row.pcb as TcpPcb // written by this module only
}

/** Writes the block and, where given, the state. Returns the new row. */
export function update(ctx: Ctx, row: SocketRow, pcb: Partial<TcpPcb>, state: TcpState = row.state): SocketRow {
  const next = { ...row, state, pcb: { ...pcbOf(row), ...pcb } }
  ctx.tx.put('socket', next)
  return next
}

/** Where the application's next write begins (before it closed). */
export function streamEnd(pcb: TcpPcb): number {
  const last = pcb.chunks[pcb.chunks.length - 1]
  return last ? seqAdd(last.seq, last.bytes) : pcb.sndNxt
}
