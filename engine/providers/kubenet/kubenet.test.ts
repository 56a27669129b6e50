import { expect, test } from 'vitest'
import { iptablesSave } from '../../kernel/netfilter/iptables-text.ts'
import { ask } from '../../testing/ask.ts'
import { edit, REFERENCE_PODS, referenceText, world, written } from '../../testing/reference-cluster.ts'

const KUBENET = 'kubenet'

test('the bridge configuration of a node, and its only rule', () => {
  const sim = world(referenceText(KUBENET))
  const conf = sim.world.get('file', 'n1|/etc/cni/net.d/10-containerd-net.conflist')
  expect(JSON.parse(conf?.text ?? '').plugins[0]).toEqual({
    type: 'bridge',
    bridge: 'cbr0',
    mtu: 1500,
    isGateway: true,
    ipMasq: false,
    promiscMode: true,
    hairpinMode: false,
    ipam: { type: 'host-local', ranges: [[{ subnet: '10.244.1.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] },
  })
  expect(conf?.cause).toEqual({ kind: 'Node', name: 'n1', field: 'spec.podCIDR' })
  expect(
    iptablesSave(sim.world, 'n1', {})
      .map(({ text }) => text)
      .filter((text) => text.includes('kubenet')),
  ).toEqual([
    '-A POSTROUTING ! -d 10.0.0.0/8 -m comment --comment "kubenet: SNAT for outbound traffic from cluster" -m addrtype ! --dst-type LOCAL -j MASQUERADE',
  ])
})

test('nodes know their own pods only; the router knows all, by the cloud', () => {
  const sim = world(referenceText(KUBENET), REFERENCE_PODS)
  const main = sim.world.by('route', 'netnsFamily', 'n1|ipv4').filter(({ table }) => table === 254)
  expect(main.map(({ dst, nexthops: [hop] }) => `${dst} ${hop.via ?? hop.dev}`)).toEqual([
    '0.0.0.0/0 192.168.10.1',
    '10.244.1.0/24 n1|cbr0',
    '192.168.10.0/24 n1|eth0',
  ])
  expect(written(sim, 'router', 'route-controller')).toEqual([
    '10.244.1.0/24 via 192.168.10.11 dev eth0',
    '10.244.2.0/24 via 192.168.10.12 dev eth0',
    '10.244.3.0/24 via 192.168.20.13 dev eth1',
  ])
  expect(sim.world.get('object', 'Node//n1')?.object.status.conditions).toContainEqual(
    expect.objectContaining({ type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated' }),
  )
})

test('a packet to another node goes by the router: 61 is left of its TTL, and no overlay is passed', () => {
  const sim = world(referenceText(KUBENET), REFERENCE_PODS)
  const answer = ask(sim, { from: 'default/client', to: 'default/web-b', port: 8080 })
  expect(answer).toMatchObject({ verdict: 'delivered', ttl: 61, translated: false })
  expect(answer.devices.filter((device) => device.startsWith('router'))).not.toEqual([])
  expect(answer.devices.some((device) => device.includes('flannel'))).toBe(false)
})

test('a route that the cloud lost: pods of that node are unreachable, says the router', () => {
  const sim = world(referenceText(KUBENET), REFERENCE_PODS)
  sim.transact('by hand', ({ tx }) => {
    for (const row of tx.by('route', 'netns', 'router')) if (row.dst === '10.244.2.0/24') tx.delete('route', row.id)
  })
  expect(ask(sim, { from: 'default/client', to: 'default/web-b', port: 8080 })).toMatchObject({
    verdict: 'unreachable',
  })
  expect(ask(sim, { from: 'default/client', to: 'default/web-c', port: 8080 })).toMatchObject({ verdict: 'delivered' })
})

test('a node that joins gets its route', () => {
  const sim = world(referenceText(KUBENET))
  edit(
    sim,
    referenceText(KUBENET).replace(
      '  networking:',
      '    - {name: n4, address: 192.168.10.14, podCIDR: 10.244.4.0/24}\n  networking:',
    ),
  )
  expect(written(sim, 'router', 'route-controller')).toContain('10.244.4.0/24 via 192.168.10.14 dev eth0')
})
