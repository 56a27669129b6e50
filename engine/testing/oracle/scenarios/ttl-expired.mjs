import { cluster, podIp } from '../lib/cluster.mjs'
import { pingProbe, udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'] })

export default {
  name: 'ttl-expired',
  title: 'datagrams and pings with a small TTL from pod client on n1 to pod web-b on n2',
  settles:
    'TTL 1 dies on n1 (11/0 from 10.244.1.1), TTL 2 on n2 (11/0 from 10.244.2.0, the device it came in by), TTL 3 arrives with 1. A UDP socket is not told.',
  needs: ['bridge', 'vxlan', 'icmp-error'],
  hosts,
  listeners: [udpListener('web-b', podIp('web-b'))],
  watch: watch(hosts),
  runs: [
    { name: 'udp-ttl-1', change: [], probe: udpProbe('client', podIp('web-b'), 8080, { ttl: 1 }) },
    { name: 'ping-ttl-2', change: [], probe: pingProbe('client', podIp('web-b'), { ttl: 2 }) },
    { name: 'udp-ttl-3', change: [], probe: udpProbe('client', podIp('web-b'), 8080, { ttl: 3, sport: 40001 }) },
  ],
}
