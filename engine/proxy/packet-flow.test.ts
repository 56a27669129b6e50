// What kube-proxy's rules do, by packets through the hooks of one node.
import { describe, expect, test } from 'vitest'
import type { NfChainRow } from '../kernel/tables.ts'
import {
  answer,
  FORWARD,
  INCOMING,
  type NetfilterLab,
  netfilterOf,
  OUTGOING,
  route,
  tcp,
} from '../testing/netfilter-lab.ts'
import { proxyLab, webService, webSlice } from '../testing/proxy-lab.ts'

const ENDPOINTS = [
  { ip: '10.244.1.11', node: 'n1' },
  { ip: '10.244.2.11', node: 'n2' },
  { ip: '10.244.2.12', node: 'n2' },
]
const CLIENT = '10.244.1.10:40000'
const OUTSIDE = '203.0.113.50:5000'
const VIP = '10.96.20.30:80'

/** Node n1 (192.168.10.11) with pods on cni0 and the others behind flannel.1. `first` is taken by every throw of the dice. */
function n1(spec = {}, endpoints: Parameters<typeof webSlice>[0] = ENDPOINTS, status = {}): NetfilterLab {
  const proxies = proxyLab(['n1', 'n2'])
  proxies.apply(webService(spec, status), webSlice(endpoints))
  proxies.sync()
  const lab = netfilterOf(proxies.world, 'n1')
  lab.address('eth0', '192.168.10.11', 24)
  lab.address('cni0', '10.244.1.1', 24)
  lab.address('flannel.1', '10.244.1.0', 32)
  return lab
}
const dice =
  (...draws: number[]) =>
  (stream: string) =>
    stream.startsWith('statistic') ? (draws.shift() ?? 0.999) : 0.5
const fromPod = { in: 'cni0', out: 'flannel.1' }
const fromOutside = { in: 'eth0', out: 'flannel.1' }

describe('a pod to the ClusterIP', () => {
  test.each([
    ['the first', [0.2], '10.244.1.11:8080'],
    ['the second', [0.9, 0.2], '10.244.2.11:8080'],
    ['the last', [0.9, 0.9], '10.244.2.12:8080'],
  ])('%s endpoint, as the dice fall, with its own address', (_which, draws, endpoint) => {
    const lab = n1()
    lab.dice = dice(...draws)
    expect(route(lab.send(tcp(CLIENT, VIP), FORWARD, fromPod))).toBe(`${CLIENT} > ${endpoint}`)
  })

  test('another port of it is nobody’s: the packet goes on as it is', () => {
    expect(route(n1().send(tcp(CLIENT, '10.96.20.30:81'), FORWARD, fromPod))).toBe(`${CLIENT} > 10.96.20.30:81`)
  })

  test('that lands on the sender itself is masqueraded, so that the answer passes the node', () => {
    const lab = n1({}, ENDPOINTS.slice(0, 1))
    const there = lab.send(tcp('10.244.1.11:40000', VIP), FORWARD, { in: 'cni0', out: 'cni0' })
    expect(route(there)).toMatch(/^10\.244\.1\.1:\d+ > 10\.244\.1\.11:8080$/)
    if (there.kind !== 'accept' || !there.skb.ip) throw new Error(there.kind)
    expect(route(lab.send(answer(there.skb.ip), FORWARD, { in: 'cni0', out: 'cni0' }))).toBe(
      `${VIP} > 10.244.1.11:40000`,
    )
  })

  test('without endpoints is refused, and the step names the Service’s selector', () => {
    const lab = n1({}, [])
    expect(lab.send(tcp(CLIENT, VIP), FORWARD, fromPod)).toMatchObject({
      kind: 'reject',
      reason: 'service.no-endpoints',
      with: 'icmp-port-unreachable',
    })
    const decided = lab.steps.at(-1)?.decidedBy
    const chain = decided?.row as NfChainRow // the ref of a rule carries its chain
    expect(chain.rules[decided?.rule ?? 0].cause).toMatchObject({
      kind: 'Service',
      name: 'web',
      field: 'spec.selector',
    })
  })

  test('with internalTrafficPolicy Local and none here is dropped', () => {
    const lab = n1({ internalTrafficPolicy: 'Local' }, ENDPOINTS.slice(1))
    expect(route(lab.send(tcp(CLIENT, VIP), FORWARD, fromPod))).toBe('drop service.no-local-endpoint')
  })

  test('an established connection outlives its endpoint; new ones are refused', () => {
    const proxies = proxyLab(['n1'])
    proxies.apply(webService(), webSlice(ENDPOINTS.slice(0, 1)))
    proxies.sync()
    const lab = netfilterOf(proxies.world, 'n1')
    const there = lab.send(tcp(CLIENT, VIP), FORWARD, fromPod)
    if (there.kind !== 'accept' || !there.skb.ip) throw new Error(there.kind)
    lab.send(answer(there.skb.ip), FORWARD, fromPod)
    proxies.apply(webSlice([]))
    proxies.sync()
    expect(route(lab.send(tcp(CLIENT, VIP, '.'), FORWARD, fromPod))).toBe(`${CLIENT} > 10.244.1.11:8080`)
    expect(route(lab.send(tcp('10.244.1.10:40001', VIP), FORWARD, fromPod))).toBe('reject')
  })
})

