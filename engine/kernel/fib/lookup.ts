import { hash32 } from '../../core/rng.ts'
import type { WorldReader } from '../../core/world.ts'
import type { Family, Ip } from '../../net/address.ts'
import { BROADCAST4, familyOf, isMulticast } from '../../net/ip.ts'
import { buildLpm, type Lpm } from '../../net/lpm.ts'
import type { Flow, RouteLookup, RouteResult } from '../contract.ts'
import { ifnameOf, loOf, nowOf, refTo } from '../ids.ts'
import { sysctlNumber } from '../sysctl.ts'
import type { RouteRow, RuleRow } from '../tables.ts'
import { DEFAULT, LOCAL, MAIN } from './route-row.ts'
import { hasCustomRules, ruleMatches, rulesOf } from './rules.ts'
import { selectSource } from './source.ts'

/**
 * Policy rules, then the longest prefix in each table they name, then the metric, then the hop of a multipath route.
 *
 *     rule 0 -> local: ours, broadcast?   rule 32766 -> main: where to   rule 32767 -> default
 *
 * Models net/ipv4/fib_rules.c, fib_trie.c fib_table_lookup(), fib_semantics.c fib_select_path(), net/ipv6/route.c.
 * Simplified: TOS, flow labels and routes of equal prefix and metric on several devices (the first in row order wins).
 */
export const routeLookup: RouteLookup = ({ tx }, flow) => {
  const found = fibLookup(tx, flow)
  if (found.kind !== 'route') return found
  const { route, hop } = found
  const local = route.type === 'local'
  const link = tx.get('link', local ? loOf(flow.netns) : hop.dev)
  if (!link) return { kind: 'none' }
  const kind =
    route.type === 'local' || route.type === 'broadcast' || route.type === 'multicast' ? route.type : 'unicast'
  const src = flow.src ?? (local && !route.src ? flow.dst : selectSource(tx, flow, route, hop))
  const mtu = Math.min(route.mtu ?? link.mtu, IP_MAX_MTU)
  return {
    kind,
    route,
    dev: link.id,
    ...(hop.via ? { via: hop.via } : {}),
    src,
    mtu: local ? mtu : pathMtu(tx, flow, mtu),
    by: refTo('route', route),
  }
}

/** No IP packet is larger: loopback's 65536 is one too many. */
const IP_MAX_MTU = 65535

type Hop = RouteRow['nexthops'][number]
type Found =
  | { readonly kind: 'route'; readonly route: RouteRow; readonly hop: Hop }
  | Exclude<RouteResult, { readonly route: RouteRow }>

/** The route alone, without source address and MTU. */
export function fibLookup(world: WorldReader, flow: Flow): Found {
  const family = familyOf(flow.dst)
  if (flow.dst === BROADCAST4 || isMulticast(flow.dst)) return groupRoute(world, flow, family)
  if (!hasCustomRules(world, flow.netns, family)) {
    return (
      tableLookup(world, flow, family, LOCAL) ??
      tableLookup(world, flow, family, MAIN) ??
      tableLookup(world, flow, family, DEFAULT) ?? { kind: 'none' }
    )
  }
  const key = { src: flow.src, dst: flow.dst, mark: flow.mark ?? 0, iif: flow.iif ? ifnameOf(flow.iif) : 'lo' }
  for (const rule of rulesOf(world, flow.netns, family)) {
    if (!ruleMatches(rule, key)) continue
    if (typeof rule.action === 'string') return { kind: rule.action, by: refTo('rule', rule) }
    const found = tableLookup(world, flow, family, rule.action.lookup)
    if (found) return found
  }
  return { kind: 'none' }
}

/** Does a route say that the address is this host's own? With the rules a netns is born with, one table answers. */
export function isLocal(world: WorldReader, netns: string, dst: Ip): boolean {
  const family = familyOf(dst)
  const flow = { netns, dst }
  const usual = !isMulticast(dst) && dst !== BROADCAST4 && !hasCustomRules(world, netns, family)
  const found =
    usual && !tablesOf(world, netns, family).strayLocals
      ? tableLookup(world, flow, family, LOCAL)
      : fibLookup(world, flow)
  return found?.kind === 'route' && found.route.type === 'local'
}

/** Which rule sent the lookup to the table that decided, if it was not one the netns was born with. */
export function decidingRule(world: WorldReader, flow: Flow, route: RouteRow): RuleRow | undefined {
  const key = { src: flow.src, dst: flow.dst, mark: flow.mark ?? 0, iif: flow.iif ? ifnameOf(flow.iif) : 'lo' }
  if (!hasCustomRules(world, flow.netns, route.family)) return undefined
  return rulesOf(world, flow.netns, route.family).find(
    (rule) =>
      rule.owner !== 'kernel' &&
      typeof rule.action !== 'string' &&
      rule.action.lookup === route.table &&
      ruleMatches(rule, key),
  )
}

/** The device on whose link an address lies, by routes of link scope only: where a gateway may be. */
export function onLinkRoute(world: WorldReader, netns: string, via: Ip, dev?: string): string | undefined {
  const family = familyOf(via)
  for (const routes of tableOf(world, netns, family, LOCAL)?.matches(via) ?? [])
    if (routes.some((route) => route.type === 'local')) return undefined
  for (const routes of tableOf(world, netns, family, MAIN)?.matches(via) ?? []) {
    for (const route of routes) {
      const hop = route.nexthops.find((hop) => hop.via === undefined && (dev === undefined || hop.dev === dev))
      if (hop && route.type === 'unicast') return hop.dev
    }
  }
  return undefined
}

