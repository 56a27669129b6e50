// Makes a scenario's network out of namespaces, and takes it away again.
import { bridge, inside, ip, PREFIX, real, run } from './sh.mjs'

export function build(scenario) {
  const all = scenario.hosts.flatMap((host) => host.netns)
  for (const ns of all) {
    run('ip', ['netns', 'add', real(ns.name)])
    const quiet = scenario.ipv6 ? ipv6Quiet : ipv6Off
    for (const [key, value] of Object.entries(quiet)) sysctl(ns.name, key, value)
    ip(ns.name, 'link set lo up')
  }
  for (const ns of all) for (const link of ns.links ?? []) addLink(ns.name, link)
  for (const ns of all) for (const [key, value] of Object.entries(ns.sysctls ?? {})) sysctl(ns.name, key, value)
  for (const ns of all) {
    for (const link of everyLink(all, ns.name)) {
      if (link.master) ip(ns.name, `link set ${link.name} master ${link.master}`)
      if (link.hairpin !== undefined)
        bridge(ns.name, `link set dev ${link.name} hairpin ${link.hairpin ? 'on' : 'off'}`)
    }
    for (const addr of ns.addrs ?? []) ip(ns.name, `addr add ${addr}${addr.includes(':') ? ' nodad' : ''}`)
    for (const link of everyLink(all, ns.name)) ip(ns.name, `link set ${link.name} up`)
    for (const link of everyLink(all, ns.name))
      if (link.laterMtu) ip(ns.name, `link set ${link.name} mtu ${link.laterMtu}`)
  }
  for (const ns of all) {
    for (const route of ns.routes ?? []) ip(ns.name, `${route.includes(':') ? '-6 ' : ''}route add ${route}`)
    for (const neigh of ns.neigh ?? []) ip(ns.name, `neigh add ${neigh} nud permanent`)
    for (const entry of ns.fdb ?? []) bridge(ns.name, `fdb append ${entry}`)
    for (const text of ns.iptables ?? []) restore(ns.name, text)
    for (const text of ns.ip6tables ?? []) inside(ns.name, ['ip6tables-restore', '--noflush'], { input: text })
  }
}

export function restore(netns, text) {
  inside(netns, ['iptables-restore', '--noflush'], { input: text })
}

export function sysctl(netns, key, value) {
  inside(netns, ['sysctl', '-qw', `${key}=${value}`])
}

export function tearDown() {
  const names = run('ip', ['netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0])
  for (const name of names) if (name.startsWith(PREFIX)) run('ip', ['netns', 'del', name])
}

// Without addresses of its own IPv6 sends nothing; with it, no duplicate address detection and no router solicitation.
const ipv6Off = { 'net.ipv6.conf.all.disable_ipv6': '1', 'net.ipv6.conf.default.disable_ipv6': '1' }
const ipv6Quiet = {
  'net.ipv6.conf.all.accept_dad': '0',
  'net.ipv6.conf.default.accept_dad': '0',
  'net.ipv6.conf.default.dad_transmits': '0',
  'net.ipv6.conf.default.accept_ra': '0',
  'net.ipv6.conf.default.router_solicitations': '0',
}

function addLink(netns, link) {
  const common = `link add ${link.name} address ${link.mac} mtu ${link.mtu ?? 1500} type ${link.kind}`
  if (link.kind === 'bridge') return ip(netns, `${common} forward_delay 0 mcast_snooping 0`)
  if (link.kind === 'vxlan') {
    const { vni, port, local, dev, learning } = link.vxlan
    return ip(netns, `${common} id ${vni} dstport ${port} local ${local} dev ${dev} ${learning ? '' : 'no'}learning`)
  }
  const { peer } = link
  return ip(
    netns,
    `${common} peer name ${peer.name} address ${peer.mac} mtu ${peer.mtu ?? link.mtu ?? 1500} netns ${real(peer.netns)}`,
  )
}

/** Links of a namespace, those born as the peer of another namespace's link included. */
function everyLink(all, netns) {
  const born = all.flatMap((ns) => ns.links ?? []).filter((link) => link.peer?.netns === netns)
  return [...(all.find((ns) => ns.name === netns).links ?? []), ...born.map((link) => link.peer)]
}
