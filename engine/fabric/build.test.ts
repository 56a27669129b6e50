import { expect, test } from 'vitest'
import type { Cidr, Ip, Mac } from '../net/address.ts'
import { type BareWorld, bareWorld } from '../testing/bare-world.ts'
import { buildFabric } from './build.ts'
import type { FabricSpec } from './spec.ts'

const SPEC: FabricSpec = {
  mtu: 1500,
  latencyUs: 50,
  segments: [
    { name: 'a', cidr: '192.168.10.0/24' as Cidr, gateway: '192.168.10.1' as Ip },
    { name: 'b', cidr: '192.168.20.0/24' as Cidr, gateway: '192.168.20.1' as Ip },
  ],
  routers: [
    {
      name: 'router',
      legs: [
        { subnet: 'a', address: '192.168.10.1' as Ip },
        { subnet: 'b', address: '192.168.20.1' as Ip },
      ],
      routes: [],
    },
  ],
  outside: [
    { name: 'external', address: '203.0.113.50' as Ip, prefixLen: 24, gateway: '203.0.113.1' as Ip },
    { name: 'onprem', address: '172.16.5.5' as Ip, prefixLen: 24, gateway: '172.16.5.1' as Ip },
  ],
  nodes: [
    { host: 'n1', cluster: 'c', segment: 'a', address: '192.168.10.11' as Ip, prefixLen: 24 },
    { host: 'n3', cluster: 'c', segment: 'b', address: '192.168.20.13' as Ip, prefixLen: 24 },
    { host: 'a-node-with-a-long-name-1', cluster: 'c', segment: 'a', address: '192.168.10.31' as Ip, prefixLen: 24 },
    { host: 'a-node-with-a-long-name-2', cluster: 'c', segment: 'a', address: '192.168.10.32' as Ip, prefixLen: 24 },
  ],
  macs: { 'n1/eth0': '52:54:00:00:00:11' as Mac },
}

function build(spec = SPEC, bare = bareWorld()): BareWorld {
  buildFabric(bare.ctx, spec)
  return bare
}

const routes = (sim: BareWorld, netns: string) =>
  sim.world
    .by('route', 'netns', netns)
    .filter(({ table, family }) => table === 254 && family === 'ipv4')
    .map(({ dst, nexthops: [hop] }) => `${dst} ${hop.via ?? '-'} ${hop.dev.split('|')[1]}`)

test('a node hangs on its segment’s switch, routes by its gateway and forwards', () => {
  const { world } = build()
  const eth0 = world.get('link', 'n1|eth0')
  expect(eth0).toMatchObject({
    kind: 'ether',
    mac: '52:54:00:00:00:11',
    mtu: 1500,
    up: true,
    peer: 'sw-a|n1',
    latencyUs: 50,
  })
  expect(world.get('link', 'sw-a|n1')).toMatchObject({ master: 'sw-a|br0', up: true })
  expect(routes(build(), 'n1')).toEqual(['0.0.0.0/0 192.168.10.1 eth0', '192.168.10.0/24 - eth0'])
  expect(world.get('sysctl', 'n1|net.ipv4.ip_forward')?.value).toBe('1')
  expect(world.get('sysctl', 'sw-a|net.bridge.bridge-nf-call-iptables')?.value).toBe('0')
})

test('the router has a leg in every segment and to every outside host, and no default route', () => {
  expect(routes(build(), 'router')).toEqual([
    '172.16.5.0/24 - eth3',
    '192.168.10.0/24 - eth0',
    '192.168.20.0/24 - eth1',
    '203.0.113.0/24 - eth2',
  ])
  expect(routes(build(), 'external')).toEqual(['0.0.0.0/0 203.0.113.1 eth0', '203.0.113.0/24 - eth0'])
})

test('outside hosts of one network share a switch; one within a segment stands on it', () => {
  const twin = { name: 'twin', address: '203.0.113.51' as Ip, prefixLen: 24, gateway: '203.0.113.1' as Ip }
  const bastion = { name: 'bastion', address: '192.168.10.200' as Ip, prefixLen: 24, gateway: '192.168.10.1' as Ip }
  const { world } = build({ ...SPEC, outside: [...SPEC.outside, twin, bastion] })
  expect(world.get('link', 'twin|eth0')?.peer).toBe('sw-203.0.113.0-24|twin')
  expect(world.get('link', 'external|eth0')?.peer).toBe('sw-203.0.113.0-24|external')
  expect(world.get('link', 'bastion|eth0')?.peer).toBe('sw-a|bastion')
})

test('ports of nodes with long names differ, and fit an interface name', () => {
  const ports = build()
    .world.by('link', 'master', 'sw-a|br0')
    .map(({ name }) => name)
  expect(new Set(ports).size).toBe(ports.length)
  expect(ports.every((name) => name.length <= 15)).toBe(true)
})

test('building again writes nothing; a node more is cabled into what stands', () => {
  const sim = build()
  const at = sim.world.position
  build(SPEC, sim)
  expect(sim.world.position).toBe(at)
  const more = { host: 'n2', cluster: 'c', segment: 'a', address: '192.168.10.12' as Ip, prefixLen: 24 }
  build({ ...SPEC, nodes: [...SPEC.nodes, more] }, sim)
  expect(sim.world.get('link', 'n2|eth0')?.peer).toBe('sw-a|n2')
})

test('wires are symmetric: each end names the other', () => {
  const { world } = build()
  for (const link of world.rows('link')) if (link.peer) expect(world.get('link', link.peer)?.peer).toBe(link.id)
})