function tableLookup(world: WorldReader, flow: Flow, family: Family, table: number): Found | undefined {
  const lpm = tableOf(world, flow.netns, family, table)
  if (!lpm) return undefined
  const best = lpm.longest(flow.dst)
  if (!best) return undefined
  const first = firstUsable(world, flow, best)
  if (first) return first === 'throw' ? undefined : first
  for (const routes of lpm.matches(flow.dst)) {
    if (routes === best) continue
    const found = firstUsable(world, flow, routes)
    if (found) return found === 'throw' ? undefined : found
  }
  return undefined
}

function firstUsable(world: WorldReader, flow: Flow, routes: readonly RouteRow[]): Found | 'throw' | undefined {
  for (const route of routes) {
    if (route.type === 'throw') return 'throw'
    if (route.type === 'blackhole' || route.type === 'unreachable' || route.type === 'prohibit')
      return { kind: route.type, by: refTo('route', route) }
    const hop = chooseHop(world, flow, route)
    if (hop) return { kind: 'route', route, hop }
  }
  return undefined
}

function chooseHop(world: WorldReader, flow: Flow, route: RouteRow): Hop | undefined {
  const oif = flow.oif
  if (route.nexthops.length === 1) {
    const hop = route.nexthops[0]
    if (oif !== undefined && hop.dev !== oif && route.type !== 'local') return undefined
    return route.type === 'local' || world.get('link', hop.dev)?.up ? hop : undefined
  }
  const usable = route.nexthops.filter(
    (hop) => (oif === undefined || hop.dev === oif) && world.get('link', hop.dev)?.up,
  )
  return usable.length > 1 ? usable[multipathIndex(world, flow, usable)] : usable[0]
}

/**
 * Hash policy 0 looks at addresses only: all connections between two hosts take one way; policy 1 adds ports.
 * Models fib_multipath_hash(). Simplified: another hash function, with the same inputs.
 */
function multipathIndex(world: WorldReader, flow: Flow, hops: readonly Hop[]): number {
  const policy = sysctlNumber(world, flow.netns, `net.${familyOf(flow.dst)}.fib_multipath_hash_policy`)
  const t = flow.tuple
  const inputs =
    policy === 1 && t ? `${t.src}|${t.dst}|${t.proto}|${t.sport}|${t.dport}` : `${flow.src ?? ''}|${flow.dst}`
  const total = hops.reduce((sum, hop) => sum + (hop.weight ?? 1), 0)
  let point = (hash32(0, `multipath/${inputs}`) / 0x1_0000_0000) * total
  for (let i = 0; i < hops.length; i++) {
    point -= hops[i].weight ?? 1
    if (point < 0) return i
  }
  return hops.length - 1
}

interface Fib {
  readonly tables: ReadonlyMap<number, Lpm<RouteRow>>
  /** A route of type local lies outside table local. */
  readonly strayLocals: boolean
}

function tableOf(world: WorldReader, netns: string, family: Family, table: number): Lpm<RouteRow> | undefined {
  return tablesOf(world, netns, family).tables.get(table)
}

/** The tables as prefix structures, kept until a route of the netns and family changes. Of one prefix the smallest metric is first. */
function tablesOf(world: WorldReader, netns: string, family: Family): Fib {
  // Under the netns alone: its name is at hand, a key of name and family would be made and hashed for each packet.
  return world.memo('route', 'netns', netns, family, (all) => {
    const rows = all.filter((row) => row.family === family)
    const byTable = new Map<number, RouteRow[]>()
    for (const row of [...rows].sort((a, b) => a.metric - b.metric)) {
      const list = byTable.get(row.table)
      if (list) list.push(row)
      else byTable.set(row.table, [row])
    }
    return {
      tables: new Map([...byTable].map(([number, list]) => [number, buildLpm(family, list, (row) => row.dst)])),
      strayLocals: rows.some((row) => row.type === 'local' && row.table !== LOCAL),
    }
  })
}

/** The limited broadcast and multicast leave by the device that is named, else by the default route's. */
function groupRoute(world: WorldReader, flow: Flow, family: Family): Found {
  const dev = flow.oif ?? flow.iif
  const type = flow.dst === BROADCAST4 ? 'broadcast' : 'multicast'
  const link = dev ? world.get('link', dev) : undefined
  if (link) {
    const route: RouteRow = {
      id: `${flow.netns}|${LOCAL}|${type} ${flow.dst}`,
      netns: flow.netns,
      family,
      table: LOCAL,
      dst: `${flow.dst}/${family === 'ipv4' ? 32 : 128}` as RouteRow['dst'],
      type,
      nexthops: [{ dev: link.id }],
      scope: 'link',
      proto: 'kernel',
      metric: 0,
    }
    return { kind: 'route', route, hop: route.nexthops[0] }
  }
  return tableLookup(world, flow, family, MAIN) ?? { kind: 'none' }
}

function pathMtu(world: WorldReader, flow: Flow, mtu: number): number {
  const learned = world.get('pmtu', `${flow.netns}|${flow.dst}`)
  return learned && learned.expiresUs > nowOf(world) ? Math.min(mtu, learned.mtu) : mtu
}
