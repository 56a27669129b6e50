import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/types.ts'
import { ControlLab, nodeObject, template, workers } from '../testing/control-lab.ts'
import { findings } from './findings.ts'

const workload = (
  kind: string,
  name: string,
  spec: Record<string, unknown>,
  podSpec: Record<string, unknown> = {},
): KubeObject => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: {
    ...(kind === 'Job' ? {} : { selector: { matchLabels: { app: name } } }),
    template: template(name, {}, podSpec),
    ...spec,
  },
})
const lab = (...objects: KubeObject[]) => new ControlLab({ nodes: workers(3) }).apply(...objects)

describe('a StatefulSet', () => {
  const set = (spec: Record<string, unknown> = {}) =>
    workload('StatefulSet', 'web', { serviceName: 'web', replicas: 3, ...spec })

  test('numbers its pods and gives them their host names', () => {
    const world = lab(set()).play()
    expect(world.names('Pod')).toEqual(['web-0', 'web-1', 'web-2'])
    const { metadata, spec } = world.get('Pod', 'web-1')
    expect(metadata.labels).toMatchObject({
      'statefulset.kubernetes.io/pod-name': 'web-1',
      'apps.kubernetes.io/pod-index': '1',
    })
    expect([spec.hostname, spec.subdomain]).toEqual(['web-1', 'web'])
    expect(world.get('StatefulSet', 'web').status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
    })
    expect(world.rewrites()).toEqual([])
  })

  test('makes one after the other is ready', () => expect(lab(set()).settle().names('Pod')).toEqual(['web-0']))
  test('makes all at once if told so', () =>
    expect(
      lab(set({ podManagementPolicy: 'Parallel' }))
        .settle()
        .names('Pod'),
    ).toEqual(['web-0', 'web-1', 'web-2']))
  test('begins where it is told', () =>
    expect(
      lab(set({ ordinals: { start: 5 }, replicas: 2 }))
        .play()
        .names('Pod'),
    ).toEqual(['web-5', 'web-6']))
  test('shrinks from the top', () =>
    expect(
      lab(set())
        .play()
        .apply(set({ replicas: 1 }))
        .play()
        .names('Pod'),
    ).toEqual(['web-0']))

  test('makes a deleted pod anew under its name', () => {
    const world = lab(set()).play()
    const { uid } = world.get('Pod', 'web-1').metadata
    world.edit((api) => api.delete('Pod', 'default', 'web-1')).play()
    expect(world.names('Pod')).toEqual(['web-0', 'web-1', 'web-2'])
    expect(world.get('Pod', 'web-1').metadata.uid).not.toBe(uid)
  })

  test('rolls out from the top, and not below the partition', () => {
    const changed = (partition: number): KubeObject => ({
      ...set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } }),
      spec: {
        ...set().spec,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } },
        template: template('web', { image: 'new' }),
      },
    })
    const world = lab(set()).play()
    const images = () => world.list('Pod').map(({ object }) => object.spec.containers[0].image)
    world.apply(changed(1)).play()
    expect(images()).toEqual(['nginx:1.27', 'new', 'new'])
    world.apply(changed(0)).play()
    expect(images()).toEqual(['new', 'new', 'new'])
  })

  test('names the volume claims that it does not make', () => {
    const world = lab(set({ volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] })).play()
    expect(world.get('Pod', 'web-0').spec.volumes[0]).toMatchObject({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-web-0' },
    })
    expect(findings(world.sim.world).map(({ code, object }) => [code, object])).toEqual([
      ['not-modelled', 'StatefulSet/default/web'],
    ])
  })
})

