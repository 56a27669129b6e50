import { World } from '../core/world.ts'
import { linkId, neighId } from '../kernel/ids.ts'
import type { NeighState } from '../kernel/tables.ts'
import type { Ip, Mac } from '../net/address.ts'
import { broadcastOf } from '../net/ip.ts'
import { TABLES } from '../tables.ts'
import { buildTopology } from './oracle/replay/build.ts'
import type { OracleAddr, OracleHost, OracleLink, OracleNetns, OracleRoute } from './oracle/types.ts'

/**
 * The machines inside which `testing/oracle/text` was recorded, as rows: flannel node `n1` with pods `client` and `web-a`,
 * other nodes and their switch as far as `n1` shows them. Addresses of IPv6 and kernel routes come by themselves.
 */
export function recordedNode(): World {
  const world = new World(TABLES)
  world.put('clock', { id: 'clock', now: 60_000_000, seq: 0, seed: 1 })
  buildTopology(world, { hosts: [lan(), n1()] })
  // In the recording every machine is a namespace with a name; here a machine's own has none unless we give it one.
  for (const name of ['lan', 'n1']) world.patch('netns', name, { path: `/run/netns/${name}` })
  // Recorded with `brd +`, which the recordings' topologies do not say.
  for (const row of world.rows('addr')) {
    const broadcast =
      row.family === 'ipv4' && row.scope === 'global' ? broadcastOf(row.address, row.prefixLen) : undefined
    if (broadcast) world.patch('addr', row.id, { broadcast })
  }
  for (const row of NEIGH) neighbour(world, row)
  for (const [port, mac] of LEARNED) learn(world, port, mac)
  for (const [id, rxBytes, rxPackets, txBytes, txPackets, txDropped] of STATS) {
    const netns = id.slice(0, id.indexOf('|'))
    world.put('linkStat', { id, netns, rxBytes, rxPackets, txBytes, txPackets, rxDropped: 0, txDropped })
  }
  return world
}

const SYSCTLS = { 'net.ipv4.ip_forward': '0' }
const LO: OracleLink = { name: 'lo', ifindex: 1, kind: 'loopback', mac: '00:00:00:00:00:00', mtu: 65536, up: true }

function veth(
  name: string,
  ifindex: number,
  mac: string,
  mtu: number,
  peer: string,
  more: Partial<OracleLink> = {},
): OracleLink {
  const [netns, other] = peer.split('/')
  return { name, ifindex, kind: 'veth', mac, mtu, up: true, peer: { netns, name: other }, ...more }
}

const onBridge = (master: string): Partial<OracleLink> => ({
  master,
  bridgePort: { hairpin: true, isolated: false, learning: true },
})
const addr = (dev: string, ip: string, prefixLen: number): OracleAddr => ({
  dev,
  ip,
  prefixLen,
  family: 'inet',
  scope: 'global',
})
const route = (dst: string, via: string, dev: string, onlink = false): OracleRoute => ({
  family: 'inet',
  table: 'main',
  type: 'unicast',
  dst,
  via,
  dev,
  protocol: 'boot',
  onlink,
})

function netns(name: string, parts: Partial<OracleNetns>): OracleNetns {
  return {
    name,
    sysctls: SYSCTLS,
    links: [LO],
    addrs: [],
    routes: [],
    rules: [],
    neigh: [],
    fdb: [],
    iptables: '',
    ip6tables: '',
    ...parts,
  }
}

function lan(): OracleHost {
  const br0: OracleLink = { name: 'br0', ifindex: 2, kind: 'bridge', mac: '52:54:00:aa:00:00', mtu: 1500, up: true }
  const links = [LO, br0, veth('p-n1', 3, '52:54:00:aa:00:01', 1500, 'n1/eth0', { master: 'br0' })]
  return { name: 'lan', netns: [netns('lan', { links })] }
}

