import { describe, expect, test } from 'vitest'
import type { KubeObject, ObjectRow } from '../api/types.ts'
import { World } from '../core/world.ts'
import { TABLES } from '../tables.ts'
import { answerQuestion } from './records.ts'

const OBJECTS: KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'empty' } },
  service('web', {
    clusterIP: '10.96.20.30',
    clusterIPs: ['10.96.20.30'],
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { port: 9, protocol: 'UDP' },
    ],
  }),
  service('dual', {
    clusterIP: '10.96.0.44',
    clusterIPs: ['10.96.0.44', 'fd00:10:96::44'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  }),
  service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'sql', port: 5432 }] }),
  service('gone', { clusterIP: 'None', clusterIPs: ['None'], ports: [] }),
  service('ext', { type: 'ExternalName', externalName: 'www.example.com' }),
  service('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  slice(
    'web',
    [{ addresses: ['10.244.1.11'], conditions: { ready: true } }],
    [{ name: 'http', port: 8080, protocol: 'TCP' }],
  ),
  slice(
    'db',
    [
      { addresses: ['10.244.1.21'], hostname: 'db-0', conditions: { ready: true } },
      { addresses: ['10.244.2.21'], conditions: { ready: true } },
      { addresses: ['10.244.3.21'], hostname: 'db-2', conditions: { ready: false } },
    ],
    [{ name: 'sql', port: 5432, protocol: 'TCP' }],
  ),
]

function service(name: string, spec: unknown): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec }
}

function slice(of: string, endpoints: unknown, ports: unknown): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${of}-x`, namespace: 'default', labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    endpoints,
    ports,
  }
}

const world = new World(TABLES)
for (const object of OBJECTS) {
  const { name, namespace = '' } = object.metadata
  world.put('object', {
    id: `${object.kind}/${namespace}/${name}`,
    kind: object.kind,
    cluster: 'kubernetes',
    namespace,
    name,
    resourceVersion: 1,
    object,
  } satisfies ObjectRow)
}

/** `NXDOMAIN`, or the answers as `TYPE data`; `-` for no data. */
const ask = (name: string, type = 'A') => {
  const { rcode, answers } = answerQuestion(world, 'kubernetes', { name, type })
  return rcode === 'NOERROR' ? answers.map((r) => `${r.type} ${r.data}`).join(', ') || '-' : rcode
}

describe('records of the cluster zone', () => {
  test.each<[string, string, string]>([
    ['web.default.svc.cluster.local', 'A', 'A 10.96.20.30'],
    ['WEB.default.svc.cluster.local.', 'A', 'A 10.96.20.30'],
    ['web.default.svc.cluster.local', 'AAAA', '-'],
    ['web.default.svc.cluster.local', 'TXT', '-'],
    ['dual.default.svc.cluster.local', 'AAAA', 'AAAA fd00:10:96::44'],
    ['nope.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['web.nowhere.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['default.svc.cluster.local', 'A', '-'],
    ['empty.svc.cluster.local', 'A', '-'],
    ['svc.cluster.local', 'A', '-'],
    ['cluster.local', 'A', '-'],
    ['web.cluster.local', 'A', 'NXDOMAIN'],
    ['_http._tcp.web.default.svc.cluster.local', 'SRV', 'SRV 0 100 80 web.default.svc.cluster.local'],
    ['_http._tcp.dual.default.svc.cluster.local', 'SRV', 'SRV 0 50 80 dual.default.svc.cluster.local'],
    ['_http._udp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
    ['_https._tcp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
    ['db.default.svc.cluster.local', 'A', 'A 10.244.1.21, A 10.244.2.21'],
    ['db.default.svc.cluster.local', 'AAAA', '-'],
    ['gone.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['db-0.db.default.svc.cluster.local', 'A', 'A 10.244.1.21'],
    ['10-244-2-21.db.default.svc.cluster.local', 'A', 'A 10.244.2.21'],
    ['db-2.db.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    [
      '_sql._tcp.db.default.svc.cluster.local',
      'SRV',
      'SRV 0 50 5432 db-0.db.default.svc.cluster.local, SRV 0 50 5432 10-244-2-21.db.default.svc.cluster.local',
    ],
    ['10-244-1-10.default.pod.cluster.local', 'A', 'A 10.244.1.10'],
    ['10-244-1-10.default.pod.cluster.local', 'AAAA', '-'],
    ['nonsense.default.pod.cluster.local', 'A', 'NXDOMAIN'],
    ['ext.default.svc.cluster.local', 'A', 'CNAME www.example.com'],
    ['alias.default.svc.cluster.local', 'A', 'CNAME web.default.svc.cluster.local, A 10.96.20.30'],
    ['30.20.96.10.in-addr.arpa', 'PTR', 'PTR web.default.svc.cluster.local'],
    ['21.1.244.10.in-addr.arpa', 'PTR', 'PTR db-0.db.default.svc.cluster.local'],
    [
      '4.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa',
      'PTR',
      'PTR dual.default.svc.cluster.local',
    ],
    ['dns-version.cluster.local', 'TXT', 'TXT "1.1.0"'],
    ['www.example.com', 'A', 'SERVFAIL'],
  ])('%s %s is %s', (name, type, expected) => {
    expect(ask(name, type)).toBe(expected)
  })

  test('TTL 30, and the SOA where there is nothing', () => {
    expect(
      answerQuestion(world, 'kubernetes', { name: 'web.default.svc.cluster.local', type: 'A' }).answers[0].ttl,
    ).toBe(30)
    expect(
      answerQuestion(world, 'kubernetes', { name: 'nope.default.svc.cluster.local', type: 'A' }).authority?.[0],
    ).toMatchObject({ type: 'SOA', name: 'cluster.local' })
  })

  test('the answer names the objects it comes from', () => {
    expect(answerQuestion(world, 'kubernetes', { name: 'db.default.svc.cluster.local', type: 'A' }).from).toEqual([
      'Service/default/db',
      'EndpointSlice/default/db-x',
    ])
  })
})
