import { expect, test } from 'vitest'
import { locate } from '../../api/provenance.ts'
import { iptablesSave } from '../../kernel/netfilter/iptables-text.ts'
import { edit, REFERENCE_PODS, referenceText, world, written } from '../../testing/reference-cluster.ts'

const VXLAN = '{name: flannel, backend: vxlan}'
const HOST_GW = '{name: flannel, backend: host-gw}'
const file = (sim: ReturnType<typeof world>, host: string, path: string) =>
  sim.world.get('file', `${host}|${path}`)?.text

test('vxlan: per remote node one route, one permanent neighbour, one fdb entry', () => {
  const sim = world(referenceText(VXLAN))
  expect(written(sim, 'n1', 'flanneld')).toEqual([
    '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
    '10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink',
    '10.244.2.0 dev flannel.1 lladdr 92:5b:65:01:ef:02 PERMANENT',
    '10.244.3.0 dev flannel.1 lladdr 5a:f1:a5:73:e4:03 PERMANENT',
    '5a:f1:a5:73:e4:03 dev flannel.1 dst 192.168.20.13 self permanent',
    '92:5b:65:01:ef:02 dev flannel.1 dst 192.168.10.12 self permanent',
  ])
  expect(written(sim, 'n3', 'flanneld').slice(0, 2)).toEqual([
    '10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink',
    '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
  ])
})

test('vxlan: the device, its /32 and its lease on the Node', () => {
  const sim = world(referenceText(VXLAN))
  expect(sim.world.get('link', 'n1|flannel.1')).toMatchObject({
    mac: '4e:11:aa:00:00:01',
    mtu: 1450,
    up: true,
    vxlan: { vni: 1, port: 8472, local: '192.168.10.11', dev: 'n1|eth0', learning: false },
  })
  expect(
    sim.world
      .by('addr', 'link', 'n1|flannel.1')
      .filter(({ family }) => family === 'ipv4')
      .map(({ address, prefixLen }) => `${address}/${prefixLen}`),
  ).toEqual(['10.244.1.0/32'])
  expect(sim.world.get('object', 'Node//n1')?.object.metadata.annotations).toMatchObject({
    'flannel.alpha.coreos.com/public-ip': '192.168.10.11',
    'flannel.alpha.coreos.com/backend-type': 'vxlan',
    'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"4e:11:aa:00:00:01"}',
    'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
  })
})