function n1(): OracleHost {
  const vxlan = { vni: 1, port: 8472, local: '192.168.10.11', dev: 'eth0', learning: false }
  const root = netns('n1', {
    sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' },
    links: [
      LO,
      veth('eth0', 2, '52:54:00:00:00:11', 1500, 'lan/p-n1'),
      { name: 'flannel.1', ifindex: 3, kind: 'vxlan', mac: '4e:11:aa:00:00:01', mtu: 1450, up: true, vxlan },
      { name: 'cni0', ifindex: 4, kind: 'bridge', mac: '0a:58:0a:f4:01:01', mtu: 1450, up: true },
      veth('vethd2a04d71', 5, 'a6:00:00:00:01:0a', 1450, 'client/eth0', onBridge('cni0')),
      veth('veth8cd2bece', 6, 'a6:00:00:00:01:0b', 1450, 'web-a/eth0', onBridge('cni0')),
    ],
    addrs: [addr('eth0', '192.168.10.11', 24), addr('flannel.1', '10.244.1.0', 32), addr('cni0', '10.244.1.1', 24)],
    routes: [
      route('default', '192.168.10.1', 'eth0'),
      route('10.244.2.0/24', '10.244.2.0', 'flannel.1', true),
      route('10.244.3.0/24', '10.244.3.0', 'flannel.1', true),
    ],
    neigh: [
      { dev: 'flannel.1', ip: '10.244.2.0', mac: '92:5b:65:01:ef:02' },
      { dev: 'flannel.1', ip: '10.244.3.0', mac: '5a:f1:a5:73:e4:03' },
    ],
    fdb: [
      { dev: 'flannel.1', mac: '92:5b:65:01:ef:02', dst: '192.168.10.12' },
      { dev: 'flannel.1', mac: '5a:f1:a5:73:e4:03', dst: '192.168.10.13' },
    ],
  })
  return { name: 'n1', netns: [root, pod('client', 10, 'vethd2a04d71'), pod('web-a', 11, 'veth8cd2bece')] }
}

function pod(name: string, last: number, peer: string): OracleNetns {
  const mac = `0a:58:0a:f4:01:0${last.toString(16)}`
  return netns(name, {
    links: [LO, veth('eth0', 2, mac, 1450, `n1/${peer}`)],
    addrs: [addr('eth0', `10.244.1.${last}`, 24)],
    routes: [route('default', '10.244.1.1', 'eth0'), route('10.244.0.0/16', '10.244.1.1', 'eth0')],
  })
}

/** Where, address, MAC, state, seconds since use and since the last update, probes. */
const NEIGH: readonly (readonly [string, string, string | undefined, NeighState, number, number, number])[] = [
  ['n1|cni0', '10.244.1.11', '0a:58:0a:f4:01:0b', 'REACHABLE', 8, 8, 4],
  ['n1|eth0', '192.168.10.1', '52:54:00:00:00:01', 'REACHABLE', 9, 9, 4],
  ['n1|flannel.1', '10.244.2.0', '92:5b:65:01:ef:02', 'PERMANENT', 10, 12, 0],
  ['n1|flannel.1', '10.244.3.0', '5a:f1:a5:73:e4:03', 'PERMANENT', 11, 12, 0],
  ['n1|eth0', '192.168.10.12', '52:54:00:00:00:12', 'REACHABLE', 10, 10, 4],
  ['n1|cni0', '10.244.1.99', undefined, 'FAILED', 4, 1, 6],
  ['n1|cni0', '10.244.1.10', '0a:58:0a:f4:01:0a', 'REACHABLE', 8, 6, 0],
  ['n1|eth0', '192.168.10.13', '52:54:00:00:00:13', 'REACHABLE', 11, 11, 4],
  ['client|eth0', '10.244.1.11', '0a:58:0a:f4:01:0b', 'REACHABLE', 6, 6, 4],
  ['client|eth0', '10.244.1.1', '0a:58:0a:f4:01:01', 'REACHABLE', 11, 11, 4],
]

function neighbour(world: World, [link, address, lladdr, state, used, updated, probes]: (typeof NEIGH)[number]): void {
  const ago = (seconds: number) => 60_000_000 - seconds * 1_000_000
  world.put('neigh', {
    id: neighId(link, address),
    netns: link.slice(0, link.indexOf('|')),
    link,
    family: 'ipv4',
    address: address as Ip,
    ...(lladdr ? { lladdr: lladdr as Mac } : {}),
    state,
    usedUs: ago(used),
    updatedUs: ago(updated),
    probes,
  })
}

/** Port and MAC. */
const LEARNED = [
  ['vethd2a04d71', '0a:58:0a:f4:01:0a'],
  ['veth8cd2bece', '0a:58:0a:f4:01:0b'],
] as const

function learn(world: World, port: string, mac: string): void {
  const link = linkId('n1', port)
  const bridge = linkId('n1', 'cni0')
  world.put('fdb', {
    id: `${link}|${mac}|${bridge}`,
    netns: 'n1',
    link,
    bridge,
    mac: mac as Mac,
    state: 'reachable',
    flags: ['master'],
    updatedUs: 50_000_000,
  })
}

/** Link, received bytes and packets, sent bytes and packets, dropped in sending. */
const STATS: readonly (readonly [string, number, number, number, number, number])[] = [
  ['n1|lo', 88, 1, 88, 1, 0],
  ['n1|eth0', 4668, 50, 4156, 42, 0],
  ['n1|flannel.1', 968, 17, 1384, 25, 4],
  ['n1|cni0', 2297, 40, 2185, 32, 0],
  ['n1|vethd2a04d71', 2267, 33, 3071, 43, 0],
  ['n1|veth8cd2bece', 810, 12, 2010, 28, 0],
  ['client|eth0', 3071, 43, 2267, 33, 0],
]
