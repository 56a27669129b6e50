import { cluster } from '../lib/cluster.mjs'
import { bothNodes, web } from '../lib/rules.mjs'
import { oneRun, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], rules: bothNodes([web(['10.244.2.99:8080'])]) })

export default {
  name: 'dead-endpoint',
  title: 'pod client connects to a ClusterIP whose only endpoint, on n2, no longer exists',
  settles:
    'n2 asks three times, then sends ICMP 3/1; n1 translates it: EHOSTUNREACH after about 3 s, quoting the ClusterIP.',
  needs: ['bridge', 'bridge-nf', 'vxlan', 'netfilter', 'nat', 'icmp-error'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', '10.96.20.30', 80)),
}