describe('session affinity', () => {
  test('a client comes back to where it was until the time is over, another is sent by lot', () => {
    const lab = n1({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } })
    const go = (from: string, ...draws: number[]) => {
      lab.dice = dice(...draws)
      return route(lab.send(tcp(from, VIP), FORWARD, fromPod)).split(' > ')[1]
    }
    expect(go('10.244.1.10:1', 0.9, 0.2)).toBe('10.244.2.11:8080')
    expect(go('10.244.1.10:2', 0.2)).toBe('10.244.2.11:8080')
    expect(go('10.244.1.99:1', 0.2)).toBe('10.244.1.11:8080')
    lab.pass(59)
    expect(go('10.244.1.10:3', 0.2)).toBe('10.244.2.11:8080')
    lab.pass(61)
    expect(go('10.244.1.10:4', 0.2)).toBe('10.244.1.11:8080')
  })
})

describe('from outside to the node port', () => {
  test('policy Cluster: any endpoint, with the address of the device towards it', () => {
    const lab = n1()
    lab.dice = dice(0.9, 0.2)
    expect(route(lab.send(tcp(OUTSIDE, '192.168.10.11:30080'), FORWARD, fromOutside))).toMatch(
      /^10\.244\.1\.0:\d+ > 10\.244\.2\.11:8080$/,
    )
  })

  test('policy Local: an endpoint of this node, and it sees the client', () => {
    const lab = n1({ externalTrafficPolicy: 'Local' })
    expect(route(lab.send(tcp(OUTSIDE, '192.168.10.11:30080'), FORWARD, { in: 'eth0', out: 'cni0' }))).toBe(
      `${OUTSIDE} > 10.244.1.11:8080`,
    )
  })

  test('policy Local without one here: dropped in INPUT', () => {
    const lab = n1({ externalTrafficPolicy: 'Local' }, ENDPOINTS.slice(1))
    expect(route(lab.send(tcp(OUTSIDE, '192.168.10.11:30080'), INCOMING, { in: 'eth0' }))).toBe(
      'drop service.no-local-endpoint',
    )
  })

  test('from a process of the node itself: translated in OUTPUT, masqueraded to the device it leaves by', () => {
    const lab = n1({}, ENDPOINTS.slice(1, 2))
    expect(route(lab.send(tcp('192.168.10.11:6000', VIP), OUTGOING, { out: 'flannel.1' }))).toMatch(
      /^10\.244\.1\.0:\d+ > 10\.244\.2\.11:8080$/,
    )
  })
})

describe('a load balancer’s address with source ranges', () => {
  const spec = { type: 'LoadBalancer', loadBalancerSourceRanges: ['198.51.100.0/24'] }
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.80' }] } }

  test.each([
    ['a client in the range', '198.51.100.7:1', '192.0.2.80:80', /> 10\.244\.2\.11:8080$/],
    ['a client outside it', OUTSIDE, '192.0.2.80:80', /^drop service\.source-ranges$/],
    ['the same client at the node port, which has no ranges', OUTSIDE, '192.168.10.11:30080', /> 10\.244\.2\.11:8080$/],
  ])('%s', (_who, from, to, expected) => {
    const lab = n1(spec, ENDPOINTS.slice(1, 2), status)
    expect(route(lab.send(tcp(from, to), FORWARD, fromOutside))).toMatch(expected)
  })
})

test('packets from outside to 127.0.0.1 are dropped', () => {
  const lab = n1()
  expect(route(lab.send(tcp('192.168.10.99:1', '127.0.0.1:10250'), INCOMING, { in: 'eth0' }))).toBe(
    'drop fw.input-drop',
  )
})
