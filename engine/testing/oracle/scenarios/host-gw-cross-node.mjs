import { cluster } from '../lib/cluster.mjs'
import { bothNodes, web } from '../lib/rules.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({
  pods: ['client', 'web-b'],
  tunnel: false,
  mtu: 1500,
  rules: bothNodes([web(['10.244.2.11:8080'])]),
  routes: { n1: ['10.244.2.0/24 via 192.168.10.12 dev eth0'], n2: ['10.244.1.0/24 via 192.168.10.11 dev eth0'] },
})

export default {
  name: 'host-gw-cross-node',
  title:
    'pod client on n1 connects to the ClusterIP of default/web, endpoint on n2, with node-to-node routes and no tunnel',
  settles: "The packet goes straight to the other node's MAC, un-encapsulated; TTL 63 on the wire, 62 at the pod.",
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', '10.96.20.30', 80)),
}
