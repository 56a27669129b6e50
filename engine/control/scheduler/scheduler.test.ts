import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/types.ts'
import { ControlLab, deployment, type NodeSpec, workers } from '../../testing/control-lab.ts'
import { eventsAbout } from '../events.ts'
import { milliCpu, quantity } from '../quantity.ts'
import { fitError } from './controller.ts'
import { requestsOf } from './requests.ts'
import { tolerates } from './taints.ts'

const pod = (
  name: string,
  spec: Record<string, unknown> = {},
  container: Record<string, unknown> = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'nginx', ...container }], ...spec },
})
const asks = (cpu: string, memory = '64Mi') => ({ resources: { requests: { cpu, memory } } })
const place = (nodes: readonly NodeSpec[], ...pods: KubeObject[]) => {
  const lab = new ControlLab({ nodes, components: { only: ['kube-scheduler'] } })
  for (const each of pods) lab.apply(each).settle()
  return lab
}
const nodeOf = (lab: ControlLab, name: string): string | undefined => lab.get('Pod', name).spec.nodeName
const messageOf = (lab: ControlLab, name: string): string | undefined =>
  lab
    .get('Pod', name)
    .status?.conditions.find(
      ({ type, status }: Record<string, string>) => type === 'PodScheduled' && status === 'False',
    )?.message

const CONTROL_PLANE: NodeSpec = {
  name: 'control-plane',
  taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
}
const affinity = (key: string, operator: string, values?: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
      },
    },
  },
})

describe('where a pod goes', () => {
  const nodes: NodeSpec[] = [CONTROL_PLANE, { name: 'a', cpu: '1', labels: { disk: 'ssd' } }, { name: 'b', cpu: '8' }]
  test.each<[string, KubeObject, string]>([
    ['the emptier node', pod('p', {}, asks('500m')), 'b'],
    ['by nodeSelector', pod('p', { nodeSelector: { disk: 'ssd' } }), 'a'],
    ['by required affinity', pod('p', affinity('disk', 'In', ['ssd'])), 'a'],
    ['by an affinity that excludes', pod('p', affinity('disk', 'DoesNotExist')), 'b'],
    ['where there is room', pod('p', {}, asks('4')), 'b'],
    [
      'behind a tolerated taint',
      pod('p', { tolerations: [{ operator: 'Exists' }], nodeSelector: { 'kubernetes.io/hostname': 'control-plane' } }),
      'control-plane',
    ],
  ])('%s', (_what, object, node) => expect(nodeOf(place(nodes, object), 'p')).toBe(node))

  test('a host port that is taken there sends the next pod elsewhere, and the third waits', () => {
    const port = { ports: [{ containerPort: 80, hostPort: 8080 }] }
    const lab = place(workers(2), pod('p1', {}, port), pod('p2', {}, port), pod('p3', {}, port))
    expect(new Set([nodeOf(lab, 'p1'), nodeOf(lab, 'p2')])).toEqual(new Set(['worker', 'worker2']))
    expect(messageOf(lab, 'p3')).toContain("2 node(s) didn't have free ports for the requested pod ports.")
  })

  test('pods of one owner are spread', () => {
    const lab = new ControlLab({ nodes: workers(3) }).apply(deployment('web', 9)).settle()
    const counts = workers(3).map(
      ({ name }) => lab.list('Pod').filter(({ object }) => object.spec.nodeName === name).length,
    )
    expect(counts).toEqual([3, 3, 3])
  })

  test('a pod with a node given stays there and counts', () => {
    const lab = place(
      [{ name: 'a', cpu: '1' }],
      pod('given', { nodeName: 'a' }, asks('800m')),
      pod('p', {}, asks('500m')),
    )
    expect(messageOf(lab, 'p')).toContain('1 Insufficient cpu')
  })
})

describe('neighbours', () => {
  const zone = (name: string, value: string): NodeSpec => ({ name, labels: { zone: value } })
  const nodes = [zone('a1', 'a'), zone('a2', 'a'), zone('b1', 'b')]
  const labelled = (name: string, spec: Record<string, unknown>): KubeObject => ({
    ...pod(name, spec),
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
  })
  const selector = { labelSelector: { matchLabels: { app: 'web' } } }
  const term = (topologyKey: string) => ({
    requiredDuringSchedulingIgnoredDuringExecution: [{ ...selector, topologyKey }],
  })
  const zonesOf = (lab: ControlLab) =>
    lab.list('Pod').map(({ object }) => (object.spec.nodeName ? object.spec.nodeName[0] : '-'))

  test('anti-affinity: one in each zone, the third waits', () => {
    const apart = { affinity: { podAntiAffinity: term('zone') } }
    const lab = place(nodes, ...['p1', 'p2', 'p3'].map((name) => labelled(name, apart)))
    expect(zonesOf(lab).sort()).toEqual(['-', 'a', 'b'])
    expect(messageOf(lab, 'p3')).toContain("3 node(s) didn't match pod anti-affinity rules.")
  })

  test('affinity: where the first one is, and the first one anywhere', () => {
    const near = { affinity: { podAffinity: term('zone') } }
    expect(new Set(zonesOf(place(nodes, ...['p1', 'p2', 'p3', 'p4'].map((name) => labelled(name, near))))).size).toBe(1)
  })

  test('affinity to what is not there', () => {
    const lab = place(nodes, {
      ...labelled('p', { affinity: { podAffinity: term('zone') } }),
      metadata: { name: 'p', namespace: 'default' },
    })
    expect(messageOf(lab, 'p')).toContain("3 node(s) didn't match pod affinity rules.")
  })

  test('a spread constraint keeps zones within its skew', () => {
    const spread = {
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', ...selector }],
    }
    const lab = place(nodes, ...['p1', 'p2', 'p3', 'p4'].map((name) => labelled(name, spread)))
    expect(zonesOf(lab).sort()).toEqual(['a', 'a', 'b', 'b'])
  })
})

