import { cluster } from '../lib/cluster.mjs'
import { bothNodes, web } from '../lib/rules.mjs'
import { tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const near = web(['10.244.1.11:8080'], { name: 'default/near:http', clusterIP: '10.96.20.31', nodePort: undefined })
const hosts = cluster({ pods: ['web-a', 'web-b'], rules: bothNodes([web(['10.244.2.11:8080']), near]) })

export default {
  name: 'node-to-clusterip',
  title: 'a process on n1 connects to ClusterIPs with an endpoint on n2, and with one on n1',
  settles:
    'The node address is chosen before DNAT and is no pod: marked and masqueraded to the egress device, 10.244.1.0 (flannel.1) or 10.244.1.1 (cni0).',
  needs: ['bridge', 'vxlan', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-a'), tcpListener('web-b')],
  watch: watch(hosts),
  runs: [
    { name: 'remote', change: [], probe: tcpProbe('n1', '10.96.20.30', 80) },
    { name: 'local', change: [], probe: tcpProbe('n1', '10.96.20.31', 80, { sport: 40001 }) },
  ],
}
