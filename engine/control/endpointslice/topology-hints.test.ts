import { expect, test } from 'vitest'
import type { ObjectRow } from '../../api/types.ts'
import type { Endpoint } from './endpoint.ts'
import { wantsTopologyHints, withTopologyHints } from './topology-hints.ts'

/** `a:4` is a ready worker of zone a with four CPUs; `a:4!` one that is not ready, `a:4*` a control plane. */
function node(text: string): ObjectRow {
  const [, zone, cpu, mark] = /^(\w*):(\d+)([!*]?)$/.exec(text) ?? []
  const object = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: text,
      labels: {
        ...(zone ? { 'topology.kubernetes.io/zone': zone } : {}),
        ...(mark === '*' ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
      },
    },
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: mark === '!' ? 'False' : 'True' }] },
  }
  return { id: text, kind: 'Node', cluster: 'c', namespace: '', name: text, resourceVersion: 1, object }
}

/** One letter per endpoint: its zone, a capital one if it is not ready, a dot if it has none. */
const endpoints = (zones: string): Endpoint[] =>
  [...zones].map((zone, i) => ({
    addresses: [`10.0.0.${i}`],
    conditions: { ready: zone === zone.toLowerCase(), serving: true, terminating: false },
    targetRef: { kind: 'Pod', namespace: 'd', name: `p${i}` },
    ...(zone === '.' ? {} : { zone: zone.toLowerCase() }),
  }))

// Situations of staging/src/k8s.io/endpointslice/topologycache/topologycache_test.go.
test.each([
  ['each zone its share', ['a:4', 'b:4'], 'aabb', 'aabb'],
  ['one zone gives to another', ['a:4', 'b:4'], 'aaaa', 'bbaa'],
  ['by CPU, not by nodes', ['a:6', 'b:1', 'b:1'], 'aaab', 'aaab'],
  ['three zones, one empty', ['a:4', 'b:4', 'c:4'], 'aaabbb', 'caacbb'],
  ['too few endpoints for two zones', ['a:4', 'b:4'], 'aaa', '---'],
  ['fewer endpoints than zones', ['a:4', 'b:4', 'c:4'], 'ab', '--'],
  ['one zone only', ['a:4', 'a:4'], 'aa', '--'],
  ['a worker without a zone', ['a:4', 'b:4', ':4'], 'aabb', '----'],
  ['an endpoint without a zone', ['a:4', 'b:4'], 'aab.', '----'],
  ['a control plane does not count', ['a:4', 'b:4', 'c:4*'], 'aabb', 'aabb'],
  ['nor does a node that is not ready', ['a:4', 'b:4!'], 'aabb', '----'],
  ['endpoints that are not ready have none', ['a:4', 'b:4'], 'aAbB', 'a-b-'],
])('%s', (_what, nodes, zones, expected) => {
  const [group] = withTopologyHints([{ ports: [], endpoints: endpoints(zones) }], nodes.map(node))
  expect(group.endpoints.map(({ hints }) => hints?.forZones?.[0].name ?? '-').join('')).toBe(expected)
})

test('the older annotation comes first', () => {
  const service = (annotations: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', annotations },
  })
  const [older, newer] = ['service.kubernetes.io/topology-aware-hints', 'service.kubernetes.io/topology-mode']
  expect(wantsTopologyHints(service({ [newer]: 'Auto' }))).toBe(true)
  expect(wantsTopologyHints(service({ [older]: 'Disabled', [newer]: 'Auto' }))).toBe(false)
  expect(wantsTopologyHints(service({}))).toBe(false)
})
