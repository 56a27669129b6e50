import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/types.ts'
import { ControlLab, deployment, workers } from '../../testing/control-lab.ts'
import { eventsAbout } from '../events.ts'
import { limitsOf, scaled } from './limits.ts'
import { sameTemplate, templateHash, withHashLabel } from './template-hash.ts'

const started = (object: KubeObject) => new ControlLab({ nodes: workers(3) }).apply(object).play()
const image = (name: string) => ({ image: name })

describe('how far a rollout may go', () => {
  test.each([
    ['25%', 10, 3, 2],
    ['25%', 4, 1, 1],
    ['25%', 3, 1, 0],
    ['25%', 1, 1, 0],
    ['50%', 5, 3, 2],
    [2, 5, 2, 2],
  ])('%s of %i replicas: %i more, %i fewer', (value, replicas, surge, unavailable) => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: value, maxUnavailable: value } }
    const row = { object: { spec: { replicas, strategy } } } as never // the two fields that are read
    expect(limitsOf(row)).toEqual({ surge, unavailable })
  })

  test('never both zero: then one may be missing', () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } }
    expect(limitsOf({ object: { spec: { replicas: 3, strategy } } } as never)).toEqual({ surge: 0, unavailable: 1 }) // as above
  })

  test('a number is taken as it is', () => expect(scaled(7, 3, Math.ceil)).toBe(7))
})

describe('the template hash', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'x' }] } }

  test('is of the template alone, in the characters of SafeEncodeString', () => {
    const hash = templateHash(template, undefined)
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
    expect(templateHash(JSON.parse(JSON.stringify(template)), undefined)).toBe(hash)
    expect(templateHash({ spec: template.spec, metadata: template.metadata }, undefined)).toBe(hash)
    expect(templateHash({ ...template, spec: { containers: [] } }, undefined)).not.toBe(hash)
    expect(templateHash(template, 1)).not.toBe(hash)
  })

  test('its label does not make a template another one', () => {
    expect(sameTemplate(template, withHashLabel(template, 'abc'))).toBe(true)
    expect(sameTemplate(template, withHashLabel({ ...template, spec: {} }, 'abc'))).toBe(false)
  })
})

describe('a new Deployment', () => {
  test('gets one ReplicaSet with the hash in name, labels and selector, and a complete status', () => {
    const lab = started(deployment('web', 3))
    const [replicaSet] = lab.list('ReplicaSet')
    const hash = replicaSet.object.metadata.labels?.['pod-template-hash']
    expect(replicaSet.name).toBe(`web-${hash}`)
    expect(replicaSet.object.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
    expect(replicaSet.object.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      'deployment.kubernetes.io/revision': '1',
    })
    const { metadata, status } = lab.get('Deployment', 'web')
    expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
    expect(status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      observedGeneration: 1,
    })
    expect(
      status.conditions.map(({ type, status: holds, reason }: Record<string, string>) => [type, holds, reason]),
    ).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ])
    expect(eventsAbout(lab.sim.world, lab.cluster, 'Deployment/default/web').map(({ message }) => message)).toEqual([
      `Scaled up replica set ${replicaSet.name} from 0 to 3`,
    ])
  })

  test('a second look at everything writes nothing', () => {
    expect(started(deployment('web', 3)).rewrites()).toEqual([])
  })
})

