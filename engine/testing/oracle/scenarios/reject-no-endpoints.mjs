import { cluster } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client'], outside: true, rules: { n1: nodeRules(1, [web([])]) } })

export default {
  name: 'reject-no-endpoints',
  title: 'connects to a Service without endpoints: from a pod, from outside by NodePort, from the node itself',
  settles:
    'REJECT answers ICMP 3/3 at once, from the address of the receiving device: 10.244.1.1 to the pod, 192.168.10.11 to the outside; ECONNREFUSED.',
  needs: ['bridge', 'bridge-nf', 'netfilter', 'icmp-error'],
  hosts,
  listeners: [],
  watch: [...watch(hosts), 'n1/lo'],
  runs: [
    { name: 'from-pod', change: [], probe: tcpProbe('client', '10.96.20.30', 80) },
    { name: 'from-outside', change: [], probe: tcpProbe('external', '192.168.10.11', 30080) },
    { name: 'from-node', change: [], probe: tcpProbe('n1', '10.96.20.30', 80) },
  ],
}
