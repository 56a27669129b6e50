import type { Owned } from '../core/cause.ts'
import type { Tx, WorldReader } from '../core/world.ts'
import type { Family } from '../net/address.ts'
import { done, type NetlinkResult, refuse } from './netlink-result.ts'
import type { LinkRow, RecordRef, SysctlRow } from './tables.ts'

/**
 * Kernel settings of a netns. Only what differs from the kernel's default is a row; `sysctlValue` fills in the rest.
 * A dot in an interface name is written as a slash, as sysctl(8) prints it: `net.ipv4.conf.flannel/1.rp_filter`.
 */
export const DEFAULTS: Readonly<Record<string, string>> = {
  'net.bridge.bridge-nf-call-arptables': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
  'net.bridge.bridge-nf-call-iptables': '1',
  'net.core.somaxconn': '4096',
  'net.ipv4.fib_multipath_hash_policy': '0',
  'net.ipv4.icmp_echo_ignore_all': '0',
  'net.ipv4.icmp_errors_use_inbound_ifaddr': '0',
  'net.ipv4.ip_default_ttl': '64',
  'net.ipv4.ip_forward': '0',
  'net.ipv4.ip_local_port_range': '32768\t60999',
  'net.ipv4.ip_unprivileged_port_start': '1024',
  'net.ipv4.neigh.default.base_reachable_time_ms': '30000',
  'net.ipv4.tcp_orphan_retries': '0',
  'net.ipv4.tcp_retries2': '15',
  'net.ipv4.tcp_syn_linear_timeouts': '4',
  'net.ipv4.tcp_syn_retries': '6',
  'net.ipv4.tcp_synack_retries': '5',
  'net.ipv6.conf.all.forwarding': '0',
  'net.ipv6.fib_multipath_hash_policy': '0',
  'net.netfilter.nf_conntrack_max': '262144',
  'net.netfilter.nf_conntrack_tcp_be_liberal': '0',
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait': '60',
  'net.netfilter.nf_conntrack_tcp_timeout_established': '432000',
  'net.netfilter.nf_conntrack_udp_timeout': '30',
  'net.netfilter.nf_conntrack_udp_timeout_stream': '120',
}

/** Settings that every interface has: `net.ipv4.conf.<name>.*`. */
export const CONF4: Readonly<Record<string, string>> = {
  accept_local: '0',
  arp_announce: '0',
  arp_ignore: '0',
  forwarding: '0',
  proxy_arp: '0',
  route_localnet: '0',
  rp_filter: '0',
  src_valid_mark: '0',
}

/** `net.ipv6.conf.<name>.*`. */
export const CONF6: Readonly<Record<string, string>> = {
  accept_dad: '1',
  accept_ra: '1',
  disable_ipv6: '0',
  forwarding: '0',
  hop_limit: '64',
  proxy_ndp: '0',
}

const CONF = /^net\.(ipv4|ipv6)\.conf\.([^.]+)\.([a-z_0-9]+)$/

export const sysctlId = (netns: string, key: string): string => `${netns}|${key}`

/** Name of an interface inside a sysctl key. */
export const keyName = (ifname: string): string => ifname.replaceAll('.', '/')

/** The value of a setting as text; undefined if there is no such setting. */
export function sysctlValue(world: Pick<WorldReader, 'get'>, netns: string, key: string): string | undefined {
  const row = world.get('sysctl', sysctlId(netns, key))
  if (row) return row.value
  if (key in DEFAULTS) return DEFAULTS[key]
  const conf = CONF.exec(key)
  if (!conf) return undefined
  const [, family, dev, name] = conf
  if (name === 'forwarding' && dev !== 'all') return forwardingOf(world, netns, family === 'ipv4' ? 'ipv4' : 'ipv6')
  if (name === 'forwarding' && family === 'ipv4') return sysctlValue(world, netns, 'net.ipv4.ip_forward')
  return (family === 'ipv4' ? CONF4 : CONF6)[name]
}

/** A numeric setting; 0 if it is absent or no number. */
export function sysctlNumber(world: ConfReader, netns: string, key: string): number {
  const own = confTable(world, netns).other.get(key)
  if (own !== undefined) return own
  return Number((key in DEFAULTS ? DEFAULTS[key] : sysctlValue(world, netns, key)) ?? 0) || 0
}

/** The settings of one netns as numbers, kept until one of its rows changes: packets ask often, people write seldom. */
interface NetnsConf {
  /** Interface name (or `all`) -> setting -> value, where a row says so. */
  readonly ipv4: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly ipv6: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly other: ReadonlyMap<string, number>
}

function confTable(world: ConfReader, netns: string): NetnsConf {
  return world.memo('sysctl', 'netns', netns, 'conf', readConf)
}

const NO_ROWS: NetnsConf = { ipv4: new Map(), ipv6: new Map(), other: new Map() }

function readConf(rows: readonly SysctlRow[]): NetnsConf {
  if (rows.length === 0) return NO_ROWS
  const dev = { ipv4: new Map<string, Map<string, number>>(), ipv6: new Map<string, Map<string, number>>() }
  const other = new Map<string, number>()
  for (const row of rows) {
    other.set(row.key, Number(row.value) || 0)
    const conf = CONF.exec(row.key)
    if (!conf) continue
    const ofFamily = conf[1] === 'ipv4' ? dev.ipv4 : dev.ipv6
    const name = conf[2].replaceAll('/', '.')
    const list = ofFamily.get(name) ?? new Map<string, number>()
    list.set(conf[3], Number(row.value) || 0)
    ofFamily.set(name, list)
  }
  return { ...dev, other }
}

type ConfReader = Pick<WorldReader, 'get' | 'memo'>

