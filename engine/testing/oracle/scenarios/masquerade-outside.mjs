import { cluster } from '../lib/cluster.mjs'
import { nodeRules } from '../lib/rules.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client'], outside: true, rules: { n1: nodeRules(1, []) } })

export default {
  name: 'masquerade-outside',
  title: 'pod client connects to an outside host, 203.0.113.50:80, through the router',
  settles: "The outside host sees the node's address and a random port; TTL 62 after node and router.",
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('external', 80)],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', '203.0.113.50', 80)),
}
