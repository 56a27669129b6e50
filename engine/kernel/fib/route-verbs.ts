import type { Owned } from '../../core/cause.ts'
import { ok } from '../../core/result.ts'
import type { Tx, WorldReader } from '../../core/world.ts'
import type { Cidr, Family, Ip } from '../../net/address.ts'
import { defaultOf, familyOf, isLinkLocal, parseCidr } from '../../net/ip.ts'
import { done, type NetlinkResult, refuse } from '../netlink-result.ts'
import type { RouteRow } from '../tables.ts'
import { onLinkRoute } from './lookup.ts'
import { MAIN, routeRow } from './route-row.ts'

/** A route as `ip route add` says it. `dev` is a link id; without it, the gateway's own route names the device. */
export interface RouteSpec extends Owned {
  readonly netns: string
  /** A prefix, an address, or `default` (of `family`, IPv4 if absent). */
  readonly dst: string
  readonly family?: Family
  readonly table?: number
  readonly type?: RouteRow['type']
  readonly via?: Ip
  readonly dev?: string
  readonly onlink?: boolean
  readonly nexthops?: RouteRow['nexthops']
  readonly src?: Ip
  readonly scope?: RouteRow['scope']
  readonly proto?: string
  readonly metric?: number
  readonly mtu?: number
}

/** Fails with EEXIST if a route to that prefix with that metric is in the table. Models fib_table_insert() with NLM_F_EXCL. */
export function routeAdd(tx: Tx, spec: RouteSpec): NetlinkResult {
  const made = resolveRoute(tx, spec)
  if (!made.ok) return made
  if (sameKey(tx, made.value).length > 0) return refuse('EEXIST')
  tx.put('route', made.value)
  return done
}

/** Puts the route in the place of those to that prefix with that metric. */
export function routeReplace(tx: Tx, spec: RouteSpec): NetlinkResult {
  const made = resolveRoute(tx, spec)
  if (!made.ok) return made
  for (const old of sameKey(tx, made.value)) if (old.id !== made.value.id) tx.delete('route', old.id)
  const old = tx.get('route', made.value.id)
  if (!old || !sameRoute(old, made.value)) tx.put('route', made.value)
  return done
}

/** Removes the first route that fits what is said. */
export function routeDel(
  tx: Tx,
  spec: Pick<RouteSpec, 'netns' | 'dst' | 'family' | 'table' | 'via' | 'dev' | 'metric' | 'type'>,
): NetlinkResult {
  const dst = prefixOf(spec)
  if (!dst) return refuse('EINVAL')
  const found = tx
    .by('route', 'netnsFamily', `${spec.netns}|${familyOf(dst)}`)
    .find(
      (row) =>
        row.dst === dst &&
        row.table === (spec.table ?? MAIN) &&
        (spec.type === undefined || row.type === spec.type) &&
        (spec.metric === undefined || row.metric === spec.metric) &&
        (spec.dev === undefined || row.nexthops.some((hop) => hop.dev === spec.dev)) &&
        (spec.via === undefined || row.nexthops.some((hop) => hop.via === spec.via)),
    )
  if (!found) return refuse('ESRCH')
  tx.delete('route', found.id)
  return done
}

