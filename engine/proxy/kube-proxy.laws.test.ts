import fc from 'fast-check'
import { expect, test } from 'vitest'
import { iptablesSave } from '../kernel/netfilter/iptables-text.ts'
import { proxyLab, type ProxyLab, rowOf, webService, webSlice } from '../testing/proxy-lab.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

const endpoint = fc.record({
  ip: fc.integer({ min: 1, max: 6 }).map((n) => `10.244.1.${n}`),
  node: fc.constantFrom('n1', 'n2'),
  conditions: fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
})
const state = fc.record({
  endpoints: fc.array(endpoint, { maxLength: 5 }),
  spec: fc.record({
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
    externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
    internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
    sessionAffinity: fc.constantFrom('None', 'ClientIP'),
    externalIPs: fc.constantFrom([], ['198.51.100.7']),
  }),
})
const rules = (lab: ProxyLab, node: string) =>
  iptablesSave(lab.world, node)
    .map(({ text }) => text)
    .join('\n')

test('law: whatever happened before, the rules are those of the Services as they are, and a second sync writes nothing', () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 5 }), (states) => {
      const stepwise = proxyLab()
      for (const { endpoints, spec } of states) {
        stepwise.apply(webService(spec), webSlice(endpoints))
        stepwise.sync()
        const atOnce = proxyLab()
        // As stored: a change of type drops fields that only the old type had.
        atOnce.apply(rowOf(stepwise, 'Service', 'web').object, rowOf(stepwise, 'EndpointSlice', 'web-abcde').object)
        atOnce.sync()
        for (const node of ['n1', 'n2']) expect(rules(stepwise, node)).toBe(rules(atOnce, node))
        const before = stepwise.world.position
        stepwise.sync()
        expect(stepwise.world.position).toBe(before)
      }
    }),
    RUNS,
  )
})
