import { expect, test } from 'vitest'
import { referenceText, world, written } from '../testing/reference-cluster.ts'

test('networks that carry their own routes leave the cloud’s table alone', () => {
  expect(written(world(referenceText('flannel')), 'router', 'route-controller')).toEqual([])
})

test('a node whose address no router has beside it: no route, and its network is unavailable', () => {
  const text = referenceText('kubenet').replace(
    '  networking:',
    '  underlay:\n    subnets: [{name: a, cidr: 192.168.10.0/24}, {name: b, cidr: 192.168.20.0/24}]\n    routers: [{name: router, subnets: [a]}]\n  networking:',
  )
  const sim = world(text)
  expect(written(sim, 'router', 'route-controller')).toEqual([
    '10.244.1.0/24 via 192.168.10.11 dev eth0',
    '10.244.2.0/24 via 192.168.10.12 dev eth0',
  ])
  expect(sim.world.get('object', 'Node//n3')?.object.status.conditions).toContainEqual(
    expect.objectContaining({ type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' }),
  )
})

test('each route leads to the Node that it is for', () => {
  const sim = world(referenceText('kubenet'))
  const route = sim.world.by('route', 'netns', 'router').find(({ dst }) => dst === '10.244.2.0/24')
  expect(route).toMatchObject({
    owner: 'route-controller',
    proto: 'static',
    cause: { kind: 'Node', name: 'n2', field: 'spec.podCIDR' },
  })
})

test('two clusters on one fabric keep their routes apart', () => {
  const cluster = (name: string, net: string) =>
    `apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: ${name}}\nspec:\n  nodes: [{name: n1, podCIDR: ${net}.1.0/24}]\n  networking: {podSubnet: ${net}.0.0/16, cni: kubenet}\n`
  const sim = world(cluster('east', '10.10'), cluster('west', '10.20'))
  expect(written(sim, 'router', 'route-controller')).toEqual(['10.10.1.0/24 via 192.168.10.10 dev eth0'])
  expect(written(sim, 'router', 'route-controller/west')).toEqual(['10.20.1.0/24 via 192.168.10.11 dev eth0'])
})
