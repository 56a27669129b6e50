import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { ObjectRow } from '../api/types.ts'
import type { DnsClientState } from '../apps/dns-client.ts'
import { startListeners } from '../apps/listeners.ts'
import { candidatesOf } from '../apps/resolver.ts'
import { appHandlers, startApp } from '../apps/runtime.ts'
import type { AppEventPayload } from '../kernel/socket/wake.ts'
import type { IpOutput, RouteLookup } from '../kernel/contract.ts'
import { PROGRAMS } from '../programs.ts'
import { belowOver, newWire, TwoHosts } from '../testing/two-hosts.ts'

let wire = newWire()
vi.mock('../kernel/socket/below.ts', () => ({
  ipOutput: (...args: Parameters<IpOutput>) => belowOver(() => wire).ipOutput(...args),
  routeLookup: (...args: Parameters<RouteLookup>) => belowOver(() => wire).routeLookup(...args),
}))

let lab: TwoHosts

beforeEach(() => {
  wire = newWire()
  lab = new TwoHosts(wire)
  const handlers = appHandlers(PROGRAMS)
  lab.onWake = (ctx, payload) => handlers['app-event'](ctx, payload as AppEventPayload as never)
  conf('search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.0.0.2\noptions ndots:5\n')
  for (const [namespace, name, ip] of [
    ['default', 'web', '10.96.20.30'],
    ['shop', 'web', '10.96.20.31'],
  ]) {
    put({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { clusterIP: ip, clusterIPs: [ip], ports: [{ port: 80 }] },
    })
  }
  put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'many', namespace: 'default' },
    spec: { clusterIP: 'None' },
  })
  const endpoints = Array.from({ length: 40 }, (_, i) => ({
    addresses: [`10.244.1.${i + 1}`],
    conditions: { ready: true },
  }))
  put({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'many-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'many' } },
    endpoints,
    ports: [],
  })
})

function put(object: ObjectRow['object']): void {
  const { name, namespace = '' } = object.metadata
  lab.world.put('object', {
    id: `${object.kind}/${namespace}/${name}`,
    kind: object.kind,
    cluster: 'kubernetes',
    namespace,
    name,
    resourceVersion: 1,
    object,
  })
}
const conf = (text: string) => lab.world.put('file', { id: 'a|resolv', scope: 'a', path: '/etc/resolv.conf', text })
const serve = () =>
  startListeners(lab.ctx, {
    netns: 'b',
    id: 'kube-system/coredns/coredns',
    name: 'kube-system/coredns',
    ports: [
      { port: 53, proto: 'udp', program: 'dns-server', process: 'coredns' },
      { port: 53, proto: 'tcp', program: 'dns-server', process: 'coredns' },
    ],
  })

function resolve(name: string, libc: 'glibc' | 'musl' = 'glibc') {
  startApp(lab.ctx, {
    id: 'dig',
    netns: 'a',
    program: 'dns-client',
    config: { name, packet: 'd', process: 'dig', libc },
    state: null,
  })
  lab.run(100_000_000)
  const result = (lab.world.get('app', 'dig')?.state as DnsClientState | undefined)?.result
  return {
    rcode: result?.rcode,
    addresses: result?.addresses,
    queries: result?.log.map((q) => `${q.type} ${q.name} ${q.rcode}`),
    log: result?.log,
  }
}

describe('names that are asked, in order', () => {
  test.each<[string, number, string[], 'glibc' | 'musl']>([
    ['web', 5, ['web.a', 'web.b', 'web'], 'glibc'],
    ['web.', 5, ['web'], 'glibc'],
    ['a.b.c.d.e.f', 5, ['a.b.c.d.e.f', 'a.b.c.d.e.f.a', 'a.b.c.d.e.f.b'], 'glibc'],
    ['a.b.c.d.e.f', 5, ['a.b.c.d.e.f'], 'musl'],
    ['www.example.com', 1, ['www.example.com', 'www.example.com.a', 'www.example.com.b'], 'glibc'],
  ])('%s with ndots %i', (name, ndots, expected, libc) => {
    expect(candidatesOf(name, { search: ['a', 'b'], ndots }, libc)).toEqual(expected)
  })
})

describe('lookups through the wire', () => {
  test.each<[string, number, string]>([
    ['web', 2, '10.96.20.30'],
    ['web.shop', 4, '10.96.20.31'],
    ['web.shop.svc.cluster.local', 8, '10.96.20.31'],
    ['web.shop.svc.cluster.local.', 2, '10.96.20.31'],
  ])('%s takes %i queries', (name, queries, address) => {
    serve()
    const got = resolve(name)
    expect(got.addresses).toEqual([address])
    expect(got.queries).toHaveLength(queries)
    expect(lab.settled).toBe(true)
  })

  test('www.example.com: three names of the search list, then itself', () => {
    serve()
    const got = resolve('www.example.com')
    expect(got.rcode).toBe('SERVFAIL')
    expect(got.queries?.filter((q) => q.startsWith('A '))).toEqual([
      'A www.example.com.default.svc.cluster.local NXDOMAIN',
      'A www.example.com.svc.cluster.local NXDOMAIN',
      'A www.example.com.cluster.local NXDOMAIN',
      'A www.example.com SERVFAIL',
    ])
  })

  test('A and AAAA leave from one socket before any answer, but not at one instant', () => {
    serve()
    resolve('web')
    const [a, aaaa] = wire.sent
    expect([a, aaaa].map(({ packet }) => packet.body.kind === 'udp' && packet.body.dport)).toEqual([53, 53])
    expect(a.packet.body).toMatchObject({ sport: aaaa.packet.body.kind === 'udp' && aaaa.packet.body.sport })
    expect(aaaa.at - a.at).toBe(10)
  })

  test('nobody answers: two attempts of five seconds, then the bare name as long', () => {
    wire.rule = () => 'lose'
    const got = resolve('web')
    expect(got.rcode).toBe('TIMEOUT')
    expect(got.log?.filter((q) => q.type === 'A').map((q) => [q.name, Math.floor(q.atUs / 1e5) / 10])).toEqual([
      ['web.default.svc.cluster.local', 0],
      ['web.default.svc.cluster.local', 5],
      ['web', 10],
      ['web', 15],
    ])
  })

  test('musl repeats after half its timeout and gives up after five seconds', () => {
    wire.rule = () => 'lose'
    const got = resolve('web', 'musl')
    expect(got.log?.filter((q) => q.type === 'A').map((q) => Math.floor(q.atUs / 1e5) / 10)).toEqual([0, 2.5])
    expect(got.rcode).toBe('TIMEOUT')
  })

  test('a refusing server ends the search at once', () => {
    const got = resolve('web')
    expect(got.rcode).toBe('REFUSED')
    expect(got.queries).toHaveLength(2)
    expect(lab.ctx.clock.now).toBeLessThan(1_000_000)
  })

  test('a second server is asked when the first is silent', () => {
    conf('search default.svc.cluster.local\nnameserver 192.0.2.1\nnameserver 10.0.0.2\noptions ndots:5\n')
    serve()
    expect(resolve('web').addresses).toEqual(['10.96.20.30'])
  })

  test('an answer that does not fit 512 bytes is asked for again over TCP', () => {
    serve()
    const got = resolve('many')
    expect(got.addresses).toHaveLength(40)
    expect(got.log?.map((q) => `${q.type} ${q.transport} ${q.rcode}`)).toEqual([
      'A udp NOERROR TC',
      'AAAA udp null',
      'A tcp NOERROR',
      'AAAA tcp NOERROR',
    ])
  })
})
