import type { Owned } from '../../core/cause.ts'
import type { Tx, WorldReader } from '../../core/world.ts'
import type { Cidr, Family, Ip } from '../../net/address.ts'
import { BITS, broadcastOf, familyOf, hostCidr, isLinkLocal, isLoopback, networkOf, splitCidr } from '../../net/ip.ts'
import { linkLocalOf } from '../../net/mac.ts'
import { done, type NetlinkResult, refuse } from '../netlink-result.ts'
import { confOf, sysctlNumber } from '../sysctl.ts'
import type { AddrRow, LinkRow, RouteRow } from '../tables.ts'
import { LOCAL, MAIN, routeRow } from './route-row.ts'

export interface AddrSpec extends Owned {
  /** Link id. */
  readonly link: string
  /** `10.244.1.1/24`: host bits are the address. */
  readonly address: string
  readonly scope?: AddrRow['scope']
  /** `+` is the last address of the subnet, where it has one: what `brd +` and Go's netlink library give. */
  readonly broadcast?: Ip | '+'
}

/**
 * Adds an address and the routes that follow from it. The first address of a subnet is primary, later ones secondary.
 * Models net/ipv4/devinet.c inet_insert_ifa(), net/ipv4/fib_frontend.c fib_add_ifaddr(), net/ipv6/addrconf.c inet6_addr_add().
 */
export function addrAdd(tx: Tx, spec: AddrSpec): NetlinkResult {
  const link = tx.get('link', spec.link)
  if (!link) return refuse('ENODEV')
  const { ip, length } = splitCidr(spec.address)
  const family = familyOf(ip)
  if (family === 'ipv6' && disabled6(tx, link)) return refuse('EACCES', 'IPv6 is disabled on this device')
  const id = addrId(link.id, ip, length)
  if (tx.get('addr', id)) return refuse('EEXIST', `${family}: Address already assigned`)
  const on = tx.by('addr', 'link', link.id)
  const secondary = family === 'ipv4' && on.some((row) => isPrimaryFor(row, ip, length))
  const all = tx.by('addr', 'netns', link.netns)
  const scope = spec.scope ?? (isLoopback(ip) ? 'host' : family === 'ipv6' && isLinkLocal(ip) ? 'link' : 'global')
  const broadcast = spec.broadcast === '+' ? broadcastOf(ip, length) : spec.broadcast
  const row: AddrRow = {
    id,
    netns: link.netns,
    link: link.id,
    family,
    address: ip,
    prefixLen: length,
    scope,
    ...(broadcast ? { broadcast } : {}),
    ...(secondary ? { secondary } : {}),
    seq: (all.at(-1)?.seq ?? 0) + 1,
    ...(spec.owner ? { owner: spec.owner } : {}),
    ...(spec.cause ? { cause: spec.cause } : {}),
  }
  tx.put('addr', row)
  for (const route of routesOf(tx, link, row)) if (!tx.get('route', route.id)) tx.put('route', route)
  return done
}

/** Removes an address with its routes and, with a primary one, the secondaries of its subnet (`promote_secondaries` is 0). */
export function addrDel(tx: Tx, spec: { readonly link: string; readonly address: string }): NetlinkResult {
  const { ip, length } = splitCidr(spec.address)
  const row = tx.get('addr', addrId(spec.link, ip, length))
  if (!row) return refuse('EADDRNOTAVAIL', `${familyOf(ip)}: Address not found`)
  const gone = row.secondary || row.family === 'ipv6' ? [row] : [row, ...secondariesOf(tx, row)]
  for (const address of gone) removeAddr(tx, address)
  return done
}

/** When a link comes up: the routes of its addresses, loopback's own addresses, the IPv6 link-local address. */
export function addrsUp(tx: Tx, link: LinkRow): void {
  const there = tx.by('addr', 'link', link.id) // what is added below brings its routes along
  if (link.kind === 'loopback') {
    if (!tx.get('addr', addrId(link.id, '127.0.0.1', 8)))
      addrAdd(tx, { link: link.id, address: '127.0.0.1/8', scope: 'host', owner: 'kernel' })
    if (!disabled6(tx, link)) addrAdd(tx, { link: link.id, address: '::1/128', scope: 'host', owner: 'kernel' })
  } else if (!disabled6(tx, link) && link.kind !== 'ipip') {
    // Simplified: a host that forwards has no subnet-router anycast addresses (RFC 4291, 2.6.1).
    // Simplified: duplicate address detection is not run, the link-local address is usable at once.
    addrAdd(tx, { link: link.id, address: `${linkLocalOf(link.mac)}/64`, scope: 'link', owner: 'kernel' })
    const multicast = kernelRoute(link, 'ipv6', {
      table: LOCAL,
      type: 'multicast',
      dst: 'ff00::/8' as Cidr,
      scope: 'global',
      metric: 256,
    })
    tx.put('route', multicast)
  }
  for (const row of there) {
    for (const route of routesOf(tx, link, row)) if (!tx.get('route', route.id)) tx.put('route', route)
  }
}

