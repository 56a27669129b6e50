import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/types.ts'
import { startListeners } from '../apps/listeners.ts'
import type { Listen } from '../apps/listens.ts'
import { iptablesRestore } from '../kernel/netfilter/iptables-text.ts'
import { neighReplace, routeAdd, sysctlSet } from '../kernel/netlink.ts'
import { KERNEL_TABLES } from '../kernel/table-defs.ts'
import { Simulation } from '../simulation.ts'
import { flannelLab } from '../testing/flannel-lab.ts'
import { askDns } from './dns.ts'
import { answerOf, probeDone, startProbe } from './probe.ts'
import { reachRequest, type TraceAnswer, type TraceRequest, traceRequest } from './trace.ts'
import { viewCommits } from './view.ts'

/** kube-proxy's rules for default/web (web-a and web-b) and default/empty, as iptables-save prints them. */
const RULES = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SEP-B - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-SERVICES -d 10.96.20.30/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SVC-WEB ! -s 10.244.0.0/16 -d 10.96.20.30/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A
-A KUBE-SVC-WEB -j KUBE-SEP-B
-A KUBE-SEP-A -s 10.244.1.11/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.11:8080
-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.244.2.11:8080
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -d 10.96.20.99/32 -p tcp -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -d 10.244.0.0/16 -p udp -m udp --dport 99 -j DROP
COMMIT
`

const tcp = (port: number, address?: string): Listen => ({
  port,
  proto: 'tcp',
  program: 'listener',
  process: 'srv',
  ...(address ? { address } : {}),
})

/** The flannel lab with pods and Services as objects, run by a whole simulation. */
function shop(options: Parameters<typeof flannelLab>[0] = {}): Simulation {
  const lab = flannelLab(options)
  const sim = new Simulation({ seed: 1 })
  for (const { name } of KERNEL_TABLES) {
    if (name !== 'socket') for (const row of lab.world.rows(name as 'netns')) sim.world.put(name as 'netns', row)
  }
  for (const node of ['n1', 'n2']) {
    const loaded = iptablesRestore(sim.world, node, RULES, { owner: 'kube-proxy' } as never)
    if (!loaded.ok) throw new Error(loaded.error.message)
  }
  routeAdd(sim.world, { netns: 'n1', dst: '10.96.0.0/16', dev: 'n1|eth0', via: '192.168.10.12' as never })
  for (const [name, ip, node] of [
    ['client', '10.244.1.10', 'n1'],
    ['web-a', '10.244.1.11', 'n1'],
    ['web-b', '10.244.2.11', 'n2'],
  ]) {
    sim.world.patch('netns', name, { cause: { kind: 'Pod', namespace: 'default', name } })
    put(sim, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        uid: name,
        ownerReferences:
          name === 'client'
            ? []
            : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs', controller: true }],
      },
      spec: { nodeName: node, containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] },
      status: { podIP: ip, conditions: [{ type: 'Ready', status: name === 'web-a' ? 'False' : 'True' }] },
    })
  }
  put(sim, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web', namespace: 'default', uid: 'rs' } })
  put(sim, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pending', namespace: 'default' },
    spec: { containers: [] },
    status: {},
  })
  put(sim, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '10.96.20.30', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  })
  put(sim, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'empty', namespace: 'default' },
    spec: { clusterIP: '10.96.20.99', ports: [{ port: 80 }] },
  })
  sim.transact('start', (ctx) => {
    for (const pod of ['web-a', 'web-b'])
      startListeners(ctx, {
        netns: pod,
        id: pod,
        name: `default/${pod}`,
        ports: [tcp(8080), { ...tcp(8080), proto: 'udp' }, tcp(9000, '127.0.0.1')],
      })
  })
  sim.settle()
  return sim
}

function put(sim: Simulation, object: KubeObject): void {
  const { name, namespace = '' } = object.metadata
  sim.world.put('object', {
    id: `${object.kind}/${namespace}/${name}`,
    kind: object.kind,
    cluster: 'kubernetes',
    namespace,
    name,
    resourceVersion: 1,
    object,
  })
}

function trace(request: Partial<TraceRequest>, sim = shop()): TraceAnswer {
  const before = sim.world.dump()
  const answer = traceRequest(sim, { from: 'default/client', to: 'default/web-b', ...request })
  expect(sim.world.dump()).toBe(before)
  if ('error' in answer) throw new Error(answer.error.message)
  return answer
}
const said = (answer: TraceAnswer) => [answer.verdict, answer.reason, answer.clientSees]

describe('verdicts', () => {
  test('a pod on the other node answers', () => {
    const answer = trace({ port: 8080 })
    expect(answer).toMatchObject({
      verdict: 'delivered',
      reason: null,
      clientSees: 'answered',
      deliveredTo: { pod: 'default/web-b', node: 'n2', ip: '10.244.2.11', port: 8080 },
      sourceSeen: '10.244.1.10',
      ttlAtReceiver: 62,
      replySource: '10.244.2.11:8080',
      reply: { verdict: 'delivered', reason: null },
    })
    expect(answer.steps[0]).toMatchObject({ stage: 'socket', action: 'connect', netns: 'client', node: 'n1' })
    expect(answer.steps.at(-1)).toMatchObject({
      stage: 'deliver',
      netns: 'web-b',
      decidedBy: { table: 'socket', text: 'tcp LISTEN *:8080 *:* users:(("srv"))' },
    })
    expect(answer.reply?.steps[0]).toMatchObject({ stage: 'socket', netns: 'web-b' })
    expect(answer.steps.map((step) => step.stage)).toEqual(
      expect.arrayContaining(['bridge', 'encap', 'decap', 'forward', 'routing']),
    )
  })

  test.each<[string, Partial<TraceRequest>, [string, string | null, string]]>([
    ['a closed port', { port: 81 }, ['refused', 'sock.not-listening', 'refused']],
    ['a port open on loopback only', { port: 9000 }, ['refused', 'sock.localhost-only', 'refused']],
    ['UDP', { port: 8080, protocol: 'UDP' }, ['delivered', null, 'answered']],
    ['a closed UDP port', { port: 81, protocol: 'UDP' }, ['refused', 'sock.not-listening', 'refused']],
    ['ping', { protocol: 'ICMP' }, ['delivered', null, 'answered']],
    ['a filtered UDP port', { port: 99, protocol: 'UDP' }, ['dropped', 'fw.forward-drop', 'timeout']],
    ['a Service without endpoints', { to: 'svc/empty.default' }, ['refused', 'fw.reject', 'refused']],
    ['an address that nobody has', { to: '10.244.2.99', port: 80 }, ['unreachable', 'neigh.unresolved', 'unreachable']],
    ['an address without a route', { to: '192.0.2.1', port: 80 }, ['unreachable', 'route.none', 'unreachable']],
    [
      'no route at the sender itself',
      { from: 'node/n2', to: '192.0.2.1', port: 80 },
      ['unreachable', 'route.none', 'unreachable'],
    ],
    [
      'no route for a datagram',
      { from: 'node/n2', to: '192.0.2.1', port: 80, protocol: 'UDP' },
      ['unreachable', 'route.none', 'unreachable'],
    ],
    [
      'no route for a ping',
      { from: 'node/n2', to: '192.0.2.1', protocol: 'ICMP' },
      ['unreachable', 'route.none', 'unreachable'],
    ],
    ['a pod that does not run', { to: 'default/pending', port: 80 }, ['unreachable', 'pod.not-running', 'unreachable']],
    ['a name without a server', { to: 'web.default', port: 80 }, ['timeout', 'dns.timeout', 'unreachable']],
    ['from a node', { from: 'node/n2', port: 8080 }, ['delivered', null, 'answered']],
    ['a port by its name', { port: 'http' }, ['delivered', null, 'answered']],
  ])('%s', (_name, request, expected) => {
    expect(said(trace(request))).toEqual(expected)
  })

  test('a workload stands for its first ready pod', () => {
    expect(trace({ to: 'default/rs/web', port: 8080 }).deliveredTo?.pod).toBe('default/web-b')
  })

  test('HTTP shows in its own field', () => {
    expect(trace({ to: 'svc/web.default', http: { path: '/x' } }).http).toMatchObject({
      status: 200,
      backend: expect.stringMatching(/^default\/web-[ab]$/),
      requestHeaders: { host: 'web.default' },
    })
  })

  test('a large request through a tunnel that is too small for it stalls', () => {
    const sim = shop({ podMtu: 1500, tunnelMtu: 1450 })
    const heard = trace({ port: 8080, size: 5000 }, sim)
    expect(said(heard)).toEqual(['delivered', null, 'answered'])
    iptablesRestore(sim.world, 'n1', '*filter\n-A OUTPUT -p icmp -m icmp --icmp-type 3/4 -j DROP\nCOMMIT\n', {
      noflush: true,
    } as never)
    expect(said(trace({ port: 8080, size: 5000 }, sim))).toEqual(['timeout', 'mtu.icmp-lost', 'stalled'])
    expect(said(trace({ port: 8080, size: 100 }, sim))).toEqual(['delivered', null, 'answered'])
  })

  test('without br_netfilter the answer of a pod on the same node goes past conntrack', () => {
    const sim = shop()
    sysctlSet(sim.world, { netns: 'n1', key: 'net.bridge.bridge-nf-call-iptables', value: '0' })
    const outcomes = trace({ to: 'svc/web.default', branches: true }, sim).outcomes
    expect(outcomes?.map((o) => [o.verdict, o.reason, o.deliveredTo?.pod])).toEqual([
      ['timeout', 'brnf.bypass', 'default/web-a'],
      ['delivered', null, 'default/web-b'],
    ])
  })

  test('a dead endpoint: unreachable, from the ClusterIP', () => {
    const sim = shop()
    sim.world.delete('netns', 'web-b')
    for (const link of sim.world.by('link', 'netns', 'web-b')) sim.world.delete('link', link.id)
    const answer = traceRequest(sim, { from: 'default/client', to: 'svc/web.default', branches: true })
    if ('error' in answer) throw new Error()
    expect(answer.outcomes?.[1]).toMatchObject({ verdict: 'unreachable', reason: 'neigh.unresolved' })
  })

  test.each([
    [{ from: 'default/nobody', to: 'default/web-b', port: 80 }, 'not-found'],
    [{ from: 'default/client', to: 'svc/nope.default', port: 80 }, 'not-found'],
    [{ from: 'default/client', to: 'svc/web.default', port: 'https' }, 'bad-ask'],
    [{ from: 'client', to: 'default/web-b' }, 'bad-ask'],
    [{ from: 'default/client', to: 'default/web-b', port: 70000 }, 'bad-ask'],
    [{ from: 'default/client', to: 'default/web-b', sourcePort: 0 }, 'bad-ask'],
    [{ from: 'default/client', to: 'gateway/x.default' }, 'not-modelled'],
    [{ from: 'default/client', to: 'default/web-b', protocol: 'GRE' as never }, 'bad-ask'],
  ])('%j is an error, %s', (request, code) => {
    expect(traceRequest(shop(), request)).toMatchObject({ error: { code } })
  })
})

describe('branches', () => {
  test('two endpoints, each with its half, in rule order', () => {
    const { outcomes } = trace({ to: 'svc/web.default', branches: true })
    expect(outcomes).toMatchObject([
      {
        probability: 0.5,
        verdict: 'delivered',
        translatedTo: '10.244.1.11:8080',
        masqueraded: false,
        sourceSeen: '10.244.1.10',
        deliveredTo: { pod: 'default/web-a' },
        decidedBy: { table: 'nfChain', text: '-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.11:8080' },
      },
      {
        probability: 0.5,
        verdict: 'delivered',
        translatedTo: '10.244.2.11:8080',
        masqueraded: false,
        deliveredTo: { pod: 'default/web-b' },
      },
    ])
  })

  test('hairpin is masqueraded', () => {
    const { outcomes } = trace({ from: 'default/web-a', to: 'svc/web.default', branches: true })
    expect(outcomes?.[0]).toMatchObject({ verdict: 'delivered', masqueraded: true, sourceSeen: '10.244.1.1' })
  })

  test('without dice there is one outcome', () => {
    expect(trace({ port: 8080, branches: true }).outcomes).toMatchObject([
      { probability: 1, verdict: 'delivered', translatedTo: null },
    ])
  })

  test('a packet with a borrowed source, kube-proxy alone', () => {
    const { outcomes, steps } = trace({ from: 'ip/10.244.1.77', node: 'n1', to: 'svc/web.default', branches: true })
    expect(steps[0].netns).toBe('n1')
    expect(outcomes).toMatchObject([
      { probability: 0.5, translatedTo: '10.244.1.11:8080', masqueraded: false, verdict: 'delivered' },
      { translatedTo: '10.244.2.11:8080', verdict: 'delivered' },
    ])
    expect(
      trace({ from: 'ip/192.168.10.99', node: 'n1', to: 'svc/web.default', branches: true }).outcomes,
    ).toMatchObject([{ masqueraded: true }, { masqueraded: true }])
  })

  test('the seed chooses the endpoint', () => {
    const seen = new Set(
      [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => trace({ to: 'svc/web.default', seed }).deliveredTo?.pod),
    )
    expect(seen.size).toBe(2)
  })
})

test('reach says because of what', () => {
  const sim = shop()
  neighReplace(sim.world, { link: 'client|eth0', address: '10.244.1.1' as never, lladdr: '0a:58:0a:f4:01:01' as never })
  sim.world.patch('netns', 'web-b', { cause: { kind: 'Pod', namespace: 'default', name: 'web-b' } })
  expect(reachRequest(sim, { from: 'default/client', to: 'default/web-b', port: 81 })).toMatchObject({
    verdict: 'refused',
    reason: 'sock.not-listening',
    because: expect.any(Array),
  })
})

test('the page asks by the same code, and can walk the answer afterwards', () => {
  const sim = shop()
  const question = { from: 'default/client', to: 'svc/web.default', port: 80, protocol: 'TCP' } as const
  const start = sim.moment
  let id = ''
  sim.transact('question', (ctx) => {
    const started = startProbe(ctx, question)
    if (started.ok) id = started.value
  })
  sim.runWhile(() => !probeDone(sim.world, id))
  sim.settle({ withinUs: 2_000_000 })
  const answer = answerOf(sim, id, question, sim.commits.slice(start))
  expect(answer).toMatchObject({
    verdict: 'delivered',
    clientSees: 'answered',
    sentence: expect.stringMatching(/^Delivered to default\/web-[ab] on port 8080, and the answer came back\.$/),
  })
  expect(answer.lastCommit).toBeGreaterThan(answer.firstCommit)
  const steps = viewCommits(sim.world, sim.commits.slice(start)).flatMap((commit) => commit.steps)
  expect(steps[0]).toMatchObject({ stage: 'socket', pod: 'default/client', reply: false })
  expect(steps.find((step) => step.packet === 'request/r1')?.reply).toBe(true)
})

describe('the ask dns', () => {
  test('from a pod: the queries in the order really sent, without a trace', () => {
    const sim = shop()
    const before = sim.world.dump()
    sim.world.put('file', {
      id: 'client|resolv',
      scope: 'client',
      path: '/etc/resolv.conf',
      text: 'search default.svc.cluster.local svc.cluster.local\nnameserver 10.244.2.11\noptions ndots:5\n',
    })
    sim.transact('start', (ctx) => {
      startListeners(ctx, {
        netns: 'web-b',
        id: 'dns',
        name: 'default/web-b',
        ports: [{ port: 53, proto: 'udp', program: 'dns-server', process: 'coredns' }],
      })
    })
    const answer = askDns(sim, { name: 'web.default', from: 'default/client' })
    expect(answer).toMatchObject({
      rcode: 'NOERROR',
      answers: [{ name: 'web.default.svc.cluster.local', type: 'A', ttl: 30, data: '10.96.20.30' }],
      queries: [
        {
          name: 'web.default.default.svc.cluster.local',
          type: 'A',
          server: '10.244.2.11',
          transport: 'udp',
          rcode: 'NXDOMAIN',
          atUs: 0,
        },
        { type: 'AAAA', rcode: 'NXDOMAIN' },
        { name: 'web.default.svc.cluster.local', type: 'A', rcode: 'NOERROR' },
        { type: 'AAAA', rcode: 'NOERROR' },
      ],
    })
    expect(sim.world.dump()).not.toBe(before)
    expect(trace({ to: 'web.default', port: 80 }, sim).verdict).toBe('delivered')
  })

  test('of the server alone', () => {
    expect(askDns(shop(), { name: 'web.default.svc.cluster.local' })).toMatchObject({
      rcode: 'NOERROR',
      answers: [{ data: '10.96.20.30' }],
      queries: [],
    })
    expect(askDns(shop(), { name: 'x', type: 'MX' })).toMatchObject({ error: { code: 'bad-ask' } })
  })
})