/** The setting of one interface alone. */
export function confOf(world: ConfReader, link: LinkRow, family: Family, name: string): number {
  return ownOf(confTable(world, link.netns), link.name, family, name)
}

function ownOf(table: NetnsConf, ifname: string, family: Family, name: string): number {
  const own = table[family].get(ifname)?.get(name)
  if (own !== undefined) return own
  if (name === 'forwarding')
    return table.other.get(family === 'ipv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding') ?? 0
  return Number((family === 'ipv4' ? CONF4 : CONF6)[name] ?? 0)
}

/** The larger of `all` and the interface's own: rp_filter, arp_ignore, arp_announce. Models IN_DEV_MAXCONF. */
export function maxConfOf(world: ConfReader, link: LinkRow, family: Family, name: string): number {
  const table = confTable(world, link.netns)
  const all = table[family].get('all')?.get(name) ?? Number((family === 'ipv4' ? CONF4 : CONF6)[name] ?? 0)
  return Math.max(all, ownOf(table, link.name, family, name))
}

/** Set for all or for the interface: proxy_arp, route_localnet, disable_ipv6. Models IN_DEV_ORCONF. */
export function anyConfOf(world: ConfReader, link: LinkRow, family: Family, name: string): boolean {
  return maxConfOf(world, link, family, name) > 0
}

/** Forwards this interface? Models IN_DEV_FORWARD (IPv4) and the netns-wide switch of IPv6. */
export function forwards(world: ConfReader, link: LinkRow, family: Family): boolean {
  if (family === 'ipv6') return (confTable(world, link.netns).other.get('net.ipv6.conf.all.forwarding') ?? 0) !== 0
  return confOf(world, link, 'ipv4', 'forwarding') !== 0
}

/** Names the setting that decided: its row, or the default as if it were one. */
export function sysctlRef(world: Pick<WorldReader, 'get'>, netns: string, key: string): RecordRef {
  const id = sysctlId(netns, key)
  const row: SysctlRow = world.get('sysctl', id) ?? {
    id,
    netns,
    key,
    value: sysctlValue(world, netns, key) ?? '0',
    owner: 'kernel',
  }
  return { table: 'sysctl', id, row }
}

export function confKey(family: Family, ifname: string, name: string): string {
  return `net.${family}.conf.${keyName(ifname)}.${name}`
}

export interface SysctlSpec extends Owned {
  readonly netns: string
  readonly key: string
  readonly value: string
}

/** Writes a setting, as `sysctl -w` does. Switching `all.forwarding` sets every interface. */
export function sysctlSet(tx: Tx, spec: SysctlSpec): NetlinkResult {
  const key = spec.key === 'net.ipv4.conf.all.forwarding' ? 'net.ipv4.ip_forward' : spec.key
  if (sysctlValue(tx, spec.netns, key) === undefined)
    return refuse('ENOENT', `cannot stat /proc/sys/${procPath(spec.key)}`)
  const conf = CONF.exec(key)
  if (
    conf &&
    conf[2] !== 'all' &&
    conf[2] !== 'default' &&
    !tx.get('link', `${spec.netns}|${conf[2].replaceAll('/', '.')}`)
  ) {
    return refuse('ENOENT', `cannot stat /proc/sys/${procPath(spec.key)}`)
  }
  const switched = key === 'net.ipv4.ip_forward' ? 'ipv4' : key === 'net.ipv6.conf.all.forwarding' ? 'ipv6' : undefined
  if (switched) {
    for (const row of tx.by('sysctl', 'netns', spec.netns)) {
      if (CONF.exec(row.key)?.[1] === switched && row.key.endsWith('.forwarding') && row.key !== key)
        tx.delete('sysctl', row.id)
    }
  }
  put(tx, { ...spec, key })
  return done
}

/** A new interface copies `conf.default`. Models inetdev_init() and ipv6_add_dev(). */
export function inheritDefaults(tx: Tx, link: LinkRow): void {
  for (const row of tx.by('sysctl', 'netns', link.netns)) {
    const conf = CONF.exec(row.key)
    if (conf?.[2] !== 'default') continue
    put(tx, { ...row, key: `net.${conf[1]}.conf.${keyName(link.name)}.${conf[3]}` })
  }
}

/** A new netns copies `conf.all` and `conf.default` of IPv4 from the host's root netns. Models devinet_init_net(). */
export function inheritFromRoot(tx: Tx, netns: string, root: string): void {
  for (const row of tx.by('sysctl', 'netns', root)) {
    const conf = CONF.exec(row.key)
    const copied =
      row.key === 'net.ipv4.ip_forward' || (conf?.[1] === 'ipv4' && (conf[2] === 'all' || conf[2] === 'default'))
    if (copied) put(tx, { ...row, netns })
  }
}

/** Forgets the settings of an interface that went away. */
export function dropConf(tx: Tx, link: LinkRow): void {
  const name = keyName(link.name)
  for (const row of tx.by('sysctl', 'netns', link.netns))
    if (CONF.exec(row.key)?.[2] === name) tx.delete('sysctl', row.id)
}

function put(tx: Tx, { netns, key, value, owner, cause }: SysctlSpec): void {
  const id = sysctlId(netns, key)
  const old = tx.get('sysctl', id)
  if (old && old.value === value && old.owner === owner) return
  tx.put('sysctl', { id, netns, key, value, ...(owner ? { owner } : {}), ...(cause ? { cause } : {}) })
}

function forwardingOf(world: Pick<WorldReader, 'get'>, netns: string, family: Family): string {
  const key = family === 'ipv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  return world.get('sysctl', sysctlId(netns, key))?.value ?? '0'
}

function procPath(key: string): string {
  return key.replaceAll('.', '\0').replaceAll('/', '.').replaceAll('\0', '/')
}
