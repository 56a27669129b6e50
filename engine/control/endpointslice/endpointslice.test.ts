import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/types.ts'
import { ControlLab, nodeObject, workers } from '../../testing/control-lab.ts'

const ONLY = { only: ['endpointslice-controller', 'garbage-collector-controller'] }
const service = (spec: Record<string, unknown> = {}, labels?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', ...(labels ? { labels } : {}) },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
})

interface PodSpec {
  readonly ip?: string
  readonly ips?: readonly string[]
  readonly ready?: boolean
  readonly phase?: string
  readonly node?: string
  readonly ports?: readonly object[]
  readonly spec?: object
  readonly labels?: Record<string, string>
}
const pod = (
  name: string,
  { ip, ips, ready = true, phase = 'Running', node = 'worker', ports, spec, labels }: PodSpec = {},
): KubeObject => {
  const all = ips ?? (ip ? [ip] : [])
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'web', ...labels } },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'nginx', ...(ports ? { ports } : {}) }], ...spec },
    status: {
      phase,
      ...(all.length > 0 ? { podIP: all[0], podIPs: all.map((each) => ({ ip: each })) } : {}),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}
const lab = (...objects: KubeObject[]) =>
  new ControlLab({ nodes: workers(2), components: ONLY }).apply(...objects).settle()
const slices = (world: ControlLab) => world.list('EndpointSlice').map(({ object }) => object)
const addresses = (world: ControlLab) =>
  slices(world).flatMap(({ endpoints }) => (endpoints ?? []).map((each: { addresses: string[] }) => each.addresses[0]))

describe('one slice for a small Service', () => {
  test('with the labels, owner and names of the real controller', () => {
    const [slice, ...more] = slices(lab(service({}, { tier: 'front' }), pod('web-1', { ip: '10.244.1.11' })))
    expect(more).toEqual([])
    expect(slice).toMatchObject({
      apiVersion: 'discovery.k8s.io/v1',
      addressType: 'IPv4',
      metadata: {
        generateName: 'web-',
        labels: {
          tier: 'front',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true },
        ],
      },
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['10.244.1.11'],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'worker',
          targetRef: { kind: 'Pod', namespace: 'default', name: 'web-1' },
        },
      ],
    })
    expect(slice.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  test('stays in place, name included, through pods that come and go', () => {
    const world = lab(service())
    const [name] = world.names('EndpointSlice')
    expect(slices(world)[0].endpoints ?? []).toEqual([])
    world.apply(pod('web-1', { ip: '10.244.1.11' }), pod('web-2', { ip: '10.244.2.12' })).settle()
    expect(addresses(world)).toEqual(['10.244.1.11', '10.244.2.12'])
    world.edit((api) => api.delete('Pod', 'default', 'web-1', { graceSeconds: 0 })).settle()
    expect(addresses(world)).toEqual(['10.244.2.12'])
    expect(world.names('EndpointSlice')).toEqual([name])
  })

  test('goes with its Service', () => {
    const world = lab(service(), pod('web-1', { ip: '10.244.1.11' }))
    world.edit((api) => api.delete('Service', 'default', 'web')).settle()
    expect(slices(world)).toEqual([])
  })
})

describe('conditions of an endpoint', () => {
  const dying = (world: ControlLab) => world.edit((api) => api.delete('Pod', 'default', 'web-1')).settle()
  test.each([
    ['running and ready', true, false, {}, { ready: true, serving: true, terminating: false }],
    ['running, not ready', false, false, {}, { ready: false, serving: false, terminating: false }],
    ['terminating, still ready', true, true, {}, { ready: false, serving: true, terminating: true }],
    ['terminating, not ready', false, true, {}, { ready: false, serving: false, terminating: true }],
    [
      'not ready, but published',
      false,
      false,
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: false },
    ],
  ])('%s', (_what, ready, terminating, spec, conditions) => {
    const world = lab(service(spec), pod('web-1', { ip: '10.244.1.11', ready }))
    if (terminating) dying(world)
    expect(slices(world)[0].endpoints[0].conditions).toEqual(conditions)
  })

  test.each(['Succeeded', 'Failed'])('a pod that %s is none', (phase) => {
    expect(addresses(lab(service(), pod('web-1', { ip: '10.244.1.11', phase })))).toEqual([])
  })

  test('nor is one without an address', () => expect(addresses(lab(service(), pod('web-1')))).toEqual([]))
})

