import { cluster } from '../lib/cluster.mjs'
import { nodeRules6, web } from '../lib/rules.mjs'
import { pingProbe, tcpListener, tcpProbe, udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const services = [
  web(['[fd00:10:244:2::11]:8080'], { clusterIP: 'fd00:10:96::30', nodePort: undefined }),
  web(['[fd00:10:244:2::11]:8053'], {
    name: 'default/web:dns',
    protocol: 'udp',
    port: 53,
    clusterIP: 'fd00:10:96::30',
    nodePort: undefined,
  }),
]
const rules6 = { n1: nodeRules6(services), n2: nodeRules6(services) }
const hosts = cluster({
  pods: ['client', 'web-b'],
  ipv6: true,
  rules6,
  routes: {
    n1: ['fd00:10:244:2::/64 via fd00:10:244:2:: dev flannel.1 onlink', 'default via fd00:192:168:10::12 dev eth0'],
    n2: ['fd00:10:244:1::/64 via fd00:10:244:1:: dev flannel.1 onlink'],
  },
  neigh6: true,
})

export default {
  name: 'ipv6-vxlan',
  title:
    'IPv6 pods on two nodes over flannel VXLAN with an IPv4 underlay: ClusterIP by TCP and UDP, a datagram in fragments, a ping',
  settles:
    'The inner packet is IPv6, the outer IPv4 with its own TTL; hop limit 62 at the pod; fragments are made by the sender alone.',
  needs: ['bridge', 'bridge-nf', 'vxlan', 'netfilter', 'nat', 'ipv6', 'fragmentation'],
  ipv6: true,
  hosts,
  listeners: [tcpListener('web-b', 8080, '::'), udpListener('web-b', 'fd00:10:244:2::11', 8053)],
  watch: watch(hosts),
  runs: [
    { name: 'tcp', change: [], pauseSeconds: 4, probe: tcpProbe('client', 'fd00:10:96::30', 80) },
    { name: 'udp', change: [], probe: udpProbe('client', 'fd00:10:96::30', 53, { sport: 40001 }) },
    {
      name: 'udp-fragments',
      change: [],
      probe: udpProbe('client', 'fd00:10:96::30', 53, { sport: 40002, payloadBytes: 3000 }),
    },
    { name: 'ping', change: [], probe: pingProbe('client', 'fd00:10:244:2::11') },
  ],
}
