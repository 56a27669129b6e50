import type { Cause } from '../core/cause.ts'
import type { Tx, WorldReader } from '../core/world.ts'
import { syncOwned } from '../kernel/netlink.ts'
import type { Cidr, Ip } from '../net/address.ts'

/** One row of a cloud's route table: a range, and the machine that takes packets for it. */
export interface CloudRoute {
  readonly dst: Cidr
  readonly via: Ip
  readonly cause?: Cause
}

/**
 * Makes the cloud's route table what `owner` wants. The table is that of the fabric's routers: each holds the routes whose
 * machine is its neighbour. Destinations that no router could reach are returned.
 */
export function syncCloudRoutes(tx: Tx, owner: string, routes: readonly CloudRoute[]): readonly CloudRoute[] {
  const missing = new Set(routes)
  for (const router of routersOf(tx)) {
    const { refused } = syncOwned(
      tx,
      owner,
      'route',
      router,
      routes.map(({ dst, via, cause }) => ({ dst, via, proto: 'static', ...(cause ? { cause } : {}) })),
    )
    const failed = new Set(refused.map(({ index }) => routes[index]))
    for (const route of routes) if (!failed.has(route)) missing.delete(route)
  }
  return [...missing]
}

function routersOf(tx: WorldReader): string[] {
  return tx
    .rows('host')
    .filter(({ kind }) => kind === 'router')
    .map(({ id }) => id)
}
