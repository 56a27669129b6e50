// Turns what the tools said about each namespace into the `Topology` of ../types.ts.
import { stripCounters } from './rules-text.mjs'

export function topologyOf(scenario, state) {
  const wires = wiresOf(scenario)
  const hosts = scenario.hosts.map((host) => ({
    name: host.name,
    netns: host.netns.map((ns) => netnsOf(ns.name, state, wires)),
  }))
  return { hosts }
}

function netnsOf(name, state, wires) {
  const dump = state[name]
  return {
    name,
    sysctls: dump.sysctls,
    links: dump.link.map((link) => linkOf(name, link, state, wires)),
    addrs: dump.addr.flatMap((dev) => dev.addr_info.map((addr) => addrOf(dev, addr))),
    routes: [
      ...dump.route
        .filter((route) => notLocal(route) && route.pref === undefined)
        .map((route) => routeOf(route, 'inet')),
      ...dump.route6.filter(notLocal).map((route) => routeOf(route, 'inet6')),
    ],
    rules: dump.rule.filter((rule) => ![0, 32766, 32767].includes(rule.priority)).map(ruleOf),
    neigh: dump.neigh
      .filter((n) => n.state.includes('PERMANENT'))
      .map((n) => ({ dev: n.dev, ip: n.dst, mac: n.lladdr })),
    fdb: dump.fdb.filter((entry) => isStatic(entry, dump.link)).map(fdbOf),
    iptables: stripCounters(dump.iptables),
    ip6tables: stripCounters(dump.ip6tables),
  }
}

function linkOf(netns, link, state, wires) {
  const kind = link.linkinfo?.info_kind ?? 'loopback'
  const out = {
    name: link.ifname,
    ifindex: link.ifindex,
    kind,
    mac: link.address,
    mtu: link.mtu,
    up: link.flags.includes('UP'),
  }
  if (link.master) out.master = link.master
  if (kind === 'veth') out.peer = peerOf(netns, link, state, wires)
  if (kind === 'vxlan') {
    const { id, port, local, link: dev, learning } = link.linkinfo.info_data
    out.vxlan = { vni: id, port, local, dev, learning }
  }
  if (link.linkinfo?.info_slave_kind === 'bridge') {
    const { hairpin, isolated, learning } = link.linkinfo.info_slave_data
    out.bridgePort = { hairpin, isolated, learning }
  }
  return out
}

/** The tools name the other end by number only; the scenario says whose number it is, and the kernel must agree. */
function peerOf(netns, link, state, wires) {
  const wire = wires.find((ends) => ends.some((end) => end.netns === netns && end.name === link.ifname))
  const peer = wire.find((end) => end.netns !== netns || end.name !== link.ifname)
  const there = state[peer.netns].link.find((other) => other.ifname === peer.name)
  if (there.ifindex !== link.link_index)
    throw new Error(`${netns}/${link.ifname} is not wired to ${peer.netns}/${peer.name}`)
  return peer
}

/** -> [[{ netns, name }, { netns, name }], ...] */
function wiresOf(scenario) {
  const all = scenario.hosts.flatMap((host) => host.netns)
  return all.flatMap((ns) =>
    (ns.links ?? [])
      .filter((link) => link.peer)
      .map((link) => [
        { netns: ns.name, name: link.name },
        { netns: link.peer.netns, name: link.peer.name },
      ]),
  )
}

const addrOf = (dev, addr) => ({
  dev: dev.ifname,
  ip: addr.local,
  prefixLen: addr.prefixlen,
  family: addr.family,
  scope: addr.scope,
})

/** With `table all`, IPv6's routes are in the list too; they alone have a preference. */
const notLocal = (route) => route.table !== 'local'

function routeOf(route, family) {
  const out = { family, table: route.table ?? 'main', type: route.type ?? 'unicast', dst: route.dst }
  if (route.gateway) out.via = route.gateway
  if (route.dev) out.dev = route.dev
  if (route.prefsrc) out.src = route.prefsrc
  out.protocol = route.protocol ?? 'boot'
  if (route.scope) out.scope = route.scope
  if (route.metric) out.metric = route.metric
  out.onlink = (route.flags ?? []).includes('onlink')
  return out
}

function ruleOf(rule) {
  const { priority, ...rest } = rule
  return { priority, text: JSON.stringify(rest) }
}

/** Written by hand: vxlan entries with a destination; on a port, a permanent entry that is not one of its own addresses. */
function isStatic(entry, links) {
  if (entry.dst) return entry.state === 'permanent'
  const own = links.some((link) => link.address === entry.mac)
  const multicast = (Number.parseInt(entry.mac.slice(0, 2), 16) & 1) === 1
  return entry.master !== undefined && ['permanent', 'static'].includes(entry.state) && !own && !multicast
}

function fdbOf(entry) {
  const out = { dev: entry.ifname, mac: entry.mac }
  if (entry.dst) out.dst = entry.dst
  if (entry.master) out.master = entry.master
  return out
}
