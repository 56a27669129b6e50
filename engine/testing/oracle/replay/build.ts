import { assert } from '../../../core/assert.ts'
import type { Tx, WorldReader } from '../../../core/world.ts'
import { linkId } from '../../../kernel/ids.ts'
import {
  addrAdd,
  fdbAdd,
  fdbAppend,
  hostAdd,
  linkAdd,
  linkSet,
  type NetlinkResult,
  neighAdd,
  netnsAdd,
  routeAdd,
  sysctlSet,
} from '../../../kernel/netlink.ts'
import { iptablesRestore } from '../../../kernel/netfilter/iptables-text.ts'
import type { RouteRow } from '../../../kernel/tables.ts'
import type { Ip, Mac } from '../../../net/address.ts'
import type { OracleLink, OracleNetns, OracleRoute, Topology } from '../types.ts'

/** Settings of the recorder's machines that the simulator has no use for: it sends no redirects and delays no proxy answers. */
const WITHOUT_EFFECT = /\.send_redirects$|\.proxy_delay$/

/** Builds a recorded network with the verbs that daemons use: the netns are called as in the recording. */
export function buildTopology(tx: Tx, topology: Topology): void {
  const all = topology.hosts.flatMap((host) => host.netns)
  for (const host of topology.hosts) {
    const [own, ...pods] = host.netns
    assert(own.name === host.name, `the first netns of ${host.name} is ${own.name}`)
    must(`host ${host.name}`, hostAdd(tx, { id: host.name, kind: 'node', owner: 'oracle' }))
    for (const pod of pods) {
      must(
        `netns ${pod.name}`,
        netnsAdd(tx, { id: pod.name, host: host.name, path: `/run/netns/${pod.name}`, owner: 'oracle' }),
      )
    }
  }
  const links = all.flatMap((netns) => netns.links.map((link) => ({ netns: netns.name, link })))
  for (const { netns, link } of links) if (link.kind !== 'vxlan') makeLink(tx, links, netns, link)
  for (const { netns, link } of links) if (link.kind === 'vxlan') makeLink(tx, links, netns, link)
  for (const netns of all) setSysctls(tx, netns)
  for (const netns of all) configure(tx, netns)
  for (const netns of all) fill(tx, netns)
}

/** Rows of the tables that a daemon would write last: routes, neighbours, forwarding entries, rules. */
function fill(tx: Tx, netns: OracleNetns): void {
  // A gateway must be reachable before anything is routed to it.
  const mine = netns.routes.filter((route) => route.protocol !== 'kernel')
  for (const route of mine) if (route.via === undefined) addRoute(tx, netns.name, route)
  for (const route of mine) if (route.via !== undefined) addRoute(tx, netns.name, route)
  for (const { dev, ip, mac } of netns.neigh) {
    must(
      `neigh ${ip}`,
      neighAdd(tx, { link: linkId(netns.name, dev), address: ip as Ip, lladdr: mac as Mac, owner: 'oracle' }),
    )
  }
  for (const { dev, mac, dst } of netns.fdb) {
    const entry = { link: linkId(netns.name, dev), mac: mac as Mac, owner: 'oracle' }
    must(`fdb ${mac}`, dst === undefined ? fdbAdd(tx, entry) : fdbAppend(tx, { ...entry, dst: dst as Ip }))
  }
  loadRules(tx, netns.name, netns.iptables)
  if (netns.ip6tables !== '') {
    const loaded = iptablesRestore(tx, netns.name, netns.ip6tables, { owner: 'oracle', family: 'ipv6' })
    assert(loaded.ok, `ip6tables-restore in ${netns.name}: ${JSON.stringify(loaded)}`)
  }
}

/** All rules of the netns become these. */
export function loadRules(tx: Tx, netns: string, text: string): void {
  if (text === '') return
  const loaded = iptablesRestore(tx, netns, text, { owner: 'oracle' })
  assert(loaded.ok, `iptables-restore in ${netns}: ${JSON.stringify(loaded)}`)
}

export function setSysctl(tx: Tx, netns: string, key: string, value: string): void {
  if (WITHOUT_EFFECT.test(key)) return
  must(`sysctl ${key}`, sysctlSet(tx, { netns, key, value, owner: 'oracle' }))
}

/** Routes of protocol `kernel` that the recording has and the built network has not; there should be none. */
export function missingKernelRoutes(world: WorldReader, topology: Topology): string[] {
  return topology.hosts.flatMap((host) =>
    host.netns.flatMap((netns) =>
      netns.routes
        .filter((route) => route.protocol === 'kernel' && route.dst !== 'ff00::/8')
        .filter((route) => !world.by('route', 'netns', netns.name).some((row) => sameRoute(netns.name, row, route)))
        .map((route) => `${netns.name}: ${route.dst} dev ${route.dev}`),
    ),
  )
}

