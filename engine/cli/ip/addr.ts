import type { WorldReader } from '../../core/world.ts'
import { refTo } from '../../kernel/ids.ts'
import type { AddrRow, LinkRow } from '../../kernel/tables.ts'
import { failed, type Line, type Output, type Place, printed } from '../types.ts'
import { isOutput, type Options } from '../words.ts'
import { linkLines, selectLinks } from './link.ts'
import { briefText } from './link-lines.ts'

const SCOPES = ['global', 'link', 'host'] as const

/** `ip addr [show] [dev X | master BR | type T | up | scope S]`. Models iproute2 ip/ipaddress.c print_addrinfo(). */
export function showAddrs(world: WorldReader, place: Place, options: Options, args: readonly string[]): Output {
  const at = args.indexOf('scope')
  const scope = at < 0 ? undefined : SCOPES.find((name) => name === args[at + 1])
  if (at >= 0 && scope === undefined)
    return failed(`Error: argument "${args[at + 1] ?? ''}" is wrong: "scope" value is invalid`, 255)
  const links = selectLinks(world, place, at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)], 'address')
  if (isOutput(links)) return links
  return printed(links.flatMap((link) => linesOf(world, link, options, scope)))
}

function linesOf(world: WorldReader, link: LinkRow, options: Options, scope: AddrRow['scope'] | undefined): Line[] {
  const addrs = addrsOf(world, link).filter(
    (row) =>
      (options.family === undefined || row.family === options.family) && (scope === undefined || row.scope === scope),
  )
  // Asked for one family, a link without an address of it is left out.
  if (options.family !== undefined && addrs.length === 0) return []
  if (options.brief) {
    const text = `${briefText(world, link)}${addrs.map((row) => `${row.address}/${row.prefixLen} `).join('')}`
    return [{ text, ref: addrs.length > 0 ? refTo('addr', addrs[0]) : refTo('link', link) }]
  }
  const lines = addrs.flatMap((row) => {
    const ref = refTo('addr', row)
    return [
      { text: addrText(row, link), ref },
      { text: '       valid_lft forever preferred_lft forever', ref },
    ]
  })
  const head = linkLines(world, link, { ...options, stats: 0 }, false)
  const stats = options.stats > 0 ? linkLines(world, link, options, false).slice(head.length) : []
  return [...head, ...stats, ...lines]
}

/** `    inet 10.244.1.1/24 brd 10.244.1.255 scope global cni0`; IPv6 addresses have no label. */
function addrText(row: AddrRow, link: LinkRow): string {
  if (row.family === 'ipv6') return `    inet6 ${row.address}/${row.prefixLen} scope ${row.scope} `
  return [
    `    inet ${row.address}/${row.prefixLen}`,
    ...(row.broadcast ? [`brd ${row.broadcast}`] : []),
    `scope ${row.scope}`,
    ...(row.secondary ? ['secondary'] : []),
    link.name,
  ].join(' ')
}

/** IPv4 as added, secondaries last; IPv6 by scope, the widest first, of one scope the newest first (addrconf.c ipv6_link_dev_addr()). */
function addrsOf(world: WorldReader, link: LinkRow): AddrRow[] {
  const rows = world.by('addr', 'link', link.id)
  const v4 = rows.filter((row) => row.family === 'ipv4')
  const v6 = rows.filter((row) => row.family === 'ipv6')
  return [
    ...v4.filter((row) => !row.secondary),
    ...v4.filter((row) => row.secondary),
    ...v6.sort((a, b) => SCOPES.indexOf(a.scope) - SCOPES.indexOf(b.scope) || b.seq - a.seq),
  ]
}
