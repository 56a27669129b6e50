import { ifnameOf } from '../ids.ts'
import type { RouteRow } from '../tables.ts'

/** Numbers of the kernel's own tables. */
export const LOCAL = 255
export const MAIN = 254
export const DEFAULT = 253

/** A route row with its id, which says all that makes a route distinct: table, prefix, metric, device (or type). */
export function routeRow(route: Omit<RouteRow, 'id'>): RouteRow {
  const first = route.nexthops[0]
  const where = first ? ifnameOf(first.dev) : route.type
  const kind = route.table === LOCAL && route.type !== 'unicast' ? `${route.type} ` : ''
  return { id: `${route.netns}|${route.table}|${kind}${route.dst}|${route.metric}|${where}`, ...route }
}
