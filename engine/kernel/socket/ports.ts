import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { sysctlValue } from '../sysctl.ts'
import { findConnection, sockets } from './rows.ts'

/** net.ipv4.ip_local_port_range, unless the netns says otherwise. */
const DEFAULT_RANGE = [32768, 60999] as const

/**
 * A free local port from the netns' own stream. TCP's connect() looks at every second port first, those of the range's
 * lower end's parity, and leaves the others to bind().
 * Models net/ipv4/inet_hashtables.c __inet_hash_connect(), net/ipv4/udp.c udp_lib_get_port().
 * Simplified: the starting port is a draw of a seeded stream, not a keyed hash of the addresses, so that runs repeat.
 */
export function ephemeralPort(
  ctx: Ctx,
  netns: string,
  proto: 'tcp' | 'udp' | 'sctp',
  remote?: { localIp: Ip; ip: Ip; port: number },
): number | undefined {
  const [low, high] = portRange(ctx, netns)
  const step = proto === 'tcp' ? 2 : 1
  const slots = Math.floor((high - low) / step) + 1
  const start = Math.floor(ctx.random(`port/${netns}`) * slots)
  for (const parity of step === 2 ? [0, 1] : [0]) {
    for (let i = 0; i < slots; i++) {
      const port = low + parity + ((start + i) % slots) * step
      if (port <= high && isFree(ctx, netns, proto, port, remote)) return port
    }
  }
  return undefined
}

function isFree(
  ctx: Ctx,
  netns: string,
  proto: 'tcp' | 'udp' | 'sctp',
  port: number,
  remote?: { localIp: Ip; ip: Ip; port: number },
): boolean {
  const used = sockets(ctx.tx, netns, proto, port)
  if (used.length === 0) return true
  if (proto === 'udp' || !remote || used.some((row) => row.remoteIp === undefined)) return false
  return !findConnection(ctx.tx, {
    netns,
    proto,
    localIp: remote.localIp,
    localPort: port,
    remoteIp: remote.ip,
    remotePort: remote.port,
  })
}

function portRange(ctx: Ctx, netns: string): readonly [number, number] {
  const [low, high] = (sysctlValue(ctx.tx, netns, 'net.ipv4.ip_local_port_range') ?? '').split(/\s+/).map(Number)
  return low > 0 && high >= low ? [low, high] : DEFAULT_RANGE
}
