import { expect, test } from 'vitest'
import { applyScenario, readScenario } from '../api/scenario-text.ts'
import { setComponents } from '../control/components.ts'
import { Simulation } from '../simulation.ts'
import { ask } from '../testing/ask.ts'
import { bootstrapCluster } from './bootstrap.ts'
import { resolveClusters } from './config.ts'
import { attachGivenPods } from './given-pods.ts'

const node = (name: string, address: string, podCIDR: string) => `
apiVersion: v1
kind: Node
metadata: {name: ${name}}
spec: {podCIDR: ${podCIDR}}
status: {addresses: [{type: InternalIP, address: ${address}}]}
`
const pod = (name: string, on: string, ip: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  nodeName: ${on}
  containers: [{name: main, image: nginx}]
status: {phase: Running, podIP: ${ip}}
`
const TEXT = [
  node('n1', '192.168.10.11', '10.244.1.0/24'),
  node('n3', '192.168.20.13', '10.244.3.0/24'),
  pod('a', 'n1', '10.244.1.10'),
  pod('b', 'n1', '10.244.1.11'),
  pod('c', 'n3', '10.244.3.10'),
]

function given(texts: readonly string[], sim = new Simulation({ seed: 1 }), only: readonly string[] = []): Simulation {
  const scenario = readScenario({ files: [{ name: 'a.yaml', text: texts.join('---') }] })
  sim.transact('load', (ctx) => {
    setComponents(ctx.tx, { only })
    for (const config of resolveClusters(scenario.documents).configs) bootstrapCluster(ctx, config)
    applyScenario(ctx, undefined, scenario)
    attachGivenPods(ctx)
  })
  sim.settle()
  return sim
}

test('with nothing running but the API, given pods reach each other, on one node and across', () => {
  const sim = given(TEXT)
  expect(ask(sim, { from: 'default/a', to: 'default/b', port: 80 })).toMatchObject({
    verdict: 'delivered',
    at: 'default/b',
    source: '10.244.1.10',
  })
  expect(ask(sim, { from: 'default/a', to: 'default/c', port: 80 })).toMatchObject({
    verdict: 'delivered',
    at: 'default/c',
    source: '10.244.1.10',
  })
  expect(ask(sim, { from: 'external', to: 'default/c', port: 80 })).toMatchObject({
    verdict: 'delivered',
    source: '203.0.113.50',
  })
  expect(ask(sim, { from: 'node/n3', to: 'default/a', port: 80 })).toMatchObject({ verdict: 'delivered' })
})

test('on one segment nodes know the way by themselves, and the world outside knows nothing of pods', () => {
  const flat = TEXT.map((text) => text.replace('192.168.20.13', '192.168.10.13'))
  const sim = given(flat)
  expect(ask(sim, { from: 'default/a', to: 'default/c', port: 80 })).toMatchObject({ verdict: 'delivered', ttl: 62 })
  expect(ask(sim, { from: 'external', to: 'default/c', port: 80 })).toMatchObject({ verdict: 'unreachable' })
})

test('where the network’s daemon runs, it is the one that shows the way', () => {
  const sim = given(TEXT, new Simulation({ seed: 1 }), ['flanneld'])
  expect(sim.world.rows('route').filter(({ owner }) => owner === 'given:network')).toEqual([])
  expect(ask(sim, { from: 'default/a', to: 'default/c', port: 80 })).toMatchObject({
    verdict: 'delivered',
    at: 'default/c',
  })
})

test('every row of such a pod says that it was given', () => {
  const sim = given(TEXT)
  const netns = sim.world.by('addr', 'address', '10.244.1.10')[0].netns
  expect(sim.world.get('netns', netns)).toMatchObject({
    owner: 'given',
    cause: { kind: 'Pod', namespace: 'default', name: 'a' },
  })
  expect(sim.world.by('link', 'netns', netns).map(({ name, owner }) => `${name} ${owner}`)).toEqual([
    'lo kernel',
    'eth0 given',
  ])
})

test('again writes nothing; a pod that goes takes its attachment along, and the way to it', () => {
  const sim = given(TEXT)
  const rows = () => sim.world.dump(['netns', 'link', 'addr', 'route', 'socket', 'file'])
  const before = rows()
  sim.transact('again', attachGivenPods)
  expect(rows()).toBe(before)
  sim.transact('delete', (ctx) => {
    ctx.tx.delete('object', 'Pod/default/c')
    attachGivenPods(ctx)
  })
  expect(sim.world.by('addr', 'address', '10.244.3.10')).toEqual([])
  expect(sim.world.rows('route').filter(({ dst }) => dst === '10.244.3.10/32' || dst === '10.244.3.0/24')).toEqual([])
})

test('with a kubelet, pods are its own business', () => {
  const sim = given(TEXT, new Simulation({ seed: 1 }), ['kubelet'])
  expect(sim.world.rows('netns').filter(({ owner }) => owner === 'given')).toEqual([])
})
