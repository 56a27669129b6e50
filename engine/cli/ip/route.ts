import type { WorldReader } from '../../core/world.ts'
import { hasCarrier } from '../../kernel/dev/link-verbs.ts'
import { MAIN } from '../../kernel/fib/route-row.ts'
import { refTo } from '../../kernel/ids.ts'
import type { RouteRow } from '../../kernel/tables.ts'
import { baseOf, BITS, cidrContains, compareIp, familyOf, lengthOf, parseCidr } from '../../net/ip.ts'
import { failed, type Line, type Output, type Place, printed } from '../types.ts'
import { isOutput, matching, type Options, Words } from '../words.ts'
import { tableName, tableNumber } from './route-table.ts'

interface Filter {
  table: number | 'all'
  dev?: string
  via?: string
  proto?: string
  type?: string
  scope?: string
  root?: string
  match?: string
  exact?: string
}

/**
 * `ip route [show] [table T|all] [dev X] [via A] [proto P] [type T] [scope S] [[exact|root|match] PREFIX]`.
 * Models iproute2 ip/iproute.c print_route().
 */
export function showRoutes(world: WorldReader, place: Place, options: Options, args: readonly string[]): Output {
  const filter = readFilter(args)
  if (isOutput(filter)) return filter
  if (filter.dev !== undefined && !world.get('link', `${place.netns}|${filter.dev}`))
    return failed(`Cannot find device "${filter.dev}"`, 1)
  const families = options.family
    ? [options.family]
    : filter.table === 'all'
      ? (['ipv4', 'ipv6'] as const)
      : (['ipv4'] as const)
  return printed(
    families.flatMap((family) => {
      const rows = world
        .by('route', 'netnsFamily', `${place.netns}|${family}`)
        .filter((row) => fits(world, row, filter))
      return [...rows].sort((a, b) => byDump(world, a, b)).flatMap((row) => routeLines(world, row, options, filter))
    }),
  )
}

type Keyword = keyof Filter | 'to'

const KEYWORDS: readonly Keyword[] = ['table', 'dev', 'via', 'proto', 'type', 'scope', 'root', 'match', 'exact', 'to']

function readFilter(args: readonly string[]): Filter | Output {
  const filter: Filter = { table: MAIN }
  const words = new Words(args)
  while (!words.done) {
    const word = words.next() ?? ''
    const keyword = word.length > 1 ? matching(word, KEYWORDS) : undefined
    let selector: 'root' | 'match' | 'exact' = 'exact'
    let value = word
    if (keyword) {
      value = words.next() ?? ''
      if (keyword === 'to' && (value === 'root' || value === 'match' || value === 'exact')) {
        selector = value
        value = words.next() ?? ''
      }
    }
    if (value === '') return failed('Command line is not complete. Try option "help"', 255)
    if (keyword === 'table') {
      const table = value === 'all' ? 'all' : tableNumber(value)
      if (table === undefined) return failed(`Error: argument "${value}" is wrong: table id value is invalid\n`, 255)
      filter.table = table
    } else if (
      keyword === undefined ||
      keyword === 'to' ||
      keyword === 'root' ||
      keyword === 'match' ||
      keyword === 'exact'
    ) {
      const prefix = value === 'default' ? 'default' : parseCidr(value)
      if (!prefix) return failed(`Error: any valid prefix is expected rather than "${value}".`, 1)
      filter[keyword === undefined || keyword === 'to' ? selector : keyword] = prefix
    } else filter[keyword] = value
  }
  return filter
}

function fits(world: WorldReader, row: RouteRow, filter: Filter): boolean {
  const any = BITS[row.family] === 32 ? '0.0.0.0/0' : '::/0'
  const prefix = (text: string) => (text === 'default' ? any : text)
  // A multipath route has no device or gateway of its own.
  const hop = row.nexthops.length === 1 ? row.nexthops[0] : undefined
  return (
    (filter.table === 'all' || row.table === filter.table) &&
    (filter.dev === undefined || (hop !== undefined && world.get('link', hop.dev)?.name === filter.dev)) &&
    (filter.via === undefined || hop?.via === filter.via) &&
    (filter.proto === undefined || row.proto === filter.proto) &&
    (filter.type === undefined || row.type === filter.type) &&
    (filter.scope === undefined || row.scope === filter.scope) &&
    (filter.exact === undefined || row.dst === prefix(filter.exact)) &&
    (filter.root === undefined || within(row.dst, prefix(filter.root))) &&
    (filter.match === undefined || within(prefix(filter.match), row.dst))
  )
}

