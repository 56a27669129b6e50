import { cluster } from '../lib/cluster.mjs'
import { bothNodes, web } from '../lib/rules.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['web-b'], nodes: [1], outside: true, rules: bothNodes([web(['10.244.2.11:8080'])]) })

export default {
  name: 'nodeport-outside',
  title: "outside host connects to n1's NodePort 30080; the endpoint is on n2, externalTrafficPolicy Cluster",
  settles: 'DNAT and SNAT on n1, to 10.244.1.0, the address of flannel.1; the pod does not see the client.',
  needs: ['bridge', 'vxlan', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('external', '192.168.10.11', 30080)),
}
