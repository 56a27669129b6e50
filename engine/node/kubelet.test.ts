import { describe, expect, test } from 'vitest'
import { apiOf } from '../api/store.ts'
import type { Api, KubeObject } from '../api/types.ts'
import { setComponents } from '../control/components.ts'
import { eventsAbout } from '../control/events.ts'
import { loadScenario } from '../scenario.ts'
import type { Simulation } from '../simulation.ts'

/** A pod by text, on the default cluster; other documents may follow. */
const podText = (spec: string, metadata = 'name: p') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {${metadata}}\nspec: ${spec}`

function world(...documents: string[]): { sim: Simulation; api: Api; pod: (name?: string) => KubeObject } {
  const loaded = loadScenario({ files: [{ name: 'test.yaml', text: documents.join('\n---\n') }] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics))
  const { sim } = loaded.running
  const api = apiOf(sim.world)
  const pod = (name = 'p') => {
    const row = api.get('Pod', 'default', name)
    if (!row) throw new Error(`no pod ${name}`)
    return row.object
  }
  return { sim, api, pod }
}

function edit(sim: Simulation, change: (api: Api) => void): void {
  sim.transact('edit', (ctx) => change(apiOf(ctx)))
}

const reasons = (sim: Simulation, name = 'p') =>
  eventsAbout(sim.world, apiOf(sim.world).cluster, `Pod/default/${name}`).map(({ reason }) => reason)
const conditions = (pod: KubeObject): Record<string, string> =>
  Object.fromEntries(pod.status.conditions.map(({ type, status }: { type: string; status: string }) => [type, status]))
const NGINX = '{containers: [{name: c, image: nginx}]}'

describe('an ordinary pod', () => {
  const { sim, pod } = world(podText(NGINX))
  const object = pod()
  const sandbox = sim.world.rows('podSandbox').find(({ name }) => name === 'p')

  test('is Running and Ready, with its addresses and times', () => {
    expect(object.status).toMatchObject({
      phase: 'Running',
      hostIP: expect.stringMatching(/^192\.168\.10\./),
      podIP: expect.stringMatching(/^10\.244\./),
      qosClass: 'BestEffort',
    })
    expect(object.status.podIPs).toEqual([{ ip: object.status.podIP }])
    expect(conditions(object)).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    })
    expect(object.status.containerStatuses).toMatchObject([
      {
        name: 'c',
        ready: true,
        started: true,
        restartCount: 0,
        image: 'docker.io/library/nginx:latest',
        state: { running: {} },
      },
    ])
  })

  test('has a netns with lo and eth0, its address on it', () => {
    const netns = sandbox?.netns ?? ''
    expect(sim.world.get('netns', netns)?.path).toMatch(/^\/run\/netns\/cni-[0-9a-f-]{36}$/)
    expect(sim.world.by('link', 'netns', netns).map(({ name, up }) => [name, up])).toEqual([
      ['lo', true],
      ['eth0', true],
    ])
    expect(sim.world.by('addr', 'netns', netns).map(({ address }) => address)).toContain(object.status.podIP)
  })

  test('listens', () =>
    expect(
      sim.world
        .by('socket', 'netns', sandbox?.netns ?? '')
        .filter(({ state }) => state === 'LISTEN')
        .map(({ localPort }) => localPort),
    ).toContain(80))

  test('has the files that a kubelet mounts', () => {
    const file = (path: string) => sim.world.get('file', `${sandbox?.netns}|${path}`)?.text
    expect(file('/etc/resolv.conf')).toContain('nameserver 10.96.0.10')
    expect(file('/etc/hosts')).toContain(`${object.status.podIP}\tp\n`)
  })

  test('was written by its kubelet twice: on admission and when it ran', () => {
    const writes = sim.world
      .changes(0)
      .filter(({ table, id, before, after }) => table === 'object' && id === 'Pod/default/p' && before && after)
    const phases = writes.map(({ after }) => (after as unknown as { object: KubeObject }).object.status?.phase)
    expect(phases.filter((phase) => phase === 'Running')).toHaveLength(1)
    expect(writes.length).toBeLessThanOrEqual(4) // waiting for a node, bound, admitted, running
  })

  test('has the events of a start', () =>
    expect(reasons(sim)).toEqual(expect.arrayContaining(['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started'])))

  test('leaves nothing behind when it is deleted', () => {
    edit(sim, (api) => api.delete('Pod', 'default', 'p'))
    expect(pod().metadata.deletionTimestamp).toBeDefined()
    sim.settle()
    expect(() => pod()).toThrow()
    expect(sim.world.get('netns', sandbox?.netns ?? '')).toBeUndefined()
    expect(sim.world.rows('podSandbox').some(({ name }) => name === 'p')).toBe(false)
    expect(
      sim.world.rows('file').filter(({ scope, text }) => scope === sandbox?.netns || text === sandbox?.containerId),
    ).toEqual([])
    expect(sim.world.rows('app').filter(({ netns }) => netns === sandbox?.netns)).toEqual([])
  })
})

test('a pod with hostNetwork has its node’s address and netns, and CNI is not asked', () => {
  const { sim, pod } = world(podText('{hostNetwork: true, containers: [{name: c, image: nginx}]}'))
  const { hostIP, podIP } = pod().status
  expect(podIP).toBe(hostIP)
  expect(sim.world.rows('cniExec').filter((row) => row.pod.name === 'p')).toEqual([])
  const node = pod().spec.nodeName
  expect(sim.world.by('socket', 'port', `${node}|tcp|80`)).not.toEqual([])
})

describe('probes', () => {
  const probed = (probe: string) =>
    podText(`{containers: [{name: c, image: nginx, ports: [{name: http, containerPort: 80}], ${probe}}]}`)
  test.each([
    ['readiness on the right port', 'readinessProbe: {tcpSocket: {port: 80}}', 'True'],
    ['by port name', 'readinessProbe: {httpGet: {port: http, path: /}}', 'True'],
    ['on a port where nothing listens', 'readinessProbe: {httpGet: {port: 81, path: /}}', 'False'],
    [
      'behind a startup probe that passes',
      'startupProbe: {tcpSocket: {port: 80}}, readinessProbe: {tcpSocket: {port: 80}}',
      'True',
    ],
    [
      'behind a startup probe that fails',
      'startupProbe: {tcpSocket: {port: 81}}, readinessProbe: {tcpSocket: {port: 80}}',
      'False',
    ],
    ['by a program', 'readinessProbe: {exec: {command: [check]}}', 'True'],
  ])('%s', (_what, probe, ready) => expect(conditions(world(probed(probe)).pod()).Ready).toBe(ready))

  test('say why they fail', () => {
    const { sim, pod } = world(probed('readinessProbe: {httpGet: {port: 81, path: /healthz}}'))
    const [unhealthy] = eventsAbout(sim.world, apiOf(sim.world).cluster, 'Pod/default/p').filter(
      ({ reason }) => reason === 'Unhealthy',
    )
    const { podIP } = pod().status
    expect(unhealthy.message).toBe(
      `Readiness probe failed: Get "http://${podIP}:81/healthz": dial tcp ${podIP}:81: connect: connection refused`,
    )
    expect(pod().status.conditions.find(({ type }: { type: string }) => type === 'Ready')).toMatchObject({
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [c]',
    })
  })

  test('wait for their initial delay', () => {
    const { sim, pod } = world(probed('readinessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 20}'))
    expect(conditions(pod()).Ready).toBe('True')
    expect(sim.clock.now).toBeGreaterThan(20_000_000)
  })

  test('a liveness probe that fails restarts its container in the background', () => {
    const { sim, pod } = world(probed('livenessProbe: {tcpSocket: {port: 81}, periodSeconds: 5}'))
    expect(pod().status.containerStatuses[0].restartCount).toBe(0)
    sim.runWhile(() => true, { withinUs: 30_000_000 })
    expect(pod().status.containerStatuses[0].restartCount).toBeGreaterThan(0)
    expect(reasons(sim)).toContain('Killing')
    expect(sim.settled).toBe(true)
  })

  test('cost nothing while nothing changes', () => {
    const { sim } = world(probed('readinessProbe: {tcpSocket: {port: 80}}, livenessProbe: {tcpSocket: {port: 80}}'))
    const before = sim.moment
    sim.runWhile(() => true, { withinUs: 3_600_000_000 })
    expect(sim.moment - before).toBeLessThan(5)
  })
})

describe('containers that end', () => {
  const busybox = (policy: string, command: string) =>
    podText(`{restartPolicy: ${policy}, containers: [{name: c, image: busybox, command: ${command}}]}`)
  test.each([
    ['Never', '["true"]', 'Succeeded'],
    ['Never', '["false"]', 'Failed'],
    ['OnFailure', '["true"]', 'Succeeded'],
    ['Never', '[sh, -c, "sleep 1; exit 3"]', 'Failed'],
    ['Always', '[sleep, "3600"]', 'Running'],
    ['Never', '[sh, -c, "while true; do sleep 1; done"]', 'Running'],
  ])('%s %s: %s', (policy, command, phase) => expect(world(busybox(policy, command)).pod().status.phase).toBe(phase))

  test('a finished pod gives its network back and keeps its record', () => {
    const { sim, pod } = world(busybox('Never', '["true"]'))
    const sandbox = sim.world.rows('podSandbox').find(({ name }) => name === 'p')
    expect(sim.world.get('netns', sandbox?.netns ?? '')).toBeUndefined()
    expect(pod().status.podIP).toMatch(/^10\.244\./)
    expect(pod().status.containerStatuses[0].state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' })
  })

  test('a crash loop is settled, and backs off', () => {
    const { sim, pod } = world(busybox('Always', '["false"]'))
    expect(sim.settled).toBe(true)
    const [status] = pod().status.containerStatuses
    expect(status.state.waiting.reason).toBe('CrashLoopBackOff')
    expect(status.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
    sim.runWhile(() => true, { withinUs: 120_000_000 })
    const { restartCount } = pod().status.containerStatuses[0]
    expect(restartCount).toBeGreaterThan(2)
    expect(restartCount).toBeLessThan(10)
    expect(reasons(sim)).toContain('BackOff')
  })

  test('two containers on one port: the second dies', () => {
    const { pod } = world(podText('{containers: [{name: a, image: nginx}, {name: b, image: nginx}]}'))
    const [a, b] = pod().status.containerStatuses
    expect([a.ready, b.ready]).toEqual([true, false])
    expect(conditions(pod()).Ready).toBe('False')
  })
})

test('init containers run one after the other before the others, sidecars stay', () => {
  const { pod } = world(
    podText(
      '{initContainers: [{name: first, image: busybox, command: [sleep, "2"]}, {name: side, image: nginx, restartPolicy: Always}], containers: [{name: c, image: redis}]}',
    ),
  )
  const [first, side] = pod().status.initContainerStatuses
  expect(first.state.terminated).toMatchObject({ exitCode: 0 })
  expect(side).toMatchObject({ ready: true, started: true })
  expect(conditions(pod())).toMatchObject({ Initialized: 'True', Ready: 'True' })
})

test('an init container that fails keeps the pod from starting', () => {
  const { pod } = world(
    podText(
      '{initContainers: [{name: first, image: busybox, command: ["false"]}], containers: [{name: c, image: redis}]}',
    ),
  )
  expect(pod().status.phase).toBe('Pending')
  expect(conditions(pod())).toMatchObject({ Initialized: 'False', Ready: 'False' })
  expect(pod().status.initContainerStatuses[0].state.waiting.reason).toBe('CrashLoopBackOff')
})

test('a Job’s pods end by themselves and the Job is complete', () => {
  const { api } = world(
    'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {completions: 2, template: {spec: {restartPolicy: Never, containers: [{name: c, image: perl}]}}}',
  )
  expect(api.get('Job', 'default', 'j')?.object.status).toMatchObject({ succeeded: 2 })
})

test('shells that ignore SIGTERM are killed when their grace is over, servers stop at once', () => {
  const { sim } = world(
    podText('{containers: [{name: c, image: busybox, command: [sleep, "3600"]}]}', 'name: slow'),
    podText(NGINX, 'name: quick'),
  )
  const took = (name: string) => {
    const from = sim.clock.now
    edit(sim, (api) => api.delete('Pod', 'default', name))
    sim.settle()
    return sim.clock.now - from
  }
  expect(took('quick')).toBeLessThan(3_000_000)
  expect(took('slow')).toBeGreaterThan(29_000_000)
})

test('a pod removed by force and made anew under its name is another pod', () => {
  const { sim, pod } = world(podText(NGINX))
  const before = sim.world.rows('podSandbox').find(({ name }) => name === 'p')
  edit(sim, (api) => {
    const { apiVersion, kind } = pod()
    api.delete('Pod', 'default', 'p', { graceSeconds: 0 })
    api.create({
      apiVersion,
      kind,
      metadata: { name: 'p', namespace: 'default' },
      spec: { nodeName: before?.node, containers: [{ name: 'c', image: 'nginx' }] },
    })
  })
  sim.settle()
  const sandboxes = sim.world.rows('podSandbox').filter(({ name }) => name === 'p')
  expect(sandboxes).toHaveLength(1)
  expect(sandboxes[0].netns).not.toBe(before?.netns)
  expect(sim.world.get('netns', before?.netns ?? '')).toBeUndefined()
  expect(pod().status.phase).toBe('Running')
})

test('without a network, nodes are NotReady and pods wait; hostNetwork pods run', () => {
  const cluster =
    'apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: c}\nspec: {networking: {cni: {name: none}}}'
  const { api, pod } = world(cluster, podText(NGINX))
  expect(pod().status.phase).toBe('Pending')
  const node = api.get('Node', '', 'worker')?.object
  expect(node?.status.conditions.find(({ type }: { type: string }) => type === 'Ready')).toMatchObject({
    status: 'False',
    reason: 'KubeletNotReady',
  })
  expect(node?.spec.taints).toContainEqual({ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' })
  expect(
    api
      .list('Pod', 'kube-system')
      .filter(({ object }) => object.spec.hostNetwork && object.status?.phase !== 'Running'),
  ).toEqual([])
})

test('a stopped kubelet starts nothing', () => {
  const loaded = loadScenario({
    files: [{ name: 'a.yaml', text: podText('{nodeName: worker, containers: [{name: c, image: nginx}]}') }],
    components: { stop: ['kubelet'] },
  })
  if (!loaded.ok) throw new Error('refused')
  expect(loaded.running.sim.world.rows('podSandbox')).toEqual([])
})

test('a second look of every controller and daemon at a whole world writes nothing', () => {
  const { sim } = world(
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 4, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx, readinessProbe: {tcpSocket: {port: 80}}}]}}}',
    'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}',
  )
  const state = () =>
    sim.world.dump(['object', 'podSandbox', 'netns', 'link', 'addr', 'route', 'nfChain', 'socket', 'app'])
  const before = state()
  sim.transact('stop', (ctx) => setComponents(ctx.tx, { only: [] }))
  sim.transact('start', (ctx) => setComponents(ctx.tx, undefined))
  sim.settle()
  expect(state()).toBe(before)
})

test.each([
  ['the whole map', '{name: conf, mountPath: /etc/nginx/conf.d}', '{name: web}', [8080, 9090]],
  ['one key of it', '{name: conf, mountPath: /etc/nginx/nginx.conf, subPath: a.conf}', '{name: web}', [8080]],
  [
    'the items chosen',
    '{name: conf, mountPath: /etc/nginx/conf.d}',
    '{name: web, items: [{key: b.conf, path: x.conf}]}',
    [9090],
  ],
  ['a map that is not there', '{name: conf, mountPath: /etc/nginx/conf.d}', '{name: gone, optional: true}', [80]],
])('a program reads the ConfigMap that is mounted: %s', (_what, mount, configMap, ports) => {
  const { sim } = world(
    podText(
      `{containers: [{name: c, image: nginx, volumeMounts: [${mount}]}], volumes: [{name: conf, configMap: ${configMap}}]}`,
    ),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a.conf: "server { listen 8080; }", b.conf: "server { listen 9090; }"}',
  )
  const netns = sim.world.rows('podSandbox').find(({ name }) => name === 'p')?.netns ?? ''
  const listening = sim.world.by('socket', 'netns', netns).map(({ localPort }) => localPort)
  expect([...new Set(listening)].sort((a, b) => a - b)).toEqual(ports)
})