describe('a DaemonSet', () => {
  const set = (podSpec: Record<string, unknown> = {}, image = 'nginx') =>
    workload('DaemonSet', 'agent', { template: template('agent', { image }, podSpec) })
  const nodesOf = (world: ControlLab) =>
    world
      .list('Pod')
      .map(({ object }) => object.spec.nodeName)
      .sort()

  test('has one pod on every node, by affinity to its name', () => {
    const world = lab(set()).play()
    expect(nodesOf(world)).toEqual(['worker', 'worker2', 'worker3'])
    const { affinity, tolerations } = world.list('Pod')[0].object.spec
    expect(
      affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key,
    ).toBe('metadata.name')
    expect(tolerations).toContainEqual({
      key: 'node.kubernetes.io/unschedulable',
      operator: 'Exists',
      effect: 'NoSchedule',
    })
    expect(world.get('DaemonSet', 'agent').status).toEqual({
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      desiredNumberScheduled: 3,
      numberReady: 3,
      observedGeneration: 1,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
    })
    expect(world.rewrites()).toEqual([])
  })

  test('follows its node selector and the labels of nodes', () => {
    const world = lab(set({ nodeSelector: { role: 'edge' } })).play()
    expect(nodesOf(world)).toEqual([])
    world.edit((api) => api.patch('Node', '', 'worker2', { metadata: { labels: { role: 'edge' } } })).play()
    expect(nodesOf(world)).toEqual(['worker2'])
    world.edit((api) => api.patch('Node', '', 'worker2', { metadata: { labels: { role: null } } })).play()
    expect(nodesOf(world)).toEqual([])
  })

  test('stays off a tainted node, and joins a new one without renaming the others', () => {
    const world = lab(nodeObject({ name: 'tainted', taints: [{ key: 'gpu', effect: 'NoSchedule' }] }), set()).play()
    const before = world.names('Pod')
    expect(nodesOf(world)).toEqual(['worker', 'worker2', 'worker3'])
    world.apply(nodeObject({ name: 'worker0' })).play()
    expect(nodesOf(world)).toEqual(['worker', 'worker0', 'worker2', 'worker3'])
    expect(world.names('Pod')).toEqual(expect.arrayContaining(before))
  })

  test('rolls out node by node', () => {
    const world = lab(set()).play().apply(set({}, 'new')).play()
    expect(world.list('Pod').map(({ object }) => object.spec.containers[0].image)).toEqual(['new', 'new', 'new'])
  })
})

describe('a Job', () => {
  const job = (spec: Record<string, unknown>) => workload('Job', 'sum', spec, { restartPolicy: 'Never' })
  /** Ends every running pod in this way, until nothing runs. */
  const end = (world: ControlLab, phase: string, most = 20) => {
    for (let round = 0; round < most; round++) {
      world.play()
      const running = world.list('Pod').filter(({ object }) => object.status?.phase === 'Running')
      if (running.length === 0) return world
      world.edit((api) => {
        for (const { name, object } of running) api.updateStatus('Pod', 'default', name, { ...object.status, phase })
      })
    }
    return world
  }

  test('runs its completions, so many at once, and is complete', () => {
    const world = lab(job({ completions: 5, parallelism: 2 })).play()
    expect(world.list('Pod')).toHaveLength(2)
    end(world, 'Succeeded')
    expect(world.list('Pod')).toHaveLength(5)
    const { status } = world.get('Job', 'sum')
    expect(status).toMatchObject({ succeeded: 5, ready: 0 })
    expect(status.conditions.map(({ type }: { type: string }) => type)).toEqual(['SuccessCriteriaMet', 'Complete'])
    expect(world.rewrites()).toEqual([])
  })

  test('gives up after its backoff limit', () => {
    const world = end(lab(job({ backoffLimit: 2 })), 'Failed')
    expect(world.list('Pod')).toHaveLength(3)
    expect(
      world.get('Job', 'sum').status.conditions.map(({ type, reason }: Record<string, string>) => [type, reason]),
    ).toEqual([
      ['FailureTarget', 'BackoffLimitExceeded'],
      ['Failed', 'BackoffLimitExceeded'],
    ])
  })

  test('numbers its pods if it is indexed', () => {
    const world = end(lab(job({ completions: 3, parallelism: 3, completionMode: 'Indexed' })), 'Succeeded')
    expect(
      world
        .list('Pod')
        .map(({ object }) => object.spec.hostname)
        .sort(),
    ).toEqual(['sum-0', 'sum-1', 'sum-2'])
  })

  test('has no pods while suspended', () => {
    const world = lab(job({ suspend: true })).play()
    expect(world.list('Pod')).toEqual([])
    expect(
      world
        .apply(job({ suspend: false }))
        .play()
        .list('Pod'),
    ).toHaveLength(1)
  })
})
