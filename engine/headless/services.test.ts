// Services through the door: what a packet meets on a node where kube-proxy alone runs, objects as given. The situations are
// those of upstream's own tables (pkg/proxy/iptables/proxier_test.go, pkg/proxy/topology_test.go); the endpoints belong to
// nobody unless pods are given, so that a translated packet ends as `unreachable` at an address without owner.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/types.ts'
import { answerLine } from './answer.ts'
import type { TraceAnswer, TraceOutcome } from './trace.ts'

const NODE = '192.168.0.2'
const NODE_ALT = '192.168.1.2'
const POD = 'ip/10.0.0.2'
const CLIENT = 'ip/203.0.113.2'
const BLOCKED = 'ip/203.0.113.130'
const VIP = '172.30.0.41'

const node = (
  name: string,
  addresses: readonly string[],
  podCIDRs: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: { podCIDR: podCIDRs[0], podCIDRs },
  status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
})
/** One node whose pod range is everything in 10.0.0.0/8, as upstream's local detector has it. */
const ONE = [node('here', [NODE, NODE_ALT], ['10.0.0.0/8'])]

const P80 = { name: 'p80', port: 80, protocol: 'TCP' }

function service(name: string, spec: object, ingress: readonly object[] = []): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { clusterIP: VIP, ports: [P80], ...spec },
    status: { loadBalancer: { ingress } },
  }
}

type Backend = readonly [ip: string, nodeName?: string, more?: object]

function slice(of: string, backends: readonly Backend[], more: object = {}): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${of}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    ports: [P80],
    endpoints: backends.map(([ip, nodeName, rest]) => ({
      addresses: [ip],
      ...(nodeName ? { nodeName } : {}),
      ...rest,
    })),
    ...more,
  }
}

const proxyConfig = (fields: object): KubeObject => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  metadata: { name: '' },
  ...fields,
})

/** `from > to` or `from > to/UDP`; an address of IPv6 stands in brackets. */
function ask(flow: string, at = 'here') {
  const [from, target] = flow.split(' > ')
  const [, to, port, protocol = 'TCP'] = /^(.*):(\d+)(?:\/(\w+))?$/.exec(target) ?? []
  return {
    trace: {
      from,
      to: to.replace(/[[\]]/g, ''),
      port: Number(port),
      protocol,
      branches: true,
      ...(from.startsWith('ip/') ? { node: at } : {}),
    },
  }
}

interface Answered {
  readonly answers: readonly Readonly<Record<string, never>>[]
}

function request(objects: readonly KubeObject[], asks: readonly object[], more: object = {}): Answered {
  const line = { objects, asks, components: { only: ['kube-proxy'] }, admission: false, ...more }
  const answer = answerLine(JSON.stringify(line))
  expect(answer).not.toHaveProperty('error')
  return answer as unknown as Answered // no error, so it has answers
}

const traces = (objects: readonly KubeObject[], flows: readonly string[], at?: string): TraceAnswer[] =>
  request(
    objects,
    flows.map((flow) => ask(flow, at)),
  ).answers.map((answer) => answer.trace as TraceAnswer)

/** `10.180.0.1:80`, `10.180.0.1:80 masq`, or what became of it untranslated. */
const way = ({ translatedTo, masqueraded, verdict, reason }: TraceOutcome): string =>
  translatedTo ? `${translatedTo}${masqueraded ? ' masq' : ''}` : `${verdict} ${reason}`

/** Each flow with the ways it can take; the ways of one flow are equally likely. */
function expectFlows(objects: readonly KubeObject[], expected: Readonly<Record<string, string>>, at?: string): void {
  const flows = Object.keys(expected)
  const answers = traces(objects, flows, at)
  const got = flows.map((flow, i) => [flow, answers[i].outcomes?.map(way).join(', ')])
  expect(Object.fromEntries(got)).toEqual(expected)
  for (const { outcomes = [] } of answers)
    for (const { probability } of outcomes) expect(probability).toBeCloseTo(1 / outcomes.length, 6)
}

const TWO: readonly Backend[] = [['10.180.0.1'], ['10.180.2.1', 'here']]
const BOTH = '10.180.0.1:80, 10.180.2.1:80'
const BOTH_MASQ = '10.180.0.1:80 masq, 10.180.2.1:80 masq'
const LB = [{ ip: '1.2.3.4' }]

