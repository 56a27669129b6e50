import type { WorldReader } from '../../../core/world.ts'
import { iptablesSave } from '../../../kernel/netfilter/iptables-text.ts'
import type { ConntrackRow as SimRow, Tuple } from '../../../kernel/tables.ts'
import type { ConntrackRow, ConntrackTuple, FdbAfter, NeighAfter, Probe, RuleHit } from '../types.ts'

/** What the tools would say about the simulated machines after a run, in the recording's words. */

/** Entries that are alive, of the machines that the recorder asked. */
export function conntrackOf(world: WorldReader, machines: readonly string[], now: number): ConntrackRow[] {
  return machines.flatMap((netns) =>
    world
      .by('conntrack', 'netns', netns)
      .filter((row) => row.expiresUs > now)
      .map((row) => entryOf(netns, row)),
  )
}

/** New entries, and the probe's own if it was there before. */
export function newEntries(
  rows: readonly ConntrackRow[],
  before: readonly ConntrackRow[],
  probe: Probe,
): ConntrackRow[] {
  const key = (row: ConntrackRow) => JSON.stringify([row.netns, row.proto, row.orig])
  const old = new Set(before.map(key))
  const own = (row: ConntrackRow) =>
    probe.sport !== undefined && row.proto === probe.proto && row.orig.sport === probe.sport
  return rows.filter((row) => own(row) || !old.has(key(row)))
}

function entryOf(netns: string, row: SimRow): ConntrackRow {
  const proto = row.orig.proto === 'ipv6-icmp' ? 'icmpv6' : (row.orig.proto as ConntrackRow['proto'])
  return {
    netns,
    proto,
    ...(row.tcp ? { state: row.tcp } : {}),
    orig: tupleOf(row.orig, false),
    reply: tupleOf(row.reply, true),
    unreplied: !row.status.includes('SEEN_REPLY'),
    assured: row.status.includes('ASSURED'),
    mark: row.mark,
  }
}

/** Of ICMP only echo is tracked as a flow: the type follows from the direction. */
function tupleOf(tuple: Tuple, reply: boolean): ConntrackTuple {
  const { src, dst, sport, dport } = tuple
  if (tuple.proto === 'icmp') return { src, dst, type: reply ? 0 : 8, code: 0 }
  if (tuple.proto === 'ipv6-icmp') return { src, dst, type: reply ? 129 : 128, code: 0 }
  return { src, dst, sport, dport }
}

/** Rules whose counter is not zero. */
export function rulesHitOf(world: WorldReader, machines: readonly string[]): RuleHit[] {
  return machines.flatMap((netns) =>
    (['ipv4', 'ipv6'] as const).flatMap((family) => {
      let table = ''
      return iptablesSave(world, netns, { counters: true, family }).flatMap(({ text }) => {
        if (text.startsWith('*')) table = text.slice(1)
        const match = /^\[(\d+):\d+\] (-A .*)$/.exec(text)
        if (!match || match[1] === '0') return []
        return [
          {
            netns,
            family: family === 'ipv4' ? 'inet' : 'inet6',
            table: table as RuleHit['table'],
            rule: match[2],
          } as const,
        ]
      })
    }),
  )
}

export function neighOf(world: WorldReader, netnss: readonly string[]): NeighAfter[] {
  return netnss.flatMap((netns) =>
    world
      .by('neigh', 'netns', netns)
      .filter((row) => row.state !== 'PERMANENT' && row.state !== 'NOARP' && !row.proxy)
      .map((row) => ({
        netns,
        dev: world.get('link', row.link)?.name ?? '',
        ip: row.address,
        ...(row.lladdr ? { mac: row.lladdr } : {}),
        state: row.state,
      })),
  )
}

/** What bridges learned. */
export function fdbOf(world: WorldReader, netnss: readonly string[]): FdbAfter[] {
  return netnss.flatMap((netns) =>
    world
      .by('fdb', 'netns', netns)
      .filter((row) => row.state === 'reachable' && row.bridge !== undefined)
      .map((row) => ({
        netns,
        dev: world.get('link', row.link)?.name ?? '',
        master: world.get('link', row.bridge ?? '')?.name ?? '',
        mac: row.mac,
      })),
  )
}