describe('ports', () => {
  test('named targets are looked up in each pod; pods that differ lie in slices of their own', () => {
    const named = (port: number) => [{ name: 'web', containerPort: port }]
    const world = lab(
      service({ ports: [{ port: 80, targetPort: 'web' }] }),
      pod('web-1', { ip: '10.244.1.11', ports: named(8080) }),
      pod('web-2', { ip: '10.244.1.12', ports: named(9090) }),
      pod('web-3', { ip: '10.244.1.13', ports: named(8080) }),
    )
    const found = slices(world).map(({ ports, endpoints }) => [
      ports[0].port,
      endpoints.map((each: { addresses: string[] }) => each.addresses[0]),
    ])
    expect(found.sort()).toEqual([
      [8080, ['10.244.1.11', '10.244.1.13']],
      [9090, ['10.244.1.12']],
    ])
  })

  test('a target name that no container has leaves the port out', () => {
    expect(
      slices(lab(service({ ports: [{ port: 80, targetPort: 'nope' }] }), pod('web-1', { ip: '10.244.1.11' })))[0]
        .ports ?? [],
    ).toEqual([])
  })

  test('without a target the Service port itself', () => {
    expect(slices(lab(service({ ports: [{ port: 80 }] }), pod('web-1', { ip: '10.244.1.11' })))[0].ports).toEqual([
      { name: '', port: 80, protocol: 'TCP' },
    ])
  })
})

test('a headless Service is marked, and its members keep their host names', () => {
  const world = lab(
    service({ clusterIP: 'None' }),
    pod('web-0', { ip: '10.244.1.11', spec: { hostname: 'web-0', subdomain: 'web' } }),
  )
  expect(slices(world)[0].metadata.labels).toHaveProperty('service.kubernetes.io/headless', '')
  expect(slices(world)[0].endpoints[0].hostname).toBe('web-0')
})

test('both families have slices of their own', () => {
  const world = lab(
    service({ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'], clusterIP: 'None' }),
    pod('web-1', { ips: ['10.244.1.11', 'fd00:10:244:1::b'] }),
  )
  expect(
    slices(world)
      .map(({ addressType, endpoints }) => [addressType, endpoints[0].addresses])
      .sort(),
  ).toEqual([
    ['IPv4', ['10.244.1.11']],
    ['IPv6', ['fd00:10:244:1::b']],
  ])
})

test.each([
  [undefined, undefined],
  ['PreferClose', { forZones: [{ name: 'b' }] }],
  ['PreferSameNode', { forZones: [{ name: 'b' }], forNodes: [{ name: 'far' }] }],
])('traffic distribution %s hints %j', (trafficDistribution, hints) => {
  const zoned = nodeObject({ name: 'far', labels: { 'topology.kubernetes.io/zone': 'b' } })
  const world = lab(
    zoned,
    service(trafficDistribution ? { trafficDistribution } : {}),
    pod('web-1', { ip: '10.244.1.11', node: 'far' }),
  )
  expect(slices(world)[0].endpoints[0].hints).toEqual(hints)
  expect(slices(world)[0].endpoints[0].zone).toBe('b')
})

test('without a selector somebody else keeps the slices', () => {
  expect(slices(lab(service({ selector: undefined }), pod('web-1', { ip: '10.244.1.11' })))).toEqual([])
})

describe('more than a hundred endpoints', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      pod(`web-${String(i).padStart(3, '0')}`, { ip: `10.244.${1 + (i >> 8)}.${i & 255}` }),
    )

  test('lie in slices of at most a hundred, each once', () => {
    const world = lab(service(), ...many(250))
    expect(
      slices(world)
        .map(({ endpoints }) => endpoints.length)
        .sort(),
    ).toEqual([100, 100, 50])
    expect(new Set(addresses(world)).size).toBe(250)
    expect(world.rewrites()).toEqual([])
  })

  test('one that goes touches one slice, one that comes fills a gap', () => {
    const world = lab(service(), ...many(250))
    const before = new Map(world.list('EndpointSlice').map((row) => [row.name, row]))
    const touched = () => world.list('EndpointSlice').filter((row) => before.get(row.name) !== row).length
    world.edit((api) => api.delete('Pod', 'default', 'web-120', { graceSeconds: 0 })).settle()
    expect(touched()).toBe(1)
    world.apply(pod('web-999', { ip: '10.244.9.9' })).settle()
    expect(
      slices(world)
        .map(({ endpoints }) => endpoints.length)
        .sort(),
    ).toEqual([100, 100, 50])
    expect(
      world
        .list('EndpointSlice')
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...before.keys()].sort())
  })
})

test('a slice that somebody damaged or removed is mended', () => {
  const world = lab(service(), pod('web-1', { ip: '10.244.1.11' }))
  const [name] = world.names('EndpointSlice')
  world.edit((api) => api.patch('EndpointSlice', 'default', name, { endpoints: [] })).settle()
  expect(addresses(world)).toEqual(['10.244.1.11'])
  world.edit((api) => api.delete('EndpointSlice', 'default', name)).settle()
  expect(addresses(world)).toEqual(['10.244.1.11'])
})

test('a pod whose labels change moves from one Service to the other', () => {
  const other: KubeObject = {
    ...service({ selector: { app: 'api' } }),
    metadata: { name: 'api', namespace: 'default' },
  }
  const world = lab(service(), other, pod('web-1', { ip: '10.244.1.11' }))
  world.edit((api) => api.patch('Pod', 'default', 'web-1', { metadata: { labels: { app: 'api' } } })).settle()
  const of = (name: string) =>
    slices(world)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
      .flatMap(({ endpoints }) => endpoints ?? [])
  expect([of('web').length, of('api').length]).toEqual([0, 1])
})
