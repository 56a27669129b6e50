import { cluster } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const rules = { n1: nodeRules(1, [web(['10.244.1.11:8080'])]) }
const hosts = cluster({ pods: ['client', 'web-a'], outside: true, rules })

export default {
  name: 'nodeport-same-node',
  title: "n1's NodePort 30080 with its endpoint on n1: from outside, from a pod on n1, from n1 itself",
  settles:
    'DNAT, and SNAT to 10.244.1.1, the address of cni0, for all of them: a pod that uses a NodePort loses its address too.',
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-a')],
  watch: watch(hosts),
  runs: [
    { name: 'from-outside', change: [], probe: tcpProbe('external', '192.168.10.11', 30080) },
    { name: 'from-pod', change: [], probe: tcpProbe('client', '192.168.10.11', 30080, { sport: 40001 }) },
    { name: 'from-node', change: [], probe: tcpProbe('n1', '192.168.10.11', 30080, { sport: 40002 }) },
  ],
}
