import { cluster } from '../lib/cluster.mjs'
import { bothNodes, web } from '../lib/rules.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], rules: bothNodes([web(['10.244.2.11:8080'])]) })

export default {
  name: 'clusterip-cross-node',
  title: 'pod client on n1 connects to the ClusterIP of default/web, whose endpoint is on n2',
  settles: 'DNAT on n1 before routing, no masquerade; un-DNAT on n1 alone; n2 has an entry of its own without NAT.',
  needs: ['bridge', 'bridge-nf', 'vxlan', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', '10.96.20.30', 80)),
}