/** The row that a spec stands for, checked as the kernel checks next hops. Models net/ipv4/fib_semantics.c fib_check_nh(). */
export function resolveRoute(world: WorldReader, spec: RouteSpec): NetlinkResult<RouteRow> {
  const dst = prefixOf(spec)
  if (!dst) return refuse('EINVAL')
  const family = familyOf(dst)
  const type = spec.type ?? 'unicast'
  const wanted =
    spec.nexthops ??
    (spec.via !== undefined || spec.dev !== undefined
      ? [{ dev: spec.dev ?? '', via: spec.via, onlink: spec.onlink }]
      : [])
  const takesHops =
    type === 'unicast' || type === 'local' || type === 'broadcast' || type === 'multicast' || type === 'anycast'
  if (takesHops && wanted.length === 0) return refuse('ENODEV')
  const nexthops: RouteRow['nexthops'][number][] = []
  for (const hop of takesHops ? wanted : []) {
    const checked = checkHop(world, spec.netns, hop)
    if (!checked.ok) return checked
    nexthops.push(checked.value)
  }
  const direct = nexthops.every((hop) => hop.via === undefined)
  const scope =
    spec.scope ?? (type === 'local' ? 'host' : direct && nexthops.length > 0 && family === 'ipv4' ? 'link' : 'global')
  return ok(
    routeRow({
      netns: spec.netns,
      family,
      table: spec.table ?? MAIN,
      dst,
      type,
      nexthops,
      ...(spec.src ? { src: spec.src } : {}),
      scope,
      proto: spec.proto ?? 'boot',
      metric: spec.metric ?? (family === 'ipv4' ? 0 : 1024),
      ...(spec.mtu ? { mtu: spec.mtu } : {}),
      ...(spec.owner ? { owner: spec.owner } : {}),
      ...(spec.cause ? { cause: spec.cause } : {}),
    }),
  )
}

/** Removes what goes through a link: whole routes, or single hops of multipath ones. Models fib_sync_down_dev(). */
export function routesDown(tx: Tx, netns: string, link: string): void {
  for (const row of tx.by('route', 'netns', netns)) {
    if (!row.nexthops.some((hop) => hop.dev === link)) continue
    const rest = row.nexthops.filter((hop) => hop.dev !== link)
    tx.delete('route', row.id)
    // Simplified: a dead hop of a multipath route is removed, not kept and marked `dead linkdown`.
    if (rest.length > 0) tx.put('route', routeRow({ ...withoutId(row), nexthops: rest }))
  }
}

function checkHop(
  world: WorldReader,
  netns: string,
  hop: RouteRow['nexthops'][number],
): NetlinkResult<RouteRow['nexthops'][number]> {
  const weight = hop.weight === undefined ? {} : { weight: hop.weight }
  const named = hop.dev ? world.get('link', hop.dev) : undefined
  if (hop.dev && (!named || named.netns !== netns)) return refuse('ENODEV')
  if (named && !named.up) return refuse('ENETDOWN', 'Device for nexthop is not up')
  if (hop.via === undefined) return ok({ dev: hop.dev, ...weight })
  if (hop.onlink || (named && isLinkLocal(hop.via) && familyOf(hop.via) === 'ipv6')) {
    if (!named) return refuse('EINVAL', 'Nexthop device required for onlink')
    return ok({ dev: named.id, via: hop.via, ...(hop.onlink ? { onlink: true } : {}), ...weight })
  }
  const dev = onLinkRoute(world, netns, hop.via, named?.id)
  if (!dev)
    return refuse(
      familyOf(hop.via) === 'ipv4' ? 'ENETUNREACH' : 'EHOSTUNREACH',
      familyOf(hop.via) === 'ipv4' ? 'Nexthop has invalid gateway' : undefined,
    )
  return ok({ dev, via: hop.via, ...weight })
}

function prefixOf(spec: Pick<RouteSpec, 'dst' | 'family' | 'via'>): Cidr | undefined {
  if (spec.dst === 'default') return defaultOf(spec.family ?? (spec.via ? familyOf(spec.via) : 'ipv4'))
  return parseCidr(spec.dst)
}

function sameKey(world: WorldReader, row: RouteRow): RouteRow[] {
  const all = world.by('route', 'netnsFamily', `${row.netns}|${row.family}`)
  return all.filter((other) => other.table === row.table && other.dst === row.dst && other.metric === row.metric)
}

export function sameRoute(a: RouteRow, b: RouteRow): boolean {
  return (
    JSON.stringify({ ...a, cause: undefined }) === JSON.stringify({ ...b, cause: undefined }) &&
    JSON.stringify(a.cause) === JSON.stringify(b.cause)
  )
}

function withoutId(row: RouteRow): Omit<RouteRow, 'id'> {
  const { id: _, ...rest } = row
  return rest
}