describe('why a pod waits', () => {
  const preemption = (nodes: number, text: string) =>
    ` no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${text}.`
  test.each<[string, NodeSpec[], KubeObject, string]>([
    ['no nodes at all', [], pod('p'), 'no nodes available to schedule pods'],
    [
      'a taint here, no room there',
      [CONTROL_PLANE, ...workers(3)],
      pod('p', {}, asks('64')),
      `0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu.${preemption(4, '4 Preemption is not helpful for scheduling')}`,
    ],
    [
      'neither cpu nor memory',
      workers(1),
      pod('p', {}, asks('64', '1Ti')),
      `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.${preemption(1, '1 Preemption is not helpful for scheduling')}`,
    ],
    [
      'no such label',
      workers(2),
      pod('p', { nodeSelector: { disk: 'ssd' } }),
      `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.${preemption(2, '2 Preemption is not helpful for scheduling')}`,
    ],
    [
      'a cordoned node',
      [{ name: 'a', unschedulable: true }],
      pod('p'),
      `0/1 nodes are available: 1 node(s) were unschedulable.${preemption(1, '1 Preemption is not helpful for scheduling')}`,
    ],
    [
      '110 pods are enough',
      [{ name: 'a', pods: '0' }],
      pod('p'),
      `0/1 nodes are available: 1 Too many pods.${preemption(1, '1 No preemption victims found for incoming pod')}`,
    ],
  ])('%s', (_what, nodes, object, message) => {
    const lab = place(nodes, object)
    expect(messageOf(lab, 'p')).toBe(message)
    expect(
      eventsAbout(lab.sim.world, lab.cluster, 'Pod/default/p').map(({ type, reason, message: text }) => [
        type,
        reason,
        text,
      ]),
    ).toEqual([['Warning', 'FailedScheduling', message]])
  })

  test('as Kubernetes 1.20 said it', () => {
    expect(
      fitError(
        2,
        [
          { reasons: ['Insufficient cpu'], evictable: true },
          { reasons: ['Insufficient cpu'], evictable: true },
        ],
        true,
      ),
    ).toBe('0/2 nodes are available: 2 Insufficient cpu.')
  })

  test('it goes as soon as room is made, or a node comes', () => {
    const lab = place([{ name: 'a', cpu: '1' }], pod('big', {}, asks('800m')), pod('p', {}, asks('500m')))
    expect(nodeOf(lab, 'p')).toBeUndefined()
    lab.edit((api) => api.delete('Pod', 'default', 'big', { graceSeconds: 0 })).settle()
    expect(nodeOf(lab, 'p')).toBe('a')
    lab.apply(pod('q', {}, asks('900m'))).settle()
    expect(nodeOf(lab, 'q')).toBeUndefined()
    lab
      .edit((api) =>
        api.create({
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: 'b' },
          status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } },
        }),
      )
      .settle()
    expect(nodeOf(lab, 'q')).toBe('b')
  })

  test('scheduling gates hold it back', () => {
    const lab = place(workers(1), pod('p', { schedulingGates: [{ name: 'wait' }] }))
    expect(lab.get('Pod', 'p').status.conditions[0]).toMatchObject({ reason: 'SchedulingGated' })
  })
})

test.each([
  ['100m', 100],
  ['1', 1000],
  ['0.5', 500],
  [2, 2000],
  ['1500u', 2],
  ['', 0],
])('cpu %j is %i thousandths', (text, thousandths) => expect(milliCpu(text)).toBe(thousandths))

test.each([
  ['64Mi', 64 * 2 ** 20],
  ['1G', 1e9],
  ['128974848', 128974848],
  ['1e3', 1000],
  ['nonsense', 0],
])('quantity %j is %i', (text, value) => expect(quantity(text)).toBe(value))

test('a pod asks for its containers and sidecars together, or for its largest init step', () => {
  const container = (cpu: string, more = {}) => ({ name: cpu, ...asks(cpu, '0'), ...more })
  const spec = {
    initContainers: [container('50m', { restartPolicy: 'Always' }), container('700m')],
    containers: [container('100m'), container('200m')],
  }
  expect(requestsOf(spec).cpu).toBe(750)
  expect(requestsOf({ ...spec, initContainers: spec.initContainers.slice(0, 1) }).cpu).toBe(350)
})

test.each([
  [[{ operator: 'Exists' }], true],
  [[{ key: 'gpu', operator: 'Exists' }], true],
  [[{ key: 'gpu', value: 'yes' }], true],
  [[{ key: 'gpu', operator: 'Equal', value: 'no' }], false],
  [[{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }], false],
  [[], false],
])('%j tolerates gpu=yes:NoSchedule: %s', (tolerations, answer) =>
  expect(tolerates(tolerations, { key: 'gpu', value: 'yes', effect: 'NoSchedule' })).toBe(answer),
)
