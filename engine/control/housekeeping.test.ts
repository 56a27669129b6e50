import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/types.ts'
import { ControlLab, deployment, workers } from '../testing/control-lab.ts'

const configMap = (name: string, metadata: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...metadata },
})
const lab = (...objects: KubeObject[]) => new ControlLab({ nodes: workers(2) }).apply(...objects).play()
const ownedBy = (owner: KubeObject, ...more: KubeObject[]) => ({
  ownerReferences: [owner, ...more].map(({ apiVersion, kind, metadata }) => ({
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    blockOwnerDeletion: true,
  })),
})

describe('garbage collection', () => {
  test('what an owner leaves goes, down the chain, unless another owner is left', () => {
    const world = lab(configMap('a'), configMap('z'))
    const [a, z] = [world.get('ConfigMap', 'a'), world.get('ConfigMap', 'z')]
    world.apply(configMap('b', ownedBy(a)), configMap('shared', ownedBy(a, z)))
    world.apply(configMap('c', ownedBy(world.get('ConfigMap', 'b')))).settle()
    world.edit((api) => api.delete('ConfigMap', 'default', 'a')).settle()
    expect(world.names('ConfigMap', 'default')).toEqual(['shared', 'z'])
    expect(world.get('ConfigMap', 'shared').metadata.ownerReferences).toHaveLength(1)
  })

  test('an owner that was never here is not taken for deleted', () => {
    const world = lab(
      configMap('a', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'unknown' }] }),
    )
    expect(world.names('ConfigMap', 'default')).toEqual(['a'])
  })

  test('in the foreground dependents go first', () => {
    const world = lab(deployment('web', 2))
    world.edit((api) => api.delete('Deployment', 'default', 'web', { propagation: 'Foreground' }))
    expect(world.get('Deployment', 'web').metadata.deletionTimestamp).toBeDefined()
    world.play()
    expect([...world.list('Deployment'), ...world.list('ReplicaSet'), ...world.list('Pod')]).toEqual([])
  })

  test('orphaned dependents stay, without their owner', () => {
    const world = lab(deployment('web', 2))
    world.edit((api) => api.delete('Deployment', 'default', 'web', { propagation: 'Orphan' })).play()
    expect(world.list('Deployment')).toEqual([])
    expect(world.list('ReplicaSet')[0].object.metadata.ownerReferences ?? []).toEqual([])
    expect(world.list('Pod')).toHaveLength(2)
    world.apply(deployment('web', 2)).play()
    expect(world.list('ReplicaSet')).toHaveLength(1)
    expect(world.list('ReplicaSet')[0].object.metadata.ownerReferences).toHaveLength(1)
  })
})

describe('namespaces', () => {
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
  const inShop = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, namespace: 'shop' },
  })

  test('each has its ServiceAccount, which comes back', () => {
    const world = lab(namespace)
    expect(world.names('ServiceAccount', 'shop')).toEqual(['default'])
    world.edit((api) => api.delete('ServiceAccount', 'shop', 'default')).settle()
    expect(world.names('ServiceAccount', 'shop')).toEqual(['default'])
  })

  test('one that is deleted is emptied first, and lets nothing in meanwhile', () => {
    const world = lab(namespace, inShop(deployment('web', 2)))
    world.edit((api) => api.delete('Namespace', '', 'shop'))
    expect(world.get('Namespace', 'shop', '').status.phase).toBe('Terminating')
    expect(world.api.create(inShop(configMap('late'))).ok).toBe(false)
    world.play()
    expect(world.sim.world.rows('object').filter((row) => row.namespace === 'shop' || row.name === 'shop')).toEqual([])
  })
})

describe('nodes', () => {
  test('a cordoned node is tainted, an uncordoned one is not', () => {
    const world = lab()
    const taints = () => world.get('Node', 'worker', '').spec.taints
    world.edit((api) => api.patch('Node', '', 'worker', { spec: { unschedulable: true } })).settle()
    expect(taints()).toEqual([{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }])
    world.edit((api) => api.patch('Node', '', 'worker', { spec: { unschedulable: null } })).settle()
    expect(taints() ?? []).toEqual([])
  })

  test('one that is not ready takes no pods until it is', () => {
    const world = lab()
    const set = (status: string) =>
      world
        .edit((api) =>
          api.updateStatus('Node', '', 'worker', {
            ...world.get('Node', 'worker', '').status,
            conditions: [{ type: 'Ready', status }],
          }),
        )
        .settle()
    set('False')
    world.apply(deployment('web', 2)).play()
    expect(world.list('Pod').map(({ object }) => object.spec.nodeName)).toEqual(['worker2', 'worker2'])
    set('True')
    expect(world.get('Node', 'worker', '').spec.taints ?? []).toEqual([])
  })

  test('pods of a node that is gone are removed, and made anew elsewhere', () => {
    const world = lab(deployment('web', 4))
    world.edit((api) => api.delete('Node', '', 'worker')).play()
    expect(world.list('Pod').map(({ object }) => object.spec.nodeName)).toEqual(Array(4).fill('worker2'))
  })
})
