import { beforeEach, describe, expect, test } from 'vitest'
import type { World } from '../core/world.ts'
import { apiOf } from './store.ts'
import { apiWorld } from './test-world.ts'
import type { Api, KubeObject } from './types.ts'

const configMap = (name: string, data: Record<string, string> = {}, metadata = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})

let world: World
let api: Api
beforeEach(() => {
  world = apiWorld()
  api = apiOf(world)
})

const made = (object: KubeObject) => {
  const result = api.create(object)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

describe('create', () => {
  test('the server sets namespace, uid, creation time and resourceVersion', () => {
    const { object, id } = made(configMap('a'))
    expect(id).toBe('ConfigMap/default/a')
    expect(object.metadata).toMatchObject({
      name: 'a',
      namespace: 'default',
      creationTimestamp: '2026-01-01T00:00:04Z',
      resourceVersion: '1',
    })
    expect(object.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('a given uid is kept', () => {
    expect(made(configMap('a', {}, { uid: 'given' })).object.metadata.uid).toBe('given')
  })

  test('an object made anew under the same name has another uid, other objects keep theirs', () => {
    const first = made(configMap('a')).object.metadata.uid
    api.delete('ConfigMap', 'default', 'a')
    expect(made(configMap('a')).object.metadata.uid).not.toBe(first)
    const other = apiOf(apiWorld()).create(configMap('a'))
    expect(other.ok && other.value.object.metadata.uid).toBe(first)
  })

  test('generateName gives different names from one seeded stream', () => {
    const names = [1, 2].map(() => made(configMap('', {}, { generateName: 'web-' })).name)
    expect(new Set(names).size).toBe(2)
    for (const name of names) expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  test.each([
    ['the name is taken', configMap('taken'), 'AlreadyExists', 'configmaps "taken" already exists'],
    ['no such namespace', configMap('a', {}, { namespace: 'x' }), 'NotFound', 'namespaces "x" not found'],
    [
      'no name',
      configMap(''),
      'Invalid',
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
  ])('refused: %s', (_what, object, reason, message) => {
    made(configMap('taken'))
    const result = api.create(object)
    expect(result.ok ? undefined : [result.error.reason, result.error.message]).toEqual([reason, message])
  })

  test('without admission what is refused is stored all the same', () => {
    const result = apiOf(world, undefined, { admission: false }).create(
      configMap('Not_A_Name', {}, { namespace: 'nowhere' }),
    )
    expect(result.ok && result.value.id).toBe('ConfigMap/nowhere/Not_A_Name')
  })
})

describe('update', () => {
  test('writing what is there already writes nothing', () => {
    const row = made(configMap('a', { k: 'v' }))
    const position = world.position
    expect(api.update(row.object).ok && api.apply(configMap('a', { k: 'v' })).ok).toBe(true)
    expect(world.position).toBe(position)
  })

  test('a stale resourceVersion is a conflict', () => {
    const row = made(configMap('a'))
    api.apply(configMap('a', { k: 'v' }))
    const result = api.update({ ...row.object, data: { k: 'w' } })
    expect(result.ok ? '' : result.error.message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    )
  })

  test('status is kept by update and apply, and set by updateStatus', () => {
    made({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { n: 1 } })
    api.updateStatus('Thing.example.com', 'default', 'a', { ready: true })
    api.apply({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { n: 2 } })
    const row = api.get('Thing.example.com', 'default', 'a')
    expect(row?.object).toMatchObject({ spec: { n: 2 }, status: { ready: true }, metadata: { generation: 2 } })
  })

  test('generation counts changes of the desired state only', () => {
    made({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { n: 1 } })
    api.patch('Thing.example.com', 'default', 'a', { metadata: { labels: { x: 'y' } } })
    api.updateStatus('Thing.example.com', 'default', 'a', { ready: true })
    expect(api.get('Thing.example.com', 'default', 'a')?.object.metadata.generation).toBe(1)
  })

  test('a pod that is bound to its node is still of the first generation', () => {
    made({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    })
    api.patch('Pod', 'default', 'p', { spec: { nodeName: 'worker' } })
    expect(api.get('Pod', 'default', 'p')?.object.metadata.generation).toBe(1)
    api.patch('Pod', 'default', 'p', { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } })
    const object = api.get('Pod', 'default', 'p')?.object
    expect([object?.metadata.generation, object?.spec.nodeName]).toEqual([2, 'worker'])
  })

  test('a merge patch removes what is null and keeps the rest', () => {
    made(configMap('a', { k: 'v', l: 'w' }))
    const result = api.patch('ConfigMap', 'default', 'a', { data: { k: null } })
    expect(result.ok && result.value.object.data).toEqual({ l: 'w' })
  })

  test('an update of an absent object is NotFound', () => {
    const result = api.update(configMap('gone'))
    expect(result.ok ? '' : result.error.message).toBe('configmaps "gone" not found')
  })
})

describe('delete', () => {
  test('a finalizer holds the object until it is taken away', () => {
    made(configMap('a', {}, { finalizers: ['example.com/hold'] }))
    api.delete('ConfigMap', 'default', 'a')
    expect(api.get('ConfigMap', 'default', 'a')?.object.metadata.deletionTimestamp).toBe('2026-01-01T00:00:04Z')
    api.patch('ConfigMap', 'default', 'a', { metadata: { finalizers: null } })
    expect(api.get('ConfigMap', 'default', 'a')).toBeUndefined()
  })

  test('what is not there is NotFound', () => {
    const result = api.delete('ConfigMap', 'default', 'a')
    expect(result.ok ? '' : result.error.message).toBe('configmaps "a" not found')
  })
})

describe('several clusters', () => {
  test('the first has plain ids, the second its name in front; they do not see each other', () => {
    made(configMap('a'))
    const second = apiOf(world, 'east').create(configMap('a'))
    expect(second.ok && second.value.id).toBe('east:ConfigMap/default/a')
    expect([api.list('ConfigMap').length, apiOf(world, 'east').list('ConfigMap').length]).toEqual([1, 1])
  })
})
