import type { WorldReader } from '../../core/world.ts'
import type { Family, Ip } from '../../net/address.ts'
import { anyOf, cidrContains, familyOf, ipToBigInt } from '../../net/ip.ts'
import type { Flow } from '../contract.ts'
import type { AddrRow, RouteRow } from '../tables.ts'

const SCOPE = { global: 0, link: 253, host: 254 } as const

/** The source address that goes with a route: its own `src`, else one of the device it leaves by. Unspecified if there is none. */
export function selectSource(world: WorldReader, flow: Flow, route: RouteRow, hop: RouteRow['nexthops'][number]): Ip {
  if (route.src) return route.src
  const family = familyOf(flow.dst)
  if (family === 'ipv4') return selectAddr4(world, flow.netns, hop.dev, hop.via, route.scope)
  return selectAddr6(world, flow.netns, hop.dev, flow.dst)
}

/**
 * The primary address of the device in the subnet of `near`, else its first; if it has none, any other device's.
 * Models net/ipv4/devinet.c inet_select_addr().
 */
export function selectAddr4(
  world: WorldReader,
  netns: string,
  dev: string,
  near: Ip | undefined,
  scope: AddrRow['scope'],
): Ip {
  const fits = (row: AddrRow) => row.family === 'ipv4' && !row.secondary && SCOPE[row.scope] <= SCOPE[scope]
  const own = world.by('addr', 'link', dev).filter(fits)
  const inSubnet = near && own.find((row) => cidrContains(`${row.address}/${row.prefixLen}`, near))
  const chosen = inSubnet ?? own[0]
  if (chosen) return chosen.address
  const other = world.by('addr', 'netns', netns).find((row) => fits(row) && row.scope !== 'link')
  return other?.address ?? anyOf('ipv4')
}

/**
 * The address of the outgoing device whose scope suits and that shares the longest prefix with the destination.
 * Models net/ipv6/addrconf.c ipv6_dev_get_saddr(). Simplified: rules 2, 3, 5 and 8 of RFC 6724; no labels, no privacy addresses.
 */
export function selectAddr6(world: WorldReader, netns: string, dev: string, dst: Ip): Ip {
  const linkLocal = cidrContains('fe80::/10', dst) || dst.startsWith('ff02:')
  const own = world.by('addr', 'link', dev).filter((row) => row.family === 'ipv6')
  const suits = (row: AddrRow) => (linkLocal ? row.scope === 'link' : row.scope === 'global')
  const candidates = own.filter(suits)
  if (candidates.length === 0 && !linkLocal)
    candidates.push(...world.by('addr', 'netns', netns).filter((row) => row.family === 'ipv6' && suits(row)))
  const ranked = (candidates.length > 0 ? candidates : own).map((row) => ({
    row,
    common: commonBits(row.address, dst),
  }))
  ranked.sort((a, b) => b.common - a.common || a.row.seq - b.row.seq)
  return ranked[0]?.row.address ?? anyOf('ipv6')
}

/** Is the address one of this netns' own? */
export function ownsAddress(world: WorldReader, netns: string, ip: Ip): boolean {
  return world.oneBy('addr', 'netnsAddress', `${netns}|${ip}`) !== undefined
}

/** The first address of a family on a link: what it speaks with. */
export function primaryOf(world: WorldReader, link: string, family: Family): AddrRow | undefined {
  return world.by('addr', 'link', link).find((row) => row.family === family && !row.secondary)
}

function commonBits(a: Ip, b: Ip): number {
  const difference = ipToBigInt(a) ^ ipToBigInt(b)
  return difference === 0n ? 128 : 128 - difference.toString(2).length
}