describe('a ClusterIP', () => {
  const ports = [
    { name: 'http', port: 80, protocol: 'TCP' },
    { name: 'https', port: 443, protocol: 'TCP', targetPort: 8443 },
    { name: 'dns-udp', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 5353 },
    { name: 'dns-sctp', port: 53, protocol: 'SCTP' },
  ]
  const served = ports.map(({ name, port, protocol, targetPort }) => ({ name, port: targetPort ?? port, protocol }))
  const objects = [
    ...ONE,
    service('web', { ports }),
    slice('web', TWO, { ports: served }),
    service('one', { clusterIP: '172.30.0.42', ports: [P80] }),
    slice('one', [['10.180.0.1', 'here']]),
  ]

  test('is translated by protocol and port, the answer in fields as the contract prints them', () => {
    expectFlows(objects, {
      [`${POD} > ${VIP}:80`]: BOTH,
      [`${POD} > ${VIP}:443`]: '10.180.0.1:8443, 10.180.2.1:8443',
      [`${POD} > ${VIP}:53`]: '10.180.0.1:5353, 10.180.2.1:5353',
      [`${POD} > ${VIP}:53/UDP`]: '10.180.0.1:53, 10.180.2.1:53',
      [`${POD} > ${VIP}:53/SCTP`]: '10.180.0.1:53, 10.180.2.1:53',
      [`${POD} > ${VIP}:80/UDP`]: 'unreachable service.vip-unhandled',
      [`${POD} > 172.30.0.42:443`]: 'unreachable service.vip-unhandled',
      [`${CLIENT} > ${VIP}:80`]: BOTH_MASQ,
      [`ip/${NODE} > ${VIP}:80`]: BOTH_MASQ,
      [`node/here > ${VIP}:80`]: BOTH_MASQ,
      'ip/10.180.0.1 > 172.30.0.42:80': '10.180.0.1:80 masq',
    })
    const [{ outcomes, deliveredTo, sourceSeen }] = traces(objects, [`${POD} > 172.30.0.42:80`])
    expect({ outcomes, deliveredTo, sourceSeen }).toMatchObject({
      deliveredTo: { pod: null, node: null, ip: '10.180.0.1', port: 80 },
      sourceSeen: null,
      outcomes: [
        {
          probability: 1,
          verdict: 'unreachable',
          translatedTo: '10.180.0.1:80',
          masqueraded: false,
          deliveredTo: { pod: null, node: null, ip: '10.180.0.1', port: 80 },
          sourceSeen: null,
        },
      ],
    })
  })

  test('a hairpin is masqueraded only where the sender picks itself', () => {
    expectFlows(objects, { [`ip/10.180.0.1 > ${VIP}:80`]: '10.180.0.1:80 masq, 10.180.2.1:80' })
  })

  test('Services without an address of their own have no rules', () => {
    const others = [
      ...ONE,
      service('headless', { clusterIP: 'None' }),
      slice('headless', TWO),
      service('alias', { type: 'ExternalName', externalName: 'example.com', clusterIP: '172.30.0.43' }),
      slice('alias', TWO),
    ]
    expectFlows(others, { [`${POD} > 172.30.0.43:80`]: 'unreachable service.vip-unhandled' })
    const { answers } = request(others, [{ show: { node: 'here', command: 'iptables-save' } }])
    expect((answers[0].show as { text: string }).text).not.toMatch(/shop\//)
  })
})

describe('a load balancer’s address', () => {
  const ranges = ['192.168.0.0/24', ' 203.0.113.0/25']
  const type = { type: 'LoadBalancer', ports: [{ ...P80, nodePort: 3001 }] }

  test('source ranges hold for it, not for node port and ClusterIP; the node’s own detour counts as the node', () => {
    const ingress = [{ ip: '1.2.3.4' }, { ip: '5.6.7.8' }]
    const objects = [
      ...ONE,
      service('web', { ...type, loadBalancerSourceRanges: ranges }, ingress),
      slice('web', [['10.180.0.1']]),
    ]
    expectFlows(objects, {
      [`${POD} > ${VIP}:80`]: '10.180.0.1:80',
      [`${CLIENT} > ${NODE}:3001`]: '10.180.0.1:80 masq',
      [`${BLOCKED} > ${NODE}:3001`]: '10.180.0.1:80 masq',
      [`${CLIENT} > 1.2.3.4:80`]: '10.180.0.1:80 masq',
      [`${CLIENT} > 5.6.7.8:80`]: '10.180.0.1:80 masq',
      [`${BLOCKED} > 1.2.3.4:80`]: 'dropped service.source-ranges',
      [`${POD} > 5.6.7.8:80`]: 'dropped service.source-ranges',
      [`ip/${NODE} > 1.2.3.4:80`]: '10.180.0.1:80 masq',
      [`ip/${NODE_ALT} > 1.2.3.4:80`]: 'dropped service.source-ranges',
      'ip/1.2.3.4 > 1.2.3.4:80': '10.180.0.1:80 masq',
    })
  })

  test('of mode Proxy is nothing to the node', () => {
    const ingress = [
      { ip: '1.2.3.4', ipMode: 'Proxy' },
      { ip: '5.6.7.8', ipMode: 'VIP' },
    ]
    expectFlows([...ONE, service('web', type, ingress), slice('web', [['10.180.0.1']])], {
      [`${POD} > 1.2.3.4:80`]: 'unreachable route.none',
      [`${POD} > 5.6.7.8:80`]: '10.180.0.1:80 masq',
    })
  })

  test('of a Service whose endpoints are nowhere: refused from outside, on its way out from the node itself', () => {
    expectFlows([...ONE, service('web', { ...type, externalIPs: ['192.168.99.11'] }, LB)], {
      [`${POD} > ${VIP}:80`]: 'refused service.no-endpoints',
      [`${CLIENT} > ${NODE}:3001`]: 'refused service.no-endpoints',
      [`${CLIENT} > 192.168.99.11:80`]: 'refused service.no-endpoints',
      [`${CLIENT} > 1.2.3.4:80`]: 'refused service.no-endpoints',
      [`ip/${NODE} > 1.2.3.4:80`]: 'unreachable route.none',
    })
  })
})

describe('traffic policies and masquerade', () => {
  const balancer = (name: string, clusterIP: string, nodePort: number, ip: string, spec: object) => [
    service(name, { type: 'LoadBalancer', clusterIP, ports: [{ ...P80, nodePort }], ...spec }, [{ ip }]),
  ]
  const pair = (n: number): readonly Backend[] => [
    [`10.180.0.${n}`, 'here'],
    [`10.180.1.${n}`, 'there'],
  ]
  const objects = [
    ...balancer('web', '172.30.0.41', 3001, '1.2.3.4', {}),
    slice('web', pair(1)),
    ...balancer('etp', '172.30.0.42', 3002, '5.6.7.8', { externalTrafficPolicy: 'Local', healthCheckNodePort: 30002 }),
    slice('etp', pair(2)),
    ...balancer('itp', '172.30.0.43', 3003, '9.10.11.12', { internalTrafficPolicy: 'Local' }),
    slice('itp', pair(3)),
  ]
  const any = (n: number) => `10.180.0.${n}:80, 10.180.1.${n}:80`
  const anyMasq = (n: number) => `10.180.0.${n}:80 masq, 10.180.1.${n}:80 masq`
  const base: Readonly<Record<string, string>> = {
    [`${POD} > 172.30.0.41:80`]: any(1),
    [`${POD} > ${NODE}:3001`]: anyMasq(1),
    [`${POD} > 1.2.3.4:80`]: anyMasq(1),
    [`ip/${NODE} > 172.30.0.41:80`]: anyMasq(1),
    [`ip/${NODE} > ${NODE}:3001`]: anyMasq(1),
    'ip/127.0.0.1 > 127.0.0.1:3001': anyMasq(1),
    [`ip/${NODE} > 1.2.3.4:80`]: anyMasq(1),
    [`${CLIENT} > 172.30.0.41:80`]: anyMasq(1),
    [`${CLIENT} > ${NODE}:3001`]: anyMasq(1),
    [`${CLIENT} > 1.2.3.4:80`]: anyMasq(1),
    [`${POD} > 172.30.0.42:80`]: any(2),
    [`${POD} > ${NODE}:3002`]: any(2),
    [`${POD} > 5.6.7.8:80`]: any(2),
    [`ip/${NODE} > 172.30.0.42:80`]: anyMasq(2),
    [`ip/${NODE} > ${NODE}:3002`]: anyMasq(2),
    'ip/127.0.0.1 > 127.0.0.1:3002': anyMasq(2),
    [`ip/${NODE} > 5.6.7.8:80`]: anyMasq(2),
    [`${CLIENT} > 172.30.0.42:80`]: anyMasq(2),
    [`${CLIENT} > ${NODE}:3002`]: '10.180.0.2:80',
    [`${CLIENT} > 5.6.7.8:80`]: '10.180.0.2:80',
    [`${POD} > 172.30.0.43:80`]: '10.180.0.3:80',
    [`${POD} > ${NODE}:3003`]: anyMasq(3),
    [`${POD} > 9.10.11.12:80`]: anyMasq(3),
    [`ip/${NODE} > 172.30.0.43:80`]: '10.180.0.3:80 masq',
    [`ip/${NODE} > ${NODE}:3003`]: anyMasq(3),
    [`ip/${NODE} > 9.10.11.12:80`]: anyMasq(3),
    [`${CLIENT} > 172.30.0.43:80`]: '10.180.0.3:80 masq',
    [`${CLIENT} > ${NODE}:3003`]: anyMasq(3),
    [`${CLIENT} > 9.10.11.12:80`]: anyMasq(3),
  }
  const undetected = {
    [`${POD} > ${NODE}:3002`]: '10.180.0.2:80',
    [`${POD} > 5.6.7.8:80`]: '10.180.0.2:80',
  }
  const masqueraded = {
    [`${POD} > 172.30.0.41:80`]: anyMasq(1),
    [`${POD} > 172.30.0.42:80`]: anyMasq(2),
    [`${POD} > 172.30.0.43:80`]: '10.180.0.3:80 masq',
  }
  // A range in which nobody sends stands for "no detector": then everybody is a stranger, and masqueraded.
  const nobodyLocal = Object.fromEntries(
    Object.entries(base).map(([flow, ways]) => [flow, { ...masqueraded, ...undetected }[flow] ?? ways]),
  )

  test('pods, the node and strangers at ClusterIP, node port and balancer', () => {
    expectFlows([...ONE, ...objects], base)
  })

  test.each([
    ['iptables.masqueradeAll', { iptables: { masqueradeAll: true } }, { ...base, ...masqueraded }],
    ['a clusterCIDR that no client is in', { clusterCIDR: '10.99.0.0/16' }, nobodyLocal],
    ['detectLocalMode NodeCIDR', { detectLocalMode: 'NodeCIDR', clusterCIDR: '10.99.0.0/16' }, base],
  ])('%s', (_what, fields, expected) => {
    expectFlows([...ONE, ...objects, proxyConfig(fields)], expected)
  })

  test('no detector at all: everybody passes for a pod at a ClusterIP, nobody for one elsewhere', () => {
    const cluster = {
      apiVersion: 'podwalk.dev/v1',
      kind: 'Cluster',
      metadata: { name: 'c' },
      spec: { networking: { podSubnet: '10.0.0.0/9', kubeProxy: { detectLocal: 'none' } } },
    }
    expectFlows([...ONE, ...objects, cluster], {
      ...base,
      ...undetected,
      [`ip/${NODE} > 172.30.0.41:80`]: any(1),
      [`ip/${NODE} > 172.30.0.42:80`]: any(2),
      [`ip/${NODE} > 172.30.0.43:80`]: '10.180.0.3:80',
      [`${CLIENT} > 172.30.0.41:80`]: any(1),
      [`${CLIENT} > 172.30.0.42:80`]: any(2),
      [`${CLIENT} > 172.30.0.43:80`]: '10.180.0.3:80',
    })
  })

  test('a node without an endpoint of its own drops what the policy wants kept', () => {
    const elsewhere = [node('here', ['192.168.0.9'], ['10.0.0.0/8'])]
    const remote = objects.map((object) => JSON.parse(JSON.stringify(object).replaceAll('"here"', '"yonder"')))
    expectFlows([...elsewhere, ...remote], {
      [`${CLIENT} > 5.6.7.8:80`]: 'dropped service.no-local-endpoint',
      [`${CLIENT} > 192.168.0.9:3002`]: 'dropped service.no-local-endpoint',
      [`${POD} > 5.6.7.8:80`]: any(2),
      'node/here > 5.6.7.8:80': anyMasq(2),
      [`${POD} > 172.30.0.43:80`]: 'dropped service.no-local-endpoint',
      'node/here > 172.30.0.43:80': 'dropped service.no-local-endpoint',
      [`${CLIENT} > 9.10.11.12:80`]: anyMasq(3),
    })
  })

  test('healthCheckNodePort answers for the Local policy only, by what is on the node', () => {
    const http = { method: 'GET', path: '/healthz' }
    const nodes = [node('here', [NODE], ['10.0.0.0/16']), node('there', ['192.168.0.3'], ['10.1.0.0/16'])]
    const health = (name: string, port: number) => ({ trace: { from: 'external', to: name, port, http } })
    const { answers } = request(
      [
        ...nodes,
        ...balancer('etp', '172.30.0.42', 3002, '5.6.7.8', {
          externalTrafficPolicy: 'Local',
          healthCheckNodePort: 30002,
        }),
        slice('etp', [['10.180.0.2', 'here']]),
        ...balancer('web', '172.30.0.41', 3001, '1.2.3.4', { healthCheckNodePort: 30001 }),
        slice('web', pair(1)),
      ],
      [health('node/here', 30002), health('node/there', 30002), health('node/here', 30001)],
    )
    const seen = answers.map(({ trace }) => {
      const { verdict, reason, http: answer, deliveredTo } = trace as TraceAnswer
      return [verdict, reason, answer?.status ?? null, deliveredTo?.node]
    })
    expect(seen).toEqual([
      ['delivered', null, 200, 'here'],
      ['delivered', null, 503, 'there'],
      ['refused', 'sock.not-listening', null, 'here'],
    ])
  })
})

describe('node ports', () => {
  const objects = (fields: object) => [
    ...ONE,
    service('web', { type: 'NodePort', ports: [{ ...P80, nodePort: 3001 }] }),
    slice('web', TWO),
    proxyConfig({ clusterCIDR: '10.0.0.0/8', ...fields }),
  ]
  const closed = 'refused sock.not-listening'
  const off = { iptables: { localhostNodePorts: false } }

  test.each([
    ['by default on every address', {}, BOTH_MASQ, BOTH_MASQ],
    ['not on localhost', off, BOTH_MASQ, closed],
    ['on addresses by range', { nodePortAddresses: ['192.168.0.0/24'] }, closed, closed],
    ['localhost in the ranges', { nodePortAddresses: ['192.168.0.0/24', '127.0.0.0/8'] }, closed, BOTH_MASQ],
    [
      'localhost in the ranges, but switched off',
      { ...off, nodePortAddresses: ['192.168.0.0/24', '127.0.0.1/32'] },
      closed,
      closed,
    ],
    [
      'both addresses by range',
      { ...off, nodePortAddresses: ['192.168.0.0/24', '192.168.1.0/24', '2001:db8::/64'] },
      BOTH_MASQ,
      closed,
    ],
    ['the primary address', { nodePortAddresses: ['primary'] }, closed, closed],
  ])('%s', (_what, fields, onAlt, onLocalhost) => {
    expectFlows(objects(fields), {
      [`${POD} > ${VIP}:80`]: BOTH,
      [`${CLIENT} > ${NODE}:3001`]: BOTH_MASQ,
      [`ip/${NODE} > ${NODE}:3001`]: BOTH_MASQ,
      [`${CLIENT} > ${NODE_ALT}:3001`]: onAlt,
      'ip/127.0.0.1 > 127.0.0.1:3001': onLocalhost,
    })
  })

  test('a conntrack that is liberal has nothing INVALID dropped', () => {
    const rules = (fields: object) => {
      const { answers } = request(objects(fields), [{ show: { node: 'here', command: 'iptables-save -t filter' } }])
      return (answers[0].show as { text: string }).text.split('\n').filter((line) => line.includes('INVALID'))
    }
    expect(rules({})).toEqual(['-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP'])
    expect(rules({ conntrack: { tcpBeLiberal: true } })).toEqual([])
  })
})

describe('who may answer', () => {
  const is = (ready: boolean | undefined, serving?: boolean, terminating?: boolean) => ({
    conditions: { ready, serving, terminating },
  })
  const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ ...P80, nodePort: 3001 }] }

  // pod to ClusterIP, client to the balancer under the Local policy
  test.each<readonly [string, readonly Backend[], string, string]>([
    [
      'ready ones',
      [
        ['10.180.0.1', 'here', is(true, true, false)],
        ['10.180.0.2', 'there', is(true, true, false)],
        ['10.180.0.3', 'here', is(false, true, true)],
        ['10.180.0.4', 'here', is(false, false, true)],
        ['10.180.0.5', 'here', is(false, false, false)],
      ],
      '10.180.0.1:80, 10.180.0.2:80',
      '10.180.0.1:80',
    ],
    [
      'ending ones here while others are ready there',
      [
        ['10.180.0.2', 'here', is(false, true, true)],
        ['10.180.0.4', 'here', is(false, false, true)],
        ['10.180.0.5', 'there', is(true, true, false)],
      ],
      '10.180.0.5:80',
      '10.180.0.2:80',
    ],
    [
      'ending ones there: not for the Local policy',
      [['10.180.0.5', 'there', is(false, true, true)]],
      '10.180.0.5:80',
      'dropped service.no-local-endpoint',
    ],
    [
      'nobody who serves',
      [
        ['10.180.0.5', 'here', is(false, false, true)],
        ['10.180.0.6', 'there', is(false, false, true)],
      ],
      'refused service.no-endpoints',
      'refused service.no-endpoints',
    ],
    ['no conditions: ready', [['10.180.0.1', 'here']], '10.180.0.1:80', '10.180.0.1:80'],
    [
      'serving unsaid: it serves',
      [['10.180.0.1', 'here', is(false, undefined, true)]],
      '10.180.0.1:80',
      '10.180.0.1:80',
    ],
    [
      'an address that passed from an ending pod to a new one',
      [
        ['10.180.0.1', 'there', is(false, true, true)],
        ['10.180.0.1', 'here', is(true, true, false)],
        ['10.180.0.1', 'there', is(false, true, true)],
      ],
      '10.180.0.1:80',
      '10.180.0.1:80',
    ],
  ])('%s', (_what, backends, cluster, external) => {
    expectFlows([...ONE, service('web', local, LB), slice('web', backends)], {
      [`${POD} > ${VIP}:80`]: cluster,
      [`${CLIENT} > 1.2.3.4:80`]: external,
    })
  })

  const zone = (name: string) => ({ 'topology.kubernetes.io/zone': name })
  const nodes = [
    node('here', [NODE], ['10.0.0.0/16'], zone('a')),
    node('there', ['192.168.0.3'], ['10.1.0.0/16'], zone('b')),
    node('nowhere', ['192.168.0.4'], ['10.2.0.0/16']),
  ]
  const hint = (zones: readonly string[], on: readonly string[] = []) => ({
    hints: { forZones: zones.map((name) => ({ name })), ...(on[0] ? { forNodes: on.map((name) => ({ name })) } : {}) },
  })
  const all = '10.180.0.1:80, 10.180.0.2:80, 10.180.0.3:80'

  // here (zone a), there (zone b), nowhere (no zone)
  test.each<readonly [string, readonly Backend[], string, string, string]>([
    [
      'hints of zones',
      [
        ['10.180.0.1', 'here', hint(['a'])],
        ['10.180.0.2', 'there', hint(['b'])],
        ['10.180.0.3', 'there', hint(['a', 'c'])],
      ],
      '10.180.0.1:80, 10.180.0.3:80',
      '10.180.0.2:80',
      all,
    ],
    [
      'one ready endpoint without',
      [
        ['10.180.0.1', 'here', hint(['a'])],
        ['10.180.0.2', 'there', hint(['b'])],
        ['10.180.0.3', 'there'],
      ],
      all,
      all,
      all,
    ],
    [
      'one that is not ready without',
      [
        ['10.180.0.1', 'here', hint(['a'])],
        ['10.180.0.2', 'there', hint(['b'])],
        ['10.180.0.3', 'there', is(false)],
      ],
      '10.180.0.1:80',
      '10.180.0.2:80',
      '10.180.0.1:80, 10.180.0.2:80',
    ],
    [
      'hints of nodes come first, and fall back to zones',
      [
        ['10.180.0.1', 'here', hint(['a'], ['here'])],
        ['10.180.0.2', 'there', hint(['b'], ['other'])],
        ['10.180.0.3', 'there', hint(['a'], ['other'])],
      ],
      '10.180.0.1:80',
      '10.180.0.2:80',
      all,
    ],
  ])('%s', (_what, backends, ...expected) => {
    const objects = [...nodes, service('web', {}), slice('web', backends)]
    const flows = ['here', 'there', 'nowhere'].map((name) => `node/${name} > ${VIP}:80`)
    expectFlows(objects, Object.fromEntries(flows.map((flow, i) => [flow, expected[i].replaceAll(/:80/g, ':80 masq')])))
  })
})

