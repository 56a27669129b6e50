import { cluster } from '../lib/cluster.mjs'
import { nodeRules6, web } from '../lib/rules.mjs'
import { pingProbe, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const vip = 'fd00:10:96::30'
const services = [
  web(['[fd00:10:244:1::11]:8080'], { clusterIP: vip, nodePort: undefined }),
  web([], { name: 'default/empty', clusterIP: 'fd00:10:96::40', nodePort: undefined }),
]
const hosts = cluster({
  pods: ['client', 'web-a'],
  ipv6: true,
  outside: true,
  rules6: { n1: nodeRules6(services) },
  routes: { n1: ['default via fd00:192:168:10::1 dev eth0'] },
})

export default {
  name: 'ipv6-services',
  title:
    'an IPv6 ClusterIP with its endpoint on the same bridge, from a pod, the endpoint itself and the node; one without endpoints; a ping',
  settles:
    'As with IPv4, the frame is DNATed inside the bridge: hop limit 64. The endpoint reaches itself by hairpin, masqueraded. REJECT answers 1/4 from the address of cni0; a ping follows the default route to a router that swallows it.',
  needs: ['bridge', 'bridge-nf', 'hairpin', 'netfilter', 'nat', 'ipv6', 'icmp-error'],
  ipv6: true,
  hosts,
  listeners: [tcpListener('web-a', 8080, '::')],
  watch: watch(hosts),
  runs: [
    { name: 'node-to-router', change: [], pauseSeconds: 4, probe: pingProbe('n1', 'fd00:192:168:10::1') },
    { name: 'from-pod', change: [], probe: tcpProbe('client', vip, 80) },
    { name: 'hairpin', change: [], probe: tcpProbe('web-a', vip, 80, { sport: 40001 }) },
    { name: 'from-node', change: [], probe: tcpProbe('n1', vip, 80, { sport: 40002 }) },
    { name: 'empty', change: [], pauseSeconds: 7, probe: tcpProbe('client', 'fd00:10:96::40', 80, { sport: 40003 }) },
    { name: 'ping', change: [], probe: pingProbe('client', vip) },
  ],
}
