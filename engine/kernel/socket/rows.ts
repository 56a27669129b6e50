import type { WorldReader } from '../../core/world.ts'
import type { Ip } from '../../net/address.ts'
import { ANY4, ANY6, familyOf } from '../../net/ip.ts'
import type { SocketRow } from '../tables.ts'

/** How sockets are named and found. Models net/ipv4/inet_hashtables.c and net/ipv6/inet6_hashtables.c. */

export const isAny = (ip: string): boolean => ip === ANY4 || ip === ANY6
export const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

type Proto = SocketRow['proto']

const host = (ip: string) => (ip.includes(':') ? `[${ip}]` : ip)

/** `worker/cni-1|tcp|10.244.1.10:40000>10.96.20.30:80`; a bound or listening socket has no far end. */
export function socketId(
  netns: string,
  proto: Proto,
  local: { ip: string; port: number },
  remote?: { ip: string; port: number },
): string {
  const near = `${netns}|${proto}|${host(local.ip)}:${local.port}`
  return remote ? `${near}>${host(remote.ip)}:${remote.port}` : near
}

export interface Endpoints {
  readonly netns: string
  readonly proto: Proto
  readonly localIp: Ip
  readonly localPort: number
  readonly remoteIp: Ip
  readonly remotePort: number
}

/** The socket of exactly this connection. */
export function findConnection(world: WorldReader, at: Endpoints): SocketRow | undefined {
  return world.get(
    'socket',
    socketId(at.netns, at.proto, { ip: at.localIp, port: at.localPort }, { ip: at.remoteIp, port: at.remotePort }),
  )
}

/** The socket that takes new connections or datagrams for an address and port: a specific binding before `0.0.0.0` before `::`. */
export function findBound(
  world: WorldReader,
  at: { netns: string; proto: Proto; ip: Ip; port: number },
): SocketRow | undefined {
  let best: SocketRow | undefined
  for (const row of sockets(world, at.netns, at.proto, at.port)) {
    if (row.remoteIp !== undefined || !accepts(row, at.ip)) continue
    if (!best || score(row) > score(best)) best = row
  }
  return best
}

/** Sockets of a netns and protocol on a local port. */
export function sockets(world: WorldReader, netns: string, proto: Proto, port: number): readonly SocketRow[] {
  return world.by('socket', 'port', `${netns}|${proto}|${port}`)
}

/** A socket on `::` takes IPv4 as well unless IPV6_V6ONLY is set. */
function accepts(row: SocketRow, ip: Ip): boolean {
  if (row.localIp === ip) return true
  if (row.localIp === ANY4) return familyOf(ip) === 'ipv4'
  if (row.localIp === ANY6) return familyOf(ip) === 'ipv6' || !row.v6only
  return false
}

function score(row: SocketRow): number {
  return row.localIp === ANY6 ? 0 : row.localIp === ANY4 ? 1 : 2
}

/** True if binding this would be refused with EADDRINUSE. Servers set SO_REUSEADDR: only sockets without a far end conflict. */
export function conflicts(
  world: WorldReader,
  wanted: { netns: string; proto: Proto; address: Ip; port: number; v6only?: boolean },
): boolean {
  return sockets(world, wanted.netns, wanted.proto, wanted.port).some((row) => {
    if (row.remoteIp !== undefined) return false
    if (row.localIp === wanted.address) return true
    return covers(row.localIp, row.v6only, wanted.address) || covers(wanted.address, wanted.v6only, row.localIp)
  })
}

function covers(wide: Ip, v6only: boolean | undefined, narrow: Ip): boolean {
  if (wide === ANY6) return !v6only || familyOf(narrow) === 'ipv6'
  return wide === ANY4 && familyOf(narrow) === 'ipv4'
}
