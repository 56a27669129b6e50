import { beforeAll, describe, expect, test } from 'vitest'
import { loadScenario } from '../scenario.ts'
import type { Simulation } from '../simulation.ts'
import { askDns } from './dns.ts'
import { type TraceAnswer, type TraceRequest, traceRequest } from './trace.ts'

/** Whole clusters from text, asked as `headless.md` says. Expectations: services.md 3.5 and oracle.md 5. */
const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: nginx, ports: [{ name: http, containerPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http, nodePort: 30080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: local }
spec: { type: NodePort, externalTrafficPolicy: Local, selector: { app: web }, ports: [{ port: 80, nodePort: 30081 }] }
---
apiVersion: v1
kind: Service
metadata: { name: none }
spec: { selector: { app: nope }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: headless }
spec: { clusterIP: None, selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: c, image: busybox, command: [sleep, 1d] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: hostpod }
spec: { hostNetwork: true, containers: [{ name: c, image: nginx }] }
`

const CLUSTERS: readonly (readonly [string, string])[] = [
  ['flannel vxlan', ''],
  [
    'flannel host-gw',
    `---\napiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: { name: c }\nspec: { nodes: 4, networking: { cni: { name: flannel, backend: host-gw } } }\n`,
  ],
  [
    'kubenet',
    `---\napiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: { name: c }\nspec: { nodes: 4, networking: { cni: { name: kubenet } } }\n`,
  ],
]

describe.each(CLUSTERS)('%s', (_name, cluster) => {
  let sim: Simulation
  beforeAll(() => {
    const loaded = loadScenario({ files: [{ name: 'shop.yaml', text: SHOP + cluster }], seed: 1 })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics))
    sim = loaded.running.sim
  })

  function trace(request: Partial<TraceRequest>): TraceAnswer {
    const answer = traceRequest(sim, { from: 'default/client', to: 'svc/web.default', ...request })
    if ('error' in answer) throw new Error(answer.error.message)
    return answer
  }

  test.each<[string, Partial<TraceRequest>, [string, string | null, string]]>([
    ['a Service', {}, ['delivered', null, 'answered']],
    ['a Service without endpoints', { to: 'svc/none.default' }, ['refused', 'service.no-endpoints', 'refused']],
    ['a port that the Service does not have', { port: 81 }, ['unreachable', 'service.vip-unhandled', 'unreachable']],
    ['ping of a ClusterIP', { protocol: 'ICMP' }, ['unreachable', 'service.vip-unhandled', 'unreachable']],
    ['a Service by name', { to: 'web.default', port: 80 }, ['delivered', null, 'answered']],
    ['a headless Service by name', { to: 'headless', port: 80 }, ['delivered', null, 'answered']],
    ['a name that does not exist', { to: 'nope', port: 80 }, ['unreachable', 'dns.nxdomain', 'unreachable']],
    ['DNS over UDP', { to: 'svc/kube-dns.kube-system', port: 53, protocol: 'UDP' }, ['delivered', null, 'answered']],
    ['the API server', { to: 'svc/kubernetes.default', port: 443 }, ['delivered', null, 'answered']],
    ['the outside', { to: 'external', port: 443 }, ['delivered', null, 'answered']],
    ['ping of the outside', { to: 'external', protocol: 'ICMP' }, ['delivered', null, 'answered']],
    ['NodePort from outside', { from: 'external', to: 'node/worker', port: 30080 }, ['delivered', null, 'answered']],
    [
      'NodePort Local on a node without endpoints',
      { from: 'external', to: 'node/control-plane', port: 30081 },
      ['dropped', 'service.no-local-endpoint', 'timeout'],
    ],
  ])('%s', (_case, request, expected) => {
    const { verdict, reason, clientSees } = trace(request)
    expect([verdict, reason, clientSees]).toEqual(expected)
  })

  test('each endpoint has its third; the source is kept', () => {
    const outcomes = trace({ branches: true }).outcomes ?? []
    expect(outcomes.map((o) => o.probability.toFixed(3))).toEqual(['0.333', '0.333', '0.333'])
    expect(new Set(outcomes.map((o) => o.deliveredTo?.pod)).size).toBe(3)
    expect(outcomes.every((o) => !o.masqueraded)).toBe(true)
  })

  test('externalTrafficPolicy: Cluster hides the client, Local shows it', () => {
    expect(
      trace({ from: 'external', to: 'node/worker', port: 30080, branches: true }).outcomes?.every((o) => o.masqueraded),
    ).toBe(true)
    expect(trace({ from: 'external', to: 'node/worker', port: 30081 }).sourceSeen).toBe('203.0.113.50')
  })

  test("a hostNetwork pod is named though its netns is the node's", () => {
    expect(trace({ to: 'default/hostpod', port: 80 }).deliveredTo?.pod).toBe('default/hostpod')
  })

  test('a rule leads to the line of its Service', () => {
    const dnat = trace({}).steps.find((step) => step.action === 'DNAT')
    expect(dnat?.decidedBy).toMatchObject({
      table: 'nfChain',
      text: expect.stringContaining('-j DNAT --to-destination'),
      cause: { kind: 'Service', name: 'web', file: 'shop.yaml', line: 17 },
    })
  })

  test('DNS: the short name takes two queries, ndots makes four of an outside one', () => {
    const short = askDns(sim, { name: 'web', from: 'default/client' })
    expect(short).toMatchObject({
      rcode: 'NOERROR',
      queries: [{ name: 'web.default.svc.cluster.local', type: 'A', server: '10.96.0.10' }, { type: 'AAAA' }],
    })
    const outside = askDns(sim, { name: 'www.example.com', from: 'default/client' })
    if ('error' in outside) throw new Error(outside.error.message)
    expect(
      outside.queries.filter((query) => query.type === 'A').map((query) => query.name.replace('www.example.com', '*')),
    ).toEqual(['*.default.svc.cluster.local', '*.svc.cluster.local', '*.cluster.local', '*'])
  })

  test('asking leaves no trace', () => {
    const before = sim.world.dump()
    trace({ branches: true })
    expect(sim.world.dump() === before).toBe(true)
  })
})
