import type { WorldReader } from '../../core/world.ts'
import { nowOf, refTo } from '../../kernel/ids.ts'
import type { NeighRow, NeighState } from '../../kernel/tables.ts'
import { compareIp } from '../../net/ip.ts'
import { failed, type Output, type Place, printed } from '../types.ts'
import { type Options, Words } from '../words.ts'

const STATES: readonly NeighState[] = [
  'INCOMPLETE',
  'REACHABLE',
  'STALE',
  'DELAY',
  'PROBE',
  'FAILED',
  'PERMANENT',
  'NOARP',
]
/** States in which the entry's timer runs and holds a reference. Models include/net/neighbour.h NUD_IN_TIMER. */
const IN_TIMER: readonly NeighState[] = ['INCOMPLETE', 'REACHABLE', 'DELAY', 'PROBE']

/**
 * `ip neigh [show] [dev X] [nud STATE] [proxy] [[to] ADDRESS]`. Models iproute2 ip/ipneigh.c print_neigh().
 * Simplified: rows come by device and address, because the kernel's own order is that of a hash with a random seed.
 */
export function showNeigh(world: WorldReader, place: Place, options: Options, args: readonly string[]): Output {
  const words = new Words(args)
  let dev: string | undefined
  let state: NeighState | 'all' | undefined
  let proxy = false
  let to: string | undefined
  while (!words.done) {
    const word = words.next() ?? ''
    if (word === 'dev') {
      dev = words.next() ?? ''
      if (!world.by('link', 'netns', place.netns).some((link) => link.name === dev))
        return failed(`Cannot find device "${dev}"`, 1)
    } else if (word === 'nud') {
      const name = (words.next() ?? '').toUpperCase()
      state = name === 'ALL' ? 'all' : STATES.find((known) => known === name)
      if (!state) return failed(`Error: argument "${name.toLowerCase()}" is wrong: nud state is bad`, 255)
    } else if (word === 'proxy') proxy = true
    else to = word === 'to' ? words.next() : word
  }
  const rows = world
    .by('neigh', 'netns', place.netns)
    .filter(
      (row) =>
        (row.proxy ?? false) === proxy &&
        (options.family === undefined || row.family === options.family) &&
        (dev === undefined || world.get('link', row.link)?.name === dev) &&
        (to === undefined || row.address === to || `${row.address}/${row.family === 'ipv4' ? 32 : 128}` === to) &&
        (state === undefined ? row.state !== 'NOARP' : state === 'all' || row.state === state),
    )
  const index = (row: NeighRow) => world.get('link', row.link)?.ifindex ?? 0
  const sorted = [...rows].sort(
    (a, b) =>
      Number(a.family === 'ipv6') - Number(b.family === 'ipv6') ||
      index(a) - index(b) ||
      compareIp(a.address, b.address),
  )
  return printed(
    sorted.map((row) => ({ text: textOf(world, row, options, dev === undefined), ref: refTo('neigh', row) })),
  )
}

function textOf(world: WorldReader, row: NeighRow, options: Options, withDev: boolean): string {
  const dev = world.get('link', row.link)?.name ?? ''
  if (options.brief) return `${row.address.padEnd(39)} ${dev.padEnd(16)} ${row.lladdr ?? ''}`
  const where = `${row.address} ${withDev ? `dev ${dev} ` : ''}`
  if (row.proxy) return `${where}proxy `
  const lladdr = row.lladdr ? `lladdr ${row.lladdr} ` : ''
  return `${where}${lladdr}${options.stats > 0 ? statsText(world, row) : ''}${row.state} `
}

/** ` ref 1 used 11/0/11probes 4 `: seconds since it was used, confirmed and updated. */
function statsText(world: WorldReader, row: NeighRow): string {
  const since = (us: number) => Math.max(0, Math.floor((nowOf(world) - us) / 1_000_000))
  const updated = since(row.updatedUs)
  const used = row.usedUs < 0 ? updated : since(row.usedUs)
  // Simplified: an entry's confirmation is as old as its last update; the model keeps one time for both.
  return `${IN_TIMER.includes(row.state) ? ' ref 1' : ''} used ${used}/${updated}/${updated}probes ${row.probes} `
}