describe('a rolling update', () => {
  test.each([
    [3, '25%', '25%'],
    [10, '25%', '25%'],
    [4, 0, 1],
    [4, 1, 0],
    [5, '100%', '50%'],
    [1, '25%', '25%'],
  ])(
    'of %i replicas (surge %s, unavailable %s) stays within its limits at every moment',
    (replicas, maxSurge, maxUnavailable) => {
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } }
      const lab = started(deployment('web', replicas, { strategy }))
      const from = lab.sim.moment
      lab.apply(deployment('web', replicas, { strategy }, image('nginx:1.28'))).play()
      const end = lab.sim.moment
      const { surge, unavailable } = limitsOf(lab.list('Deployment')[0])
      for (let moment = from; moment <= end; moment++) {
        lab.sim.seek(moment)
        const pods = lab.list('Pod').filter(({ object }) => !object.metadata.deletionTimestamp)
        const available = pods.filter(({ object }) =>
          object.status?.conditions?.some(
            (each: { type: string; status: string }) => each.type === 'Ready' && each.status === 'True',
          ),
        )
        const asked = lab.list('ReplicaSet').reduce((sum, { object }) => sum + object.spec.replicas, 0)
        expect(asked).toBeLessThanOrEqual(replicas + surge)
        expect(available.length).toBeGreaterThanOrEqual(replicas - unavailable)
      }
      lab.sim.seek(end)
      expect(lab.list('Pod').map(({ object }) => object.spec.containers[0].image)).toEqual(
        Array(replicas).fill('nginx:1.28'),
      )
      expect(
        lab
          .list('ReplicaSet')
          .map(({ object }) => object.spec.replicas)
          .sort((a, b) => a - b),
      ).toEqual([0, replicas])
    },
  )

  test('back to the former template takes the former ReplicaSet, with a new revision', () => {
    const lab = started(deployment('web', 2))
    const [first] = lab.names('ReplicaSet')
    lab.apply(deployment('web', 2, {}, image('nginx:1.28'))).play()
    lab.apply(deployment('web', 2)).play()
    expect(lab.list('ReplicaSet')).toHaveLength(2)
    expect(lab.get('ReplicaSet', first).spec.replicas).toBe(2)
    expect(lab.get('ReplicaSet', first).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
  })

  test('that cannot become ready keeps the old pods, and says so when its deadline is over', () => {
    const lab = started(deployment('web', 3))
    lab.apply(deployment('web', 3, { progressDeadlineSeconds: 60 }, image('broken'))).settle()
    const images = () =>
      lab
        .list('Pod')
        .map(({ object }) => object.spec.containers[0].image)
        .sort()
    expect(images()).toEqual(['broken', 'nginx:1.27', 'nginx:1.27', 'nginx:1.27'])
    lab.sim.runWhile(() => lab.sim.clock.now < 120_000_000, { withinUs: 120_000_000 })
    const progressing = lab
      .get('Deployment', 'web')
      .status.conditions.find(({ type }: { type: string }) => type === 'Progressing')
    expect(progressing).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
  })

  test('of a paused Deployment waits, its count does not', () => {
    const lab = started(deployment('web', 2))
    lab.apply(deployment('web', 4, { paused: true }, image('nginx:1.28'))).play()
    expect(lab.list('Pod').map(({ object }) => object.spec.containers[0].image)).toEqual(Array(4).fill('nginx:1.27'))
    lab.apply(deployment('web', 4, {}, image('nginx:1.28'))).play()
    expect(lab.list('Pod').map(({ object }) => object.spec.containers[0].image)).toEqual(Array(4).fill('nginx:1.28'))
  })

  test('old ReplicaSets beyond the history limit go', () => {
    const lab = started(deployment('web', 1, { revisionHistoryLimit: 1 }))
    for (const tag of ['b', 'c', 'd']) lab.apply(deployment('web', 1, { revisionHistoryLimit: 1 }, image(tag))).play()
    expect(
      lab
        .list('ReplicaSet')
        .map(({ object }) => object.spec.template.spec.containers[0].image)
        .sort(),
    ).toEqual(['c', 'd'])
  })
})

test('Recreate: no new pod before the last old one is gone', () => {
  const recreate = { strategy: { type: 'Recreate' } }
  const lab = started(deployment('web', 3, recreate))
  const from = lab.sim.moment
  lab.apply(deployment('web', 3, recreate, image('nginx:1.28'))).play()
  const end = lab.sim.moment
  for (let moment = from; moment <= end; moment++) {
    lab.sim.seek(moment)
    expect(new Set(lab.list('Pod').map(({ object }) => object.spec.containers[0].image)).size).toBeLessThanOrEqual(1)
  }
  expect(lab.list('Pod').map(({ object }) => object.spec.containers[0].image)).toEqual(Array(3).fill('nginx:1.28'))
})

describe('scaling', () => {
  test.each([
    [3, 5],
    [5, 2],
    [2, 0],
    [0, 3],
  ])('from %i to %i', (from, to) => {
    const lab = started(deployment('web', from)).apply(deployment('web', to)).play()
    expect(lab.list('Pod')).toHaveLength(to)
    expect(lab.list('ReplicaSet')).toHaveLength(1)
    expect(lab.rewrites()).toEqual([])
  })
})

test('a deleted Deployment takes its ReplicaSets and pods with it', () => {
  const lab = started(deployment('web', 3))
  lab.edit((api) => api.delete('Deployment', 'default', 'web')).play()
  expect([...lab.list('ReplicaSet'), ...lab.list('Pod')]).toEqual([])
})
