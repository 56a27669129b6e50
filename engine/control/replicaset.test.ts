import { describe, expect, test } from 'vitest'
import type { KubeObject, ObjectRow } from '../api/types.ts'
import { ControlLab, deployment, template, workers } from '../testing/control-lab.ts'
import { deletionOrder } from './pod-ranking.ts'

const replicaSet = (name: string, replicas: number, labels: Record<string, string> = { app: name }): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, namespace: 'default' },
  spec: { replicas, selector: { matchLabels: labels }, template: template(name) },
})
const controller = (name: string, replicas: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name, namespace: 'default' },
  spec: { replicas, selector: { app: name }, template: template(name) },
})
const bare = (name: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
})
const lab = () => new ControlLab({ nodes: workers(2) })

describe.each([
  ['ReplicaSet', replicaSet],
  ['ReplicationController', controller],
])('a %s', (kind, make) => {
  test('makes pods that it owns, and counts them', () => {
    const world = lab().apply(make('web', 3)).play()
    const owner = world.get(kind, 'web')
    expect(world.list('Pod')).toHaveLength(3)
    for (const { name, object } of world.list('Pod')) {
      expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
      expect(object.metadata).toMatchObject({ generateName: 'web-', labels: { app: 'web' } })
      expect(object.metadata.ownerReferences).toEqual([
        {
          apiVersion: owner.apiVersion,
          kind,
          name: 'web',
          uid: owner.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ])
    }
    expect(owner.status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      observedGeneration: 1,
    })
    expect(world.rewrites()).toEqual([])
  })

  test('adopts an orphan that it selects, and counts it among the wanted', () => {
    const world = lab()
      .apply(bare('lonely', { app: 'web' }))
      .apply(make('web', 2))
      .play()
    expect(world.list('Pod')).toHaveLength(2)
    expect(world.get('Pod', 'lonely').metadata.ownerReferences?.[0]).toMatchObject({
      kind,
      name: 'web',
      controller: true,
    })
  })

  test('lets a pod go whose labels changed, and replaces it', () => {
    const world = lab().apply(make('web', 2)).play()
    const [first] = world.names('Pod')
    world.edit((api) => api.patch('Pod', 'default', first, { metadata: { labels: { app: 'debug' } } })).play()
    expect(world.list('Pod')).toHaveLength(3)
    expect(world.get('Pod', first).metadata.ownerReferences ?? []).toEqual([])
  })

  test('replaces a deleted pod and one that failed, and leaves the failed one to be looked at', () => {
    const world = lab().apply(make('web', 2)).play()
    const [first, second] = world.names('Pod')
    world.edit((api) => {
      api.delete('Pod', 'default', first)
      api.updateStatus('Pod', 'default', second, { phase: 'Failed', podIP: '10.0.0.1' })
    })
    world.play()
    expect(world.names('Pod')).toHaveLength(3)
    expect(world.names('Pod')).toContain(second)
  })
})

describe('names', () => {
  test('of pods stay the same whatever else is there', () => {
    const alone = lab().apply(deployment('web', 3)).play().names('Pod')
    const among = lab().apply(deployment('api', 5)).apply(deployment('db', 1), deployment('web', 3)).play().names('Pod')
    expect(among.filter((name) => name.startsWith('web-'))).toEqual(alone)
  })

  test('of more replicas hold those of fewer', () => {
    const few = lab().apply(replicaSet('web', 3)).play().names('Pod')
    expect(lab().apply(replicaSet('web', 30)).play().names('Pod')).toEqual(expect.arrayContaining(few))
  })

  test('of another seed are others', () => {
    const other = new ControlLab({ nodes: workers(2), seed: 7 }).apply(replicaSet('web', 3)).play().names('Pod')
    expect(other).not.toEqual(lab().apply(replicaSet('web', 3)).play().names('Pod'))
  })
})

describe('which pod goes first', () => {
  const pod = (
    name: string,
    more: {
      node?: string
      phase?: string
      readySince?: string
      restarts?: number
      cost?: string
      created?: string
    } = {},
  ): ObjectRow => {
    const {
      node = 'n1',
      phase = 'Running',
      readySince = '2026-01-01T00:00:10Z',
      restarts = 0,
      cost,
      created = '2026-01-01T00:00:00Z',
    } = more
    const conditions = readySince === '' ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: readySince }]
    const metadata = {
      name,
      uid: name,
      creationTimestamp: created,
      ...(cost ? { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } } : {}),
    }
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: node ? { nodeName: node } : {},
      status: { phase, conditions, containerStatuses: [{ restartCount: restarts }] },
    }
    return { id: name, kind: 'Pod', cluster: '', namespace: 'default', name, resourceVersion: 1, object }
  }
  test.each([
    ['one without a node before one with', pod('a'), pod('b', { node: '', phase: 'Pending', readySince: '' })],
    [
      'a pending one before a running one',
      pod('a', { readySince: '' }),
      pod('b', { phase: 'Pending', readySince: '' }),
    ],
    ['one that is not ready before one that is', pod('a'), pod('b', { readySince: '' })],
    ['a cheap one before a dear one', pod('a', { cost: '10' }), pod('b', { cost: '-1' })],
    [
      'one that has been ready for a short time',
      pod('a', { readySince: '2026-01-01T00:00:01Z' }),
      pod('b', { readySince: '2026-01-01T01:00:00Z' }),
    ],
    ['one that restarted more often', pod('a'), pod('b', { restarts: 3 })],
    ['the newer one', pod('a', { created: '2025-01-01T00:00:00Z' }), pod('b', { created: '2026-01-01T01:00:00Z' })],
    ['among equals the smaller uid, as upstream', pod('b2'), pod('b')],
  ])('%s', (_what, stays, goes) => {
    const now = 3_700_000_000
    expect(deletionOrder([stays, goes], [stays, goes], now)[0].name).toBe(goes.name)
    expect(deletionOrder([goes, stays], [goes, stays], now)[0].name).toBe(goes.name)
  })

  test('one that shares its node with siblings', () => {
    const pods = [pod('a', { node: 'n1' }), pod('b', { node: 'n2' }), pod('c', { node: 'n2' })]
    expect(deletionOrder(pods, pods, 60_000_000)[0].name).toBe('b')
  })
})
