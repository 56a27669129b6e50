import { expect, test } from 'vitest'
import { iptablesSave } from '../../kernel/netfilter/iptables-text.ts'
import { ask } from '../../testing/ask.ts'
import { podText, world, written } from '../../testing/reference-cluster.ts'

const CLUSTER = `
apiVersion: kind.x-k8s.io/v1alpha4
kind: Cluster
name: demo
nodes: [{role: control-plane}, {role: worker}, {role: worker}]
`

test('kind’s document alone: a route per other node, wires of their own for pods, TTL 62 across nodes', () => {
  const sim = world(CLUSTER, podText('client', 'demo-worker'), podText('web', 'demo-worker2'))
  expect(written(sim, 'demo-worker', 'kindnetd')).toEqual([
    '10.244.0.0/24 via 172.18.0.2 dev eth0',
    '10.244.2.0/24 via 172.18.0.4 dev eth0',
  ])
  expect(sim.world.by('link', 'netns', 'demo-worker').some(({ kind }) => kind === 'bridge')).toBe(false)
  expect(ask(sim, { from: 'default/client', to: 'default/web', port: 8080 })).toMatchObject({
    verdict: 'delivered',
    ttl: 62,
    translated: false,
  })
  expect(ask(sim, { from: 'default/client', to: 'external', port: 80 })).toMatchObject({
    verdict: 'delivered',
    source: '172.18.0.3',
  })
})

test('its masquerading chain', () => {
  const sim = world(CLUSTER)
  const lines = iptablesSave(sim.world, 'demo-worker', {}).map(({ text }) => text)
  expect(lines.filter((line) => line.startsWith('-A KIND-MASQ-AGENT'))).toEqual([
    '-A KIND-MASQ-AGENT -d 10.244.0.0/16 -m comment --comment "kind-masq-agent: local traffic is not subject to MASQUERADE" -j RETURN',
    '-A KIND-MASQ-AGENT -m comment --comment "kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)" -j MASQUERADE',
  ])
})