describe('IPv6', () => {
  const V6 = 'fd00:172:30::41'
  const backends: readonly Backend[] = [['fd00:10:180::1'], ['fd00:10:180::2:1', 'here']]
  const both = '[fd00:10:180::1]:80, [fd00:10:180::2:1]:80'
  const bothMasq = '[fd00:10:180::1]:80 masq, [fd00:10:180::2:1]:80 masq'
  const nodePort = { type: 'NodePort', clusterIP: V6, ports: [{ ...P80, nodePort: 3001 }] }
  const six = { addressType: 'IPv6' }

  test.each([
    ['nodes of IPv6 alone', ['2001:db8::2', '2001:db8:1::2'], ['fd00:10::/64']],
    ['nodes of both families', ['192.168.0.2', '2001:db8::2', '2001:db8:1::2'], ['10.0.0.0/24', 'fd00:10::/64']],
  ])('%s', (_what, addresses, podCIDRs) => {
    expectFlows([node('here', addresses, podCIDRs), service('web', nodePort), slice('web', backends, six)], {
      [`ip/fd00:10::2 > [${V6}]:80`]: both,
      [`ip/2600:5200::1 > [${V6}]:80`]: bothMasq,
      'ip/2600:5200::1 > [2001:db8::2]:3001': bothMasq,
      'ip/2600:5200::1 > [2001:db8:1::2]:3001': bothMasq,
      'ip/2001:db8::2 > [2001:db8::2]:3001': bothMasq,
      [`node/here > [${V6}]:80`]: bothMasq,
      'ip/::1 > [::1]:3001': 'refused sock.not-listening',
    })
  })

  test('node ports by range of the own family', () => {
    const ranges = ['192.168.0.0/24', '2001:db8::/64']
    const nodes = [node('here', ['2001:db8::2', '2001:db8:1::2'], ['fd00:10::/64'])]
    const config = proxyConfig({ nodePortAddresses: ranges, clusterCIDR: '10.0.0.0/8,fd00:10::/64' })
    expectFlows([...nodes, config, service('web', nodePort), slice('web', backends, six)], {
      'ip/2600:5200::1 > [2001:db8::2]:3001': bothMasq,
      'ip/2600:5200::1 > [2001:db8:1::2]:3001': 'refused sock.not-listening',
    })
  })

  const nodes = [
    node('here', ['192.168.10.11', 'fd00:96::11'], ['10.244.1.0/24', 'fd00:244:1::/64']),
    node('there', ['192.168.10.12', 'fd00:96::12'], ['10.244.2.0/24', 'fd00:244:2::/64']),
  ]
  const pod = (name: string, nodeName: string, ips: readonly string[]): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { nodeName, containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }] }] },
    status: { phase: 'Running', podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) },
  })
  const dual = [
    ...nodes,
    pod('client', 'here', ['10.244.1.9', 'fd00:244:1::9']),
    pod('near', 'here', ['10.244.1.5', 'fd00:244:1::5']),
    pod('far', 'there', ['10.244.2.5', 'fd00:244:2::5']),
    service(
      'web',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.5.5',
        clusterIPs: ['10.96.5.5', 'fd00:97::5'],
        ipFamilies: ['IPv4', 'IPv6'],
        ports: [{ ...P80, nodePort: 30080 }],
        externalIPs: ['198.51.100.1', '2001:db8:99::1'],
        loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8::/32'],
      },
      [{ ip: '198.51.100.9' }, { ip: '2001:db8:99::9' }],
    ),
    slice('web', [
      ['10.244.1.5', 'here'],
      ['10.244.2.5', 'there'],
    ]),
    { ...slice('web', [['fd00:244:2::5', 'there']], six), metadata: { ...slice('web', []).metadata, name: 'web-2' } },
  ]

  test('a Service of both families, each with its own slice and ranges', () => {
    expectFlows(dual, {
      'shop/client > 10.96.5.5:80': '10.244.1.5:80, 10.244.2.5:80',
      'shop/client > [fd00:97::5]:80': '[fd00:244:2::5]:80',
      'shop/client > [fd00:96::11]:30080': '[fd00:244:2::5]:80 masq',
      'shop/client > [2001:db8:99::1]:80': '[fd00:244:2::5]:80 masq',
      'shop/client > [2001:db8:99::9]:80': 'dropped service.source-ranges',
      'ip/2001:db8::7 > [2001:db8:99::9]:80': '[fd00:244:2::5]:80 masq',
      'ip/2600::7 > [2001:db8:99::9]:80': 'dropped service.source-ranges',
      'ip/203.0.113.9 > 198.51.100.9:80': '10.244.1.5:80 masq, 10.244.2.5:80 masq',
    })
  })

  test('it is walked to the pod and back, by neighbour discovery and the other node', () => {
    const [answer] = traces(dual, ['shop/client > [fd00:97::5]:80'])
    expect(answer).toMatchObject({
      verdict: 'delivered',
      clientSees: 'answered',
      deliveredTo: { pod: 'shop/far', node: 'there', ip: 'fd00:244:2::5', port: 80 },
      sourceSeen: 'fd00:244:1::9',
      replySource: '[fd00:97::5]:80',
      ttlAtReceiver: 62,
    })
  })

  test('without endpoints it is refused by ICMPv6', () => {
    const objects = [...nodes, service('web', { ...nodePort, clusterIP: V6 })]
    expectFlows(objects, {
      [`node/here > [${V6}]:80`]: 'refused service.no-endpoints',
      'ip/2600::7 > [fd00:96::11]:3001': 'refused service.no-endpoints',
    })
    const { answers } = request(objects, [{ show: { node: 'here', command: 'ip6tables-save -t filter' } }])
    expect((answers[0].show as { text: string }).text).toContain(
      `-A KUBE-SERVICES -d ${V6}/128 -p tcp -m comment --comment "shop/web:p80 has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp6-port-unreachable`,
    )
  })
})

