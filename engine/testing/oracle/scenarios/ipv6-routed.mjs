import { cluster } from '../lib/cluster.mjs'
import { pingProbe, tcpListener, tcpProbe, udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const web = 'fd00:10:244:2::11'
const hosts = cluster({
  pods: ['client', 'web-b'],
  ipv6: true,
  tunnel: false,
  mtu: 1500,
  laterUnderlayMtu: 1400,
  routes: {
    n1: ['fd00:10:244:2::/64 via fd00:192:168:10::12 dev eth0', 'unreachable fd00:99::/64', 'prohibit fd00:98::/64'],
    n2: ['fd00:10:244:1::/64 via fd00:192:168:10::11 dev eth0'],
  },
})

export default {
  name: 'ipv6-routed',
  title:
    'pod client on n1 and pod web-b on n2 over node-to-node IPv6 routes, underlay MTU 1400: TCP, UDP, pings and what goes wrong',
  settles:
    'Hop limit 62 at the pod. Routers do not fragment: 2/0 with MTU 1400, and TCP learns. 3/0 for the hop limit, 1/0 without a route, 1/1 for prohibit, 1/3 for a dead pod, 1/4 for a closed port.',
  needs: ['bridge', 'ipv6', 'icmp-error', 'pmtu'],
  ipv6: true,
  hosts,
  listeners: [tcpListener('web-b', 8080, '::'), udpListener('web-b', '::', 8053)],
  watch: watch(hosts),
  runs: [
    { name: 'tcp', change: [], pauseSeconds: 4, probe: tcpProbe('client', web, 8080) },
    { name: 'udp', change: [], probe: udpProbe('client', web, 8053, { sport: 40001 }) },
    { name: 'udp-closed', change: [], probe: udpProbe('client', web, 9999, { sport: 40002 }) },
    { name: 'hop-limit', change: [], probe: pingProbe('client', web, { ttl: 2 }) },
    { name: 'no-route', change: [], probe: tcpProbe('client', 'fd00:97::1', 80, { sport: 40003 }) },
    { name: 'unreachable', change: [], probe: tcpProbe('client', 'fd00:99::1', 80, { sport: 40004 }) },
    { name: 'prohibit', change: [], pauseSeconds: 3, probe: tcpProbe('client', 'fd00:98::1', 80, { sport: 40005 }) },
    {
      name: 'dead-pod',
      change: [],
      pauseSeconds: 3,
      probe: tcpProbe('client', 'fd00:10:244:2::99', 80, { sport: 40006 }),
    },
    {
      name: 'too-big',
      change: [],
      pauseSeconds: 3,
      probe: pingProbe('client', web, { payloadBytes: 1400, pmtu: 'do' }),
    },
    { name: 'tcp-big', change: [], probe: tcpProbe('client', web, 8080, { sport: 40007, payloadBytes: 4000 }) },
  ],
}
