// Reads a namespace's state with the ordinary tools, as JSON where they speak it.
import { inside, PREFIX, real, run } from './sh.mjs'

const json = (command, netns, words) =>
  JSON.parse(run(command, ['-n', real(netns), '-j', ...words.split(' ')]).replaceAll(PREFIX, '') || '[]', withoutNoise)

/** Queues, segmentation limits, spanning tree timers and multicast snooping fill pages and decide nothing here. */
const NOISE = new RegExp(
  [
    '^(num_[tr]x_queues|[gt]so_.*|gro_.*|min_mtu|max_mtu|inet6_addr_gen_mode|linkmode|group|txqlen|allmulti',
    'mcast_.*|multicast_.*|root_.*|designated_.*|bridge_id|.*_timer|hello_.*|max_age|stp_.*|topology_.*|gc_.*|nf_call_.*',
    'vlan_.*|fdb_.*|group_.*|guard|fastleave|tcn.*|config_pending|message_age|(valid|preferred)_life_time|cost|id_str|no)$',
  ].join('|'),
)

function withoutNoise(key, value) {
  return NOISE.test(key) ? undefined : value
}

const SYSCTLS = [
  'net.ipv4.ip_forward',
  'net.ipv4.conf.all.rp_filter',
  'net.bridge.bridge-nf-call-iptables',
  'net.ipv6.conf.all.disable_ipv6',
]
const SYSCTLS_6 = ['net.ipv6.conf.all.forwarding', 'net.bridge.bridge-nf-call-ip6tables']

/** What a namespace looks like before the first probe. */
export function dumpBefore(ns, ipv6) {
  const keys = [...new Set([...SYSCTLS, ...(ipv6 ? SYSCTLS_6 : []), ...Object.keys(ns.sysctls ?? {})])]
  return {
    sysctls: Object.fromEntries(keys.map((key) => [key, inside(ns.name, ['sysctl', '-n', key]).trim()])),
    link: json('ip', ns.name, '-d link'),
    addr: json('ip', ns.name, 'addr'),
    route: json('ip', ns.name, 'route show table all'),
    route6: ipv6 ? json('ip', ns.name, '-6 route show table all') : [],
    rule: json('ip', ns.name, 'rule'),
    neigh: json('ip', ns.name, 'neigh'),
    fdb: json('bridge', ns.name, 'fdb'),
  }
}

/** What a probe may have changed. */
export function dumpAfter(netns) {
  return { neigh: json('ip', netns, 'neigh'), fdb: json('bridge', netns, 'fdb') }
}

export const iptablesSave = (netns, family = 4) =>
  inside(netns, [family === 4 ? 'iptables-save' : 'ip6tables-save', '-c'])

export function zeroCounters(netns, ipv6) {
  for (const tool of ipv6 ? ['iptables', 'ip6tables'] : ['iptables']) {
    const tables = inside(netns, [`${tool}-save`]).matchAll(/^\*(\S+)$/gm)
    for (const [, table] of tables) inside(netns, [tool, '-t', table, '-Z'])
  }
}

export function conntrackList(netns, ipv6) {
  const families = ipv6 ? ['ipv4', 'ipv6'] : ['ipv4']
  return families.map((family) => inside(netns, ['conntrack', '-L', '-o', 'extended', '-f', family])).join('')
}

export function versions() {
  const first = (command, ...args) => run(command, args).split('\n')[0].trim()
  return {
    kernel: run('uname', ['-r']).trim(),
    tools: {
      iproute2: first('ip', '-V').replace(/^.*iproute2-([^,]+).*$/, '$1'),
      iptables: first('iptables', '-V').replace('iptables ', ''),
      conntrack: first('conntrack', '-V').replace(/^conntrack v?(\S+).*$/, '$1'),
      tcpdump: first('tcpdump', '--version').replace(/^tcpdump version /, ''),
      ping: first('ping', '-V').replace(/^ping from /, ''),
      node: process.version,
    },
  }
}