/** When a link goes down: IPv6 addresses go, IPv4 ones stay; all routes through it are removed by the caller. */
export function addrsDown(tx: Tx, link: LinkRow): void {
  for (const row of tx.by('addr', 'link', link.id)) if (row.family === 'ipv6') tx.delete('addr', row.id)
}

/** After the MAC of an up link changed, its link-local address follows in Linux only when it comes up again: nothing to do. */
export function addrId(link: string, ip: string, length: number): string {
  return `${link}|${ip}/${length}`
}

export function disabled6(world: WorldReader, link: LinkRow): boolean {
  return (
    confOf(world, link, 'ipv6', 'disable_ipv6') > 0 ||
    sysctlNumber(world, link.netns, 'net.ipv6.conf.all.disable_ipv6') > 0
  )
}

function removeAddr(tx: Tx, row: AddrRow): void {
  const link = tx.get('link', row.link)
  tx.delete('addr', row.id)
  if (!link) return
  const stay = new Set(
    tx.by('addr', 'link', row.link).flatMap((other) => routesOf(tx, link, other).map((route) => route.id)),
  )
  for (const route of routesOf(tx, link, row)) if (!stay.has(route.id)) tx.delete('route', route.id)
  for (const route of tx.by('route', 'netnsFamily', `${row.netns}|${row.family}`)) {
    // fib_sync_down_addr(): routes that prefer the address as their source go with it.
    if (route.src === row.address && !stay.has(route.id)) tx.delete('route', route.id)
  }
}

function routesOf(world: WorldReader, link: LinkRow, row: AddrRow): RouteRow[] {
  return row.family === 'ipv4' ? routesOf4(world, link, row) : routesOf6(link, row)
}

function routesOf4(world: WorldReader, link: LinkRow, row: AddrRow): RouteRow[] {
  const primary = row.secondary
    ? (world.by('addr', 'link', link.id).find((other) => isPrimaryFor(other, row.address, row.prefixLen)) ?? row)
    : row
  const src = primary.address
  const routes = [
    kernelRoute(link, 'ipv4', { table: LOCAL, type: 'local', dst: hostCidr(row.address), scope: 'host', src }),
  ]
  if (!link.up) return routes
  if (row.broadcast)
    routes.push(
      kernelRoute(link, 'ipv4', { table: LOCAL, type: 'broadcast', dst: hostCidr(row.broadcast), scope: 'link', src }),
    )
  if (row.secondary || row.prefixLen === BITS.ipv4) return routes
  const network = networkOf(row.address, row.prefixLen)
  routes.push(
    link.kind === 'loopback'
      ? kernelRoute(link, 'ipv4', { table: LOCAL, type: 'local', dst: network, scope: 'host', src })
      : kernelRoute(link, 'ipv4', { table: MAIN, type: 'unicast', dst: network, scope: 'link', src }),
  )
  const last = broadcastOf(row.address, row.prefixLen)
  if (last && last !== row.broadcast)
    routes.push(kernelRoute(link, 'ipv4', { table: LOCAL, type: 'broadcast', dst: hostCidr(last), scope: 'link', src }))
  return routes
}

function routesOf6(link: LinkRow, row: AddrRow): RouteRow[] {
  if (!link.up) return []
  const routes = [
    kernelRoute(link, 'ipv6', { table: LOCAL, type: 'local', dst: hostCidr(row.address), scope: 'global', metric: 0 }),
  ]
  if (link.kind === 'loopback') return routes
  const network = networkOf(row.address, row.prefixLen)
  routes.push(kernelRoute(link, 'ipv6', { table: MAIN, type: 'unicast', dst: network, scope: 'global', metric: 256 }))
  return routes
}

function kernelRoute(
  link: LinkRow,
  family: Family,
  route: Pick<RouteRow, 'table' | 'type' | 'dst' | 'scope'> & { src?: Ip; metric?: number },
): RouteRow {
  return routeRow({
    netns: link.netns,
    family,
    proto: 'kernel',
    metric: 0,
    nexthops: [{ dev: link.id }],
    owner: 'kernel',
    ...route,
  })
}

function secondariesOf(world: WorldReader, primary: AddrRow): AddrRow[] {
  return world
    .by('addr', 'link', primary.link)
    .filter((row) => row.secondary && isPrimaryFor(primary, row.address, row.prefixLen))
}

function isPrimaryFor(row: AddrRow, ip: string, length: number): boolean {
  return (
    row.family === 'ipv4' &&
    !row.secondary &&
    row.prefixLen === length &&
    networkOf(row.address, length) === networkOf(ip, length)
  )
}