function sameRoute(netns: string, row: RouteRow, route: OracleRoute): boolean {
  const dev = route.dev === undefined ? undefined : linkId(netns, route.dev)
  return row.dst === route.dst && row.nexthops[0]?.dev === dev && (route.src === undefined || row.src === route.src)
}

function makeLink(tx: Tx, all: readonly { netns: string; link: OracleLink }[], netns: string, link: OracleLink): void {
  if (link.kind === 'loopback' || tx.get('link', linkId(netns, link.name))) return
  const end = { netns, name: link.name, mac: link.mac as Mac, mtu: link.mtu }
  number(tx, netns, link.ifindex)
  if (link.kind === 'bridge') return must(link.name, linkAdd(tx, { ...end, kind: 'bridge', owner: 'oracle' }))
  if (link.kind === 'vxlan') {
    assert(link.vxlan, `${link.name} says nothing about its tunnel`)
    const { vni, port, local, dev, learning } = link.vxlan
    const tunnel = { vni, port, local: local as Ip, dev: linkId(netns, dev), learning }
    // The kernel clamps a tunnel to its lower device when it is made; lowered later, the tunnel stays as it is.
    const lower = tx.get('link', tunnel.dev)
    if (lower) linkSet(tx, lower.id, { mtu: Math.max(lower.mtu, link.mtu + 70) })
    must(link.name, linkAdd(tx, { ...end, kind: 'vxlan', ...tunnel, owner: 'oracle' }))
    if (lower) linkSet(tx, lower.id, { mtu: lower.mtu })
    return
  }
  const other = all.find((one) => one.netns === link.peer?.netns && one.link.name === link.peer.name)
  assert(other, `${netns}/${link.name} has no other end`)
  number(tx, other.netns, other.link.ifindex)
  const peer = { netns: other.netns, name: other.link.name, mac: other.link.mac as Mac, mtu: other.link.mtu }
  must(link.name, linkAdd(tx, { ...end, kind: 'veth', peer, owner: 'oracle' }))
}

/** The next link of the netns gets this number. */
function number(tx: Tx, netns: string, ifindex: number): void {
  tx.patch('netns', netns, { nextIfindex: ifindex })
}

function setSysctls(tx: Tx, netns: OracleNetns): void {
  for (const [key, value] of Object.entries(netns.sysctls)) setSysctl(tx, netns.name, key, value)
}

/** Ports, addresses, then up. The kernel's own addresses come by themselves. */
function configure(tx: Tx, netns: OracleNetns): void {
  for (const link of netns.links) {
    const id = linkId(netns.name, link.name)
    if (link.master !== undefined)
      must(`master of ${link.name}`, linkSet(tx, id, { master: linkId(netns.name, link.master) }))
    if (link.bridgePort) must(`port ${link.name}`, linkSet(tx, id, link.bridgePort))
  }
  for (const link of netns.links)
    if (link.up) must(`${link.name} up`, linkSet(tx, linkId(netns.name, link.name), { up: true }))
  for (const { dev, ip, prefixLen } of netns.addrs) {
    const link = linkId(netns.name, dev)
    if (tx.by('addr', 'link', link).some((row) => row.address === ip)) continue
    must(`addr ${ip}`, addrAdd(tx, { link, address: `${ip}/${prefixLen}`, owner: 'oracle' }))
  }
  const last = Math.max(...netns.links.map((link) => link.ifindex))
  number(tx, netns.name, last + 1)
}

function addRoute(tx: Tx, netns: string, route: OracleRoute): void {
  const { type, dst, via, dev, src, protocol, metric, onlink, family } = route
  const added = routeAdd(tx, {
    netns,
    dst,
    family: family === 'inet' ? 'ipv4' : 'ipv6',
    type: type as RouteRow['type'], // the recorder writes the kernel's words
    ...(route.table === 'main' ? {} : { table: Number(route.table) }),
    ...(via === undefined ? {} : { via: via as Ip }),
    ...(dev === undefined ? {} : { dev: linkId(netns, dev) }),
    ...(src === undefined ? {} : { src: src as Ip }),
    proto: protocol,
    ...(metric === undefined ? {} : { metric }),
    ...(onlink ? { onlink } : {}),
    owner: 'oracle',
  })
  must(`route ${dst} in ${netns}`, added)
}

function must(what: string, result: NetlinkResult): void {
  assert(result.ok, `${what}: ${result.ok ? '' : result.error.message}`)
}