describe('with pods that were given', () => {
  const nodes = [
    node('here', ['192.168.10.11'], ['10.244.1.0/24']),
    node('there', ['192.168.10.12'], ['10.244.2.0/24']),
  ]
  const pod = (name: string, nodeName: string, podIP: string, spec: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { nodeName, containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }] }], ...spec },
    status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] },
  })
  const pods = [
    pod('client', 'here', '10.244.1.9'),
    pod('near', 'here', '10.244.1.5'),
    pod('far', 'there', '10.244.2.5'),
    pod('host', 'there', '192.168.10.12', { hostNetwork: true }),
  ]
  const web = service('web', { type: 'NodePort', clusterIP: '10.96.5.5', ports: [{ ...P80, nodePort: 30080 }] })
  /** Who got it and from whom, way by way. */
  const received = (objects: readonly KubeObject[], flow: string) =>
    traces(objects, [flow])[0].outcomes?.map(
      ({ verdict, deliveredTo, sourceSeen }) =>
        `${verdict} ${deliveredTo?.pod ?? deliveredTo?.node} from ${sourceSeen}`,
    )

  test.each([
    ['a pod', 'shop/client > 10.96.5.5:80', ['shop/near from 10.244.1.9', 'shop/far from 10.244.1.9']],
    ['an endpoint', 'shop/near > 10.96.5.5:80', ['shop/near from 192.168.10.11', 'shop/far from 10.244.1.5']],
    ['its node', 'node/here > 10.96.5.5:80', ['shop/near from 192.168.10.11', 'shop/far from 192.168.10.11']],
    ['outside', 'external > 192.168.10.11:30080', ['shop/near from 192.168.10.11', 'shop/far from 192.168.10.11']],
  ])('%s reaches the endpoints', (_who, flow, expected) => {
    const backends = slice('web', [
      ['10.244.1.5', 'here'],
      ['10.244.2.5', 'there'],
    ])
    expect(received([...nodes, ...pods, web, backends], flow)).toEqual(expected.map((way) => `delivered ${way}`))
  })

  test.each([
    ['a pod of another node', 'shop/client > 10.96.5.5:80', 'shop/host from 10.244.1.9'],
    ['outside by the other node', 'external > 192.168.10.11:30080', 'shop/host from 192.168.10.11'],
    // Marked, but what stays on the node never meets POSTROUTING.
    ['outside by its own node', 'external > 192.168.10.12:30080', 'shop/host from 203.0.113.50'],
  ])('%s reaches an endpoint of the host network', (_who, flow, expected) => {
    const backends = slice('web', [['192.168.10.12', 'there']])
    expect(received([...nodes, ...pods, web, backends], flow)).toEqual([`delivered ${expected}`])
  })
})

test('no packet has addresses of two families', () => {
  const { answers } = request(ONE, [ask(`${CLIENT} > [2001:db8::1]:80`), ask(`ip/${NODE} > [2001:db8::1]:80`)])
  for (const answer of answers) expect(answer).toMatchObject({ error: { code: 'bad-ask' } })
})

test('ranges that nodes bring with them never refuse the request', () => {
  for (const nodes of [
    [node('here', ['10.0.0.5'], ['10.0.1.0/24']), node('there', ['10.0.0.6'], ['10.0.2.0/24'])],
    [node('here', ['192.168.10.1'], ['192.168.0.0/16'])],
    [node('here', ['10.96.0.4'], ['10.96.0.0/16'])],
    [node('here', ['192.168.0.2'], ['10.0.0.0/8']), node('there', ['192.168.0.3'], ['10.0.0.0/8'])],
  ]) {
    const objects = [...nodes, service('web', {}), slice('web', [['10.180.0.1']])]
    const [{ outcomes }] = traces(objects, [`node/here > ${VIP}:80`])
    expect(outcomes).toMatchObject([{ translatedTo: '10.180.0.1:80' }])
  }
})
