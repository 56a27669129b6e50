import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import type { ConntrackRow, NfHook, RecordRef, Tuple } from '../tables.ts'
import { findByTuple, has, withStatus } from './conntrack-table.ts'
import { addressIn, holds, type NatRange } from './nat-range.ts'
import { invert, sameTuple } from './tuple.ts'

/** Which end of the tuple a hook may change. Models HOOK2MANIP. */
export type Manip = 'src' | 'dst'

export const manipOf = (hook: NfHook): Manip => (hook === 'prerouting' || hook === 'output' ? 'dst' : 'src')

/** Whether the flow's fate for this end has been decided, be it to leave it alone. */
export function isDecided(row: ConntrackRow, manip: Manip): boolean {
  return has(row, manip === 'src' ? 'SRC_NAT_DONE' : 'DST_NAT_DONE')
}

/**
 * Binds an unconfirmed entry: chooses a tuple within the range whose answer belongs to nobody else, and expects the answer
 * accordingly. Undefined if every tuple is taken. Models nf_nat_core.c nf_nat_setup_info().
 */
export function bind(
  ctx: Ctx,
  row: ConntrackRow,
  manip: Manip,
  range: NatRange,
  by?: RecordRef,
): ConntrackRow | undefined {
  const current = invert(row.reply)
  const chosen = uniqueTuple(ctx, row, current, manip, range)
  if (!chosen) return undefined
  const decided = withStatus(row, manip === 'src' ? 'SRC_NAT_DONE' : 'DST_NAT_DONE')
  if (sameTuple(chosen, current)) return decided
  const bound = withStatus({ ...decided, reply: invert(chosen) }, manip === 'src' ? 'SRC_NAT' : 'DST_NAT')
  if (!by) return bound
  return manip === 'src' ? { ...bound, snatBy: by } : { ...bound, dnatBy: by }
}

/** No rule wants NAT: the tuple stays, unless its answer could not be told from another flow's. */
export function bindToNothing(ctx: Ctx, row: ConntrackRow, manip: Manip): ConntrackRow | undefined {
  const ip = manip === 'src' ? row.reply.dst : row.reply.src
  return bind(ctx, row, manip, { from: ip, to: ip })
}

/**
 * Models get_unique_tuple(). Simplified: a source that was mapped before is not looked up again (find_appropriate_src),
 * because every masquerade rule modelled here asks for a random port anyway.
 */
function uniqueTuple(ctx: Ctx, row: ConntrackRow, current: Tuple, manip: Manip, range: NatRange): Tuple | undefined {
  const isTaken = (tuple: Tuple) =>
    findByTuple(ctx.tx, { netns: row.netns, zone: row.zone, nowUs: ctx.clock.now }, invert(tuple)) !== undefined
  const isRandom = range.random || range.randomFully
  if (manip === 'src' && !isRandom && !range.ports && holds(range, current.src) && !isTaken(current)) return current
  const address = addressIn(range, current.src, current.dst) ?? (manip === 'src' ? current.src : current.dst)
  const readdressed: Tuple = manip === 'src' ? { ...current, src: address } : { ...current, dst: address }
  const port = manip === 'src' ? readdressed.sport : readdressed.dport
  if (!isRandom) {
    if (range.ports) {
      const fits = port >= range.ports[0] && port <= range.ports[1]
      if (fits && (range.ports[0] === range.ports[1] || !isTaken(readdressed))) return readdressed
    } else if (!isTaken(readdressed)) return readdressed
  }
  return searchPort(ctx, row.netns, readdressed, manip, range, isTaken)
}

/** Models nf_nat_l4proto_unique_tuple(). */
function searchPort(
  ctx: Ctx,
  netns: string,
  tuple: Tuple,
  manip: Manip,
  range: NatRange,
  isTaken: (tuple: Tuple) => boolean,
): Tuple | undefined {
  if (tuple.proto === 'ipencap') return isTaken(tuple) ? undefined : tuple
  if (!range.ports && manip === 'dst') return tuple
  const isEcho = tuple.proto === 'icmp' || tuple.proto === 'ipv6-icmp'
  if (isEcho && manip === 'dst') return tuple
  const [first, last] = range.ports ?? (isEcho ? [0, 65_535] : defaultPorts(tuple.sport))
  const size = last - first + 1
  const offset = range.randomFully || manip === 'src' ? Math.floor(ctx.random(`nat/${netns}`) * 65_536) : 0
  for (let i = 0; i < size; i++) {
    const port = first + ((offset + i) % size)
    const candidate = manip === 'src' ? { ...tuple, sport: port } : { ...tuple, dport: port }
    if (!isTaken(candidate)) return candidate
  }
  return undefined
}

/** Privileged source ports stay privileged. */
function defaultPorts(port: number): readonly [number, number] {
  if (port < 512) return [1, 511]
  return port < 1024 ? [600, 1023] : [1024, 65_535]
}

/** What the packet's addresses become at this hook, by the entry's binding; undefined if they stay. */
export interface Translation {
  readonly manip: Manip
  readonly ip: Ip
  readonly port: number
  /** The binding's own direction, or taking it back on the answer. */
  readonly undo: boolean
  readonly by?: RecordRef
}

/** Models nf_nat_packet(). `dir` is the packet's direction in the entry. */
export function translationOf(row: ConntrackRow, dir: 'original' | 'reply', manip: Manip): Translation | undefined {
  const undo = dir === 'reply'
  const isSource = (manip === 'src') !== undo
  if (!has(row, isSource ? 'SRC_NAT' : 'DST_NAT')) return undefined
  const target = invert(undo ? row.orig : row.reply)
  const by = isSource ? row.snatBy : row.dnatBy
  return { manip, ip: target[manip], port: portAt(target, manip), undo, ...(by ? { by } : {}) }
}

/**
 * What the packet quoted in an ICMP error of this flow becomes at the same hook: it travelled the other way, so its other
 * end changes. Models nf_nat_icmp_reply_translation().
 */
export function quotedTranslationOf(
  row: ConntrackRow,
  dir: 'original' | 'reply',
  manip: Manip,
): { manip: Manip; ip: Ip; port: number } {
  const tuple = dir === 'reply' ? row.orig : row.reply
  const other = manip === 'src' ? 'dst' : 'src'
  return { manip: other, ip: tuple[other], port: portAt(tuple, other) }
}

/** An echo's id rides with its source and is set whichever end changes. */
function portAt(tuple: Tuple, manip: Manip): number {
  const isEcho = tuple.proto === 'icmp' || tuple.proto === 'ipv6-icmp'
  return manip === 'src' || isEcho ? tuple.sport : tuple.dport
}
