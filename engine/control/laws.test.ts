import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/types.ts'
import { hash32 } from '../core/rng.ts'
import { ControlLab, deployment, template, workers } from '../testing/control-lab.ts'

/** Inputs whose order does not matter: each is about an object of its own. */
const INPUTS: readonly KubeObject[] = [
  deployment('web', 3),
  deployment('api', 2, {}, { ports: [{ name: 'http', containerPort: 8080 }] }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'api', namespace: 'default' },
    spec: { selector: { app: 'api' }, ports: [{ port: 80, targetPort: 'http' }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default' },
    spec: { serviceName: 'db', replicas: 2, selector: { matchLabels: { app: 'db' } }, template: template('db') },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') },
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
]
const KINDS = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Pod',
  'Service',
  'EndpointSlice',
  'Namespace',
  'ServiceAccount',
]

/** Which node a pod gets depends on what was placed before it; everything else must not. */
function outcome(lab: ControlLab): string {
  return lab
    .text(KINDS)
    .replaceAll(/nodeName: .*/g, 'nodeName: any')
    .replaceAll(/clusterIPs?:.*\n( +- .*\n)?/g, '')
}

function run(batches: readonly (readonly KubeObject[])[], settleBetween: boolean): string {
  const lab = new ControlLab({ nodes: workers(3) })
  for (const batch of batches) {
    lab.apply(...batch)
    if (settleBetween) lab.play()
  }
  return outcome(lab.play())
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  return list
    .map((item, i) => ({ item, rank: hash32(seed, `shuffle/${i}`) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

describe('the same objects come of the same inputs', () => {
  const squashed = run([INPUTS], false)

  test('all at once, they are what they say', () => {
    expect(squashed).toContain('name: db-1')
    expect(squashed.match(/^kind: Pod$/gm)).toHaveLength(3 + 2 + 2 + 3)
  })
  test('one by one', () =>
    expect(
      run(
        INPUTS.map((each) => [each]),
        true,
      ),
    ).toBe(squashed))
  test('backwards', () =>
    expect(
      run(
        [...INPUTS].reverse().map((each) => [each]),
        true,
      ),
    ).toBe(squashed))
  test('each twice', () =>
    expect(
      run(
        INPUTS.flatMap((each) => [[each], [each]]),
        true,
      ),
    ).toBe(squashed))
  test('without waiting', () =>
    expect(
      run(
        INPUTS.map((each) => [each]),
        false,
      ),
    ).toBe(squashed))
  test.each(Array.from({ length: 10 }, (_, seed) => seed))('in any order, by halves (seed %i)', (seed) => {
    const order = shuffled(INPUTS, seed)
    const cut = hash32(seed, 'cut') % INPUTS.length
    expect(run([order.slice(0, cut), order.slice(cut)], seed % 2 === 0)).toBe(squashed)
  })
})

test('a second look at everything writes nothing', () => {
  expect(
    new ControlLab({ nodes: workers(3) })
      .apply(...INPUTS)
      .play()
      .rewrites(),
  ).toEqual([])
})

test('it settles in a bounded number of events', () => {
  const lab = new ControlLab({ nodes: workers(3) }).apply(...INPUTS).play()
  expect(lab.sim.commits.length).toBeLessThan(100 * INPUTS.length)
  expect(lab.sim.world.rows('event').filter(({ background }) => !background)).toEqual([])
})

test('an hour of quiet costs nothing', () => {
  const lab = new ControlLab({ nodes: workers(3) }).apply(...INPUTS).play()
  const before = lab.sim.moment
  lab.sim.runWhile(() => true, { withinUs: 3_600_000_000 })
  expect(lab.sim.moment - before).toBeLessThan(10)
})

test('undo of everything is the beginning', () => {
  const lab = new ControlLab({ nodes: workers(3) })
  const start = lab.sim.moment
  const text = lab.sim.world.dump()
  lab.apply(...INPUTS).play()
  const end = lab.sim.world.dump()
  const last = lab.sim.moment
  lab.sim.seek(start)
  expect(lab.sim.world.dump()).toBe(text)
  lab.sim.seek(last)
  expect(lab.sim.world.dump()).toBe(end)
})
