import type { WorldReader } from '../../core/world.ts'
import type { ConntrackRow, RecordRef, Tuple } from '../tables.ts'
import { has } from './conntrack-table.ts'

/**
 * An entry as conntrack 1.4.7 prints it:
 *
 *     tcp      6 431999 ESTABLISHED src=10.244.1.10 dst=10.96.20.30 sport=40000 dport=80 src=10.244.2.11 ... [ASSURED] mark=0 use=1
 *
 * `extended` (`-o extended`) puts the network protocol in front.
 */
export function conntrackText(row: ConntrackRow, nowUs: number, options: { extended?: boolean } = {}): string {
  const { orig, reply } = row
  const [name, number] = PROTOCOLS[orig.proto]
  const network = options.extended ? [`${row.family.padEnd(8)} ${row.family === 'ipv4' ? 2 : 10}`] : []
  return [
    ...network,
    `${name.padEnd(8)} ${number} ${Math.max(0, Math.floor((row.expiresUs - nowUs - 1) / 1_000_000))}`,
    ...(row.tcp ? [row.tcp] : []),
    tupleText(orig, 'original'),
    ...(has(row, 'SEEN_REPLY') ? [] : ['[UNREPLIED]']),
    tupleText(reply, 'reply'),
    ...(has(row, 'ASSURED') ? ['[ASSURED]'] : []),
    `mark=${row.mark}`,
    ...(row.zone ? [`zone=${row.zone}`] : []),
    'use=1',
  ].join(' ')
}

const PROTOCOLS: Readonly<Record<Tuple['proto'], readonly [string, number]>> = {
  tcp: ['tcp', 6],
  udp: ['udp', 17],
  icmp: ['icmp', 1],
  'ipv6-icmp': ['icmpv6', 58],
  sctp: ['sctp', 132],
  ipencap: ['unknown', 4],
}
const ECHO = { icmp: { original: 8, reply: 0 }, 'ipv6-icmp': { original: 128, reply: 129 } } as const

function tupleText({ proto, src, dst, sport, dport }: Tuple, dir: 'original' | 'reply'): string {
  const ends = `src=${src} dst=${dst}`
  if (proto === 'ipencap') return ends
  if (proto === 'icmp' || proto === 'ipv6-icmp') return `${ends} type=${ECHO[proto][dir]} code=0 id=${sport}`
  return `${ends} sport=${sport} dport=${dport}`
}

export interface ConntrackFilter {
  readonly family?: ConntrackRow['family']
  readonly proto?: string
  readonly src?: string
  readonly dst?: string
  readonly sport?: number
  readonly dport?: number
  readonly replySrc?: string
  readonly replyDst?: string
  readonly zone?: number
  readonly mark?: number
  /** `-n`, `-g`, `-j`: with source NAT, with destination NAT, with either. */
  readonly nat?: 'src' | 'dst' | 'any'
}

/** The live entries of a netns that a filter asks for, oldest first. */
export function conntrackEntries(
  world: WorldReader,
  netns: string,
  nowUs: number,
  filter: ConntrackFilter = {},
): readonly ConntrackRow[] {
  return world
    .by('conntrack', 'netns', netns)
    .filter((row) => row.expiresUs > nowUs && fits(row, filter))
    .sort((a, b) => a.createdUs - b.createdUs || (a.id < b.id ? -1 : 1))
}

function fits(row: ConntrackRow, f: ConntrackFilter): boolean {
  const { orig, reply } = row
  const wanted: readonly (readonly [unknown, unknown])[] = [
    [f.family, row.family],
    [f.proto === 'icmpv6' ? 'ipv6-icmp' : f.proto, orig.proto],
    [f.src, orig.src],
    [f.dst, orig.dst],
    [f.sport, orig.sport],
    [f.dport, orig.dport],
    [f.replySrc, reply.src],
    [f.replyDst, reply.dst],
    [f.zone, row.zone],
    [f.mark, row.mark],
  ]
  const nat = { src: has(row, 'SRC_NAT'), dst: has(row, 'DST_NAT') }
  const natFits = f.nat === undefined || (f.nat === 'any' ? nat.src || nat.dst : nat[f.nat])
  return natFits && wanted.every(([want, is]) => want === undefined || want === is)
}

export function conntrackRef(row: ConntrackRow): RecordRef {
  return { table: 'conntrack', id: row.id, row }
}