test('subnet.env and the network configuration list', () => {
  const sim = world(referenceText(VXLAN))
  expect(file(sim, 'n1', '/run/flannel/subnet.env')).toBe(
    'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  )
  expect(JSON.parse(file(sim, 'n1', '/etc/cni/net.d/10-flannel.conflist') ?? '')).toEqual({
    name: 'cbr0',
    cniVersion: '0.3.1',
    plugins: [
      { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  })
})

test('rules of one node, as iptables-save prints them', () => {
  const sim = world(referenceText(VXLAN))
  const lines = iptablesSave(sim.world, 'n1', {}).map(({ text }) => text)
  expect(lines.filter((line) => line.includes('flanneld'))).toEqual([
    '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
    '-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT',
    '-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT',
    '-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG',
    '-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN',
    '-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN',
    '-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN',
    '-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN',
    '-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully',
    '-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully',
  ])
})

test('a pod’s routes and its place on cni0', () => {
  const sim = world(referenceText(VXLAN), REFERENCE_PODS)
  const client = sim.world.get('object', 'Pod/default/client')?.object
  expect(client?.status?.podIP).toBe('10.244.1.10')
  const netns = sim.world.by('addr', 'address', '10.244.1.10')[0].netns
  const routes = sim.world.by('route', 'netnsFamily', `${netns}|ipv4`).filter(({ table }) => table === 254)
  expect(routes.map(({ dst, nexthops: [hop] }) => `${dst} ${hop.via ?? 'link'}`)).toEqual([
    '0.0.0.0/0 10.244.1.1',
    '10.244.0.0/16 10.244.1.1',
    '10.244.1.0/24 link',
  ])
  const host = sim.world.get('link', sim.world.get('link', `${netns}|eth0`)?.peer ?? '')
  expect(host).toMatchObject({ netns: 'n1', master: 'n1|cni0', mtu: 1450, port: { hairpin: true } })
  expect(host?.name).toMatch(/^veth[0-9a-f]{8}$/)
  expect(sim.world.get('link', 'n1|cni0')).toMatchObject({ mtu: 1450, up: true })
})

test('DirectRouting: plain routes to neighbours, the tunnel only across the router', () => {
  const sim = world(referenceText('{name: flannel, backend: vxlan, directRouting: true}'))
  expect(written(sim, 'n1', 'flanneld')).toEqual([
    '10.244.2.0/24 via 192.168.10.12 dev eth0',
    '10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink',
    '10.244.3.0 dev flannel.1 lladdr 5a:f1:a5:73:e4:03 PERMANENT',
    '5a:f1:a5:73:e4:03 dev flannel.1 dst 192.168.20.13 self permanent',
  ])
})

test('host-gw: neighbours are gateways; a node behind a router is refused by the kernel, and that is said', () => {
  const sim = world(referenceText(HOST_GW))
  expect(written(sim, 'n1', 'flanneld')).toEqual(['10.244.2.0/24 via 192.168.10.12 dev eth0'])
  expect(written(sim, 'n3', 'flanneld')).toEqual([])
  expect(sim.world.get('link', 'n1|flannel.1')).toBeUndefined()
  expect(file(sim, 'n1', '/run/flannel/subnet.env')).toContain('FLANNEL_MTU=1500')
  const said = sim.world.rows('finding').map(({ diagnostic }) => diagnostic.message)
  expect(said).toContain(
    'flanneld on n1: Error adding route to 10.244.3.0/24 via 192.168.20.13: Error: Nexthop has invalid gateway.',
  )
})

test('an edit of the backend is carried out by flanneld in the running world, both ways', () => {
  const sim = world(referenceText(VXLAN))
  const before = written(sim, 'n1', 'flanneld')
  edit(sim, referenceText(HOST_GW))
  expect(written(sim, 'n1', 'flanneld')).toEqual(['10.244.2.0/24 via 192.168.10.12 dev eth0'])
  expect(sim.world.get('link', 'n1|flannel.1')).toBeUndefined()
  edit(sim, referenceText(VXLAN))
  expect(written(sim, 'n1', 'flanneld')).toEqual(before)
})

test('a podCIDR outside the ConfigMap’s network stops flanneld in its own words', () => {
  const map =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-flannel-cfg, namespace: kube-flannel}\ndata: {net-conf.json: \'{"Network":"10.10.0.0/16","Backend":{"Type":"vxlan"}}\'}'
  const sim = world(referenceText(VXLAN), map)
  expect(file(sim, 'n1', '/run/flannel/subnet.env')).toBeUndefined()
  expect(sim.world.rows('finding').map(({ diagnostic }) => diagnostic.message)).toContain(
    'flanneld on n1: Error registering network: failed to acquire lease: subnet "10.10.0.0/16" specified in the flannel net config doesn\'t contain "10.244.1.0/24" PodCIDR of the "n1" node',
  )
})

test('flushed rules come back at the next look, every 5 s; a deleted fdb entry stays deleted', () => {
  const sim = world(referenceText(VXLAN))
  const fdb = 'n1|flannel.1|92:5b:65:01:ef:02|192.168.10.12'
  sim.transact('by hand', ({ tx }) => {
    tx.patch('nfChain', 'n1|ipv4|nat|FLANNEL-POSTRTG', { rules: [] })
    tx.delete('fdb', fdb)
  })
  expect(sim.settle()).toBe(true)
  expect(sim.world.get('nfChain', 'n1|ipv4|nat|FLANNEL-POSTRTG')?.rules).toEqual([])
  const until = sim.clock.now + 5_100_000
  sim.runWhile(() => sim.clock.now < until)
  expect(sim.world.get('nfChain', 'n1|ipv4|nat|FLANNEL-POSTRTG')?.rules).toHaveLength(6)
  expect(sim.world.get('fdb', fdb)).toBeUndefined()
})

test('a deleted flannel.1 is made anew at once, with all that went with it', () => {
  const sim = world(referenceText(VXLAN))
  const before = written(sim, 'n1', 'flanneld')
  sim.transact('by hand', ({ tx }) => {
    for (const table of ['route', 'neigh', 'fdb'] as const)
      for (const row of tx.by(table, 'netns', 'n1')) if (row.owner === 'flanneld') tx.delete(table, row.id)
    tx.delete('link', 'n1|flannel.1')
  })
  sim.settle()
  expect(written(sim, 'n1', 'flanneld')).toEqual(before)
})

test('a row about another node leads to that node’s line', () => {
  const sim = world(referenceText(VXLAN))
  const route = sim.world.by('route', 'netns', 'n1').find(({ dst }) => dst === '10.244.2.0/24')
  expect(route?.cause).toEqual({ kind: 'Node', name: 'n2', field: 'spec.podCIDR' })
  expect(route?.cause && locate(sim.world, route.cause)).toMatchObject({ file: 'a.yaml', line: 8 })
})

test('a second look writes nothing', () => {
  const sim = world(referenceText(VXLAN), REFERENCE_PODS)
  const rows = sim.world.dump(['route', 'neigh', 'fdb', 'nfChain', 'link', 'addr', 'file'])
  sim.transact('poke', (ctx) =>
    ctx.clock.after(0, 'reconcile', { controller: 'flanneld', cluster: 'reference', key: 'n1' }),
  )
  sim.settle()
  expect(sim.world.dump(['route', 'neigh', 'fdb', 'nfChain', 'link', 'addr', 'file'])).toBe(rows)
})
