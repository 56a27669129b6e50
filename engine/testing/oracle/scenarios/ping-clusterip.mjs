import { cluster } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { pingProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({
  pods: ['client', 'web-a'],
  outside: true,
  rules: { n1: nodeRules(1, [web(['10.244.1.11:8080'])]) },
})

export default {
  name: 'ping-clusterip',
  title: 'pod client pings a ClusterIP, and an outside host; the router has no default route',
  settles:
    "No rule matches ICMP: the ping follows the node's default route, masqueraded; the router answers net unreachable (3/0), translated back for the pod. The outside host answers.",
  needs: ['bridge', 'netfilter', 'nat', 'icmp-error'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: [
    { name: 'clusterip', change: [], probe: pingProbe('client', '10.96.20.30') },
    { name: 'outside', change: [], probe: pingProbe('client', '203.0.113.50') },
  ],
}