const within = (inner: string, outer: string): boolean =>
  lengthOf(inner) >= lengthOf(outer) && cidrContains(outer, baseOf(inner))

/**
 * The order of a dump: tables by the slot of their number; IPv4 by address, the longer prefix first (fib_trie.c); IPv6 what
 * lies in a prefix before the prefix itself (ip6_fib.c fib6_walk()); then by metric and device.
 */
function byDump(world: WorldReader, a: RouteRow, b: RouteRow): number {
  const slot = (a.table & 255) - (b.table & 255) || a.table - b.table
  if (slot !== 0) return slot
  if (a.dst !== b.dst) {
    if (a.family === 'ipv6') {
      if (within(a.dst, b.dst)) return -1
      if (within(b.dst, a.dst)) return 1
    }
    const order = compareIp(baseOf(a.dst), baseOf(b.dst)) || lengthOf(b.dst) - lengthOf(a.dst)
    if (order !== 0) return order
  }
  const index = (row: RouteRow) => (row.nexthops[0] ? (world.get('link', row.nexthops[0].dev)?.ifindex ?? 0) : 0)
  return a.metric - b.metric || index(a) - index(b)
}

function routeLines(world: WorldReader, row: RouteRow, options: Options, filter: Filter): Line[] {
  const ref = refTo('route', row)
  const [text, ...hops] = routeTexts(world, row, options, filter)
  return [{ text, ref }, ...hops.map((hop) => ({ text: hop, ref }))]
}

function routeTexts(world: WorldReader, row: RouteRow, options: Options, filter: Filter): string[] {
  const v6 = row.family === 'ipv6'
  const name = (dev: string) => world.get('link', dev)?.name ?? ''
  const [hop] = row.nexthops
  const multipath = row.nexthops.length > 1
  const words: string[] = []
  if (row.type !== 'unicast' || options.details) words.push(row.type)
  words.push(dstText(row))
  if (!multipath && hop) {
    if (hop.via && filter.via === undefined) words.push(`via ${hop.via}`)
    if (filter.dev === undefined) words.push(`dev ${name(hop.dev)}`)
  } else if (!hop && v6) words.push('dev lo')
  if (filter.table === 'all' && row.table !== MAIN) words.push(`table ${tableName(row.table)}`)
  if ((row.proto !== 'boot' || options.details) && filter.proto === undefined) words.push(`proto ${row.proto}`)
  if ((v6 ? options.details : row.scope !== 'global' || options.details) && filter.scope === undefined)
    words.push(`scope ${v6 ? 'global' : row.scope}`)
  if (row.src) words.push(`src ${row.src}`)
  if (row.metric !== 0 || v6) words.push(`metric ${row.metric}`)
  if (!multipath && hop) words.push(...hopFlags(world, row, hop))
  if (row.mtu) words.push(`mtu ${row.mtu}`)
  if (v6) words.push('pref medium')
  const text = words.join(' ')
  if (!multipath) return [v6 ? text : `${text} `]
  const hops = row.nexthops.map((each) => {
    const flags = hopFlags(world, row, each)
    return `\tnexthop ${[...(each.via ? [`via ${each.via}`] : []), `dev ${name(each.dev)}`, `weight ${each.weight ?? 1}`, ...flags].join(' ')} `
  })
  return [v6 ? text : `${text} `, ...hops]
}

function hopFlags(world: WorldReader, row: RouteRow, hop: RouteRow['nexthops'][number]): string[] {
  const link = world.get('link', hop.dev)
  const linkdown = row.type !== 'local' && link?.up === true && !hasCarrier(world, link)
  return [...(hop.onlink ? ['onlink'] : []), ...(linkdown ? ['linkdown'] : [])]
}

/** `default`, a bare address where the prefix is one, else the prefix. */
function dstText(row: RouteRow): string {
  const length = lengthOf(row.dst)
  if (length === 0) return 'default'
  return length === BITS[familyOf(row.dst)] ? baseOf(row.dst) : row.dst
}
