import type { WorldReader } from '../../core/world.ts'
import { nowOf, refTo } from '../../kernel/ids.ts'
import type { FdbRow, LinkRow } from '../../kernel/tables.ts'
import { groupMac, solicitedNode } from '../../net/mac.ts'
import type { Ip } from '../../net/address.ts'
import { failed, type Line, type Output, type Place, printed } from '../types.ts'
import { type Options, Words } from '../words.ts'

/**
 * `bridge fdb [show] [br BR] [brport X] [dev X]`. Models iproute2 bridge/fdb.c print_fdb() over the kernel's dump: the
 * bridge's entries of each port, then the multicast addresses that the device itself listens to.
 */
export function showFdb(world: WorldReader, place: Place, options: Options, args: readonly string[]): Output {
  const links = world.by('link', 'netns', place.netns)
  const words = new Words(args)
  let dev: LinkRow | undefined
  let bridge: LinkRow | undefined
  while (!words.done) {
    const word = words.next()
    const name = words.next()
    // bridge(8) passes over words that it does not know.
    if ((word !== 'br' && word !== 'brport' && word !== 'dev') || name === undefined) continue
    const link = links.find((row) => row.name === name)
    if (!link) return failed(`Cannot find ${word === 'br' ? 'bridge ' : ''}device "${name}"`, 255)
    if (word === 'br') bridge = link
    else dev = link
  }
  const chosen = links.filter(
    (link) => (!dev || link.id === dev.id) && (!bridge || link.id === bridge.id || link.master === bridge.id),
  )
  return printed(chosen.flatMap((link) => linesOf(world, link, options, dev === undefined)))
}

function linesOf(world: WorldReader, link: LinkRow, options: Options, withDev: boolean): Line[] {
  const where = withDev ? ` dev ${link.name}` : ''
  const rows = world.by('fdb', 'link', link.id)
  const entries = [...rows]
    .sort(byAge)
    .map((row) => ({ text: entryText(world, row, where, options), ref: refTo('fdb', row) }))
  const own = groupsOf(world, link).map(({ mac, ref }) => ({ text: `${mac}${where} self permanent`, ref }))
  if (link.kind !== 'bridge') return [...entries, ...own]
  // The bridge's own MAC is an entry of it from birth, unless it is a port's, whose entry was there first (fdb_add_local()).
  const self = { text: `${link.mac}${where} master ${link.name} permanent`, ref: refTo('link', link) }
  return [...own, ...(world.by('fdb', 'bridgeMac', `${link.id}|${link.mac}`).length > 0 ? [] : [self]), ...entries]
}

/** What was learned comes first, the newest first: entries are put at the head of the kernel's list. */
function byAge(a: FdbRow, b: FdbRow): number {
  const rank = (row: FdbRow) => (row.state === 'permanent' ? (row.flags.includes('local') ? 2 : 1) : 0)
  return rank(a) - rank(b) || b.updatedUs - a.updatedUs || (a.mac < b.mac ? -1 : 1)
}

function entryText(world: WorldReader, row: FdbRow, where: string, options: Options): string {
  const bridge = row.bridge ? world.get('link', row.bridge)?.name : undefined
  const age = Math.max(0, Math.floor((nowOf(world) - row.updatedUs) / 1_000_000))
  return [
    `${row.mac}${where} `,
    row.dst ? `dst ${row.dst} ` : '',
    options.stats > 0 ? `used ${age}/${age} ` : '',
    row.flags.includes('self') ? 'self ' : '',
    bridge ? `master ${bridge} ` : '',
    row.state === 'reachable' ? '' : row.state,
  ].join('')
}

/**
 * Multicast addresses of the device: all hosts of both families, and the solicited-node group of each IPv6 address.
 * Models rtnetlink.c ndo_dflt_fdb_dump(); a vxlan device dumps only its own entries, loopback has none.
 */
function groupsOf(world: WorldReader, link: LinkRow): { mac: string; ref: Line['ref'] }[] {
  if (!link.up || ['vxlan', 'loopback', 'ipip', 'tun'].includes(link.kind)) return []
  const v6 = world.by('addr', 'link', link.id).filter((row) => row.family === 'ipv6')
  const groups = [
    ...(v6.length > 0 ? [{ mac: groupMac('ff02::1' as Ip), ref: refTo('link', link) }] : []),
    { mac: groupMac('224.0.0.1' as Ip), ref: refTo('link', link) },
    ...v6.map((row) => ({ mac: groupMac(solicitedNode(row.address)), ref: refTo('addr', row) })),
  ]
  return groups.filter((group, index) => groups.findIndex((other) => other.mac === group.mac) === index)
}
