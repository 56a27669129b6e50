import { bothNodes } from '../lib/rules.mjs'
import { cluster, podIp } from '../lib/cluster.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], rules: bothNodes([]) })

export default {
  name: 'vxlan-cross-node',
  title: 'pod client on n1 connects to pod web-b on n2 through flannel.1, by its address',
  settles:
    'Inner TTL 64 at the pod, 63 on flannel.1, 62 at the far pod; outer TTL 64, DF unset, node to node; VTEP MACs inside.',
  needs: ['bridge', 'vxlan', 'netfilter'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', podIp('web-b'), 8080)),
}
