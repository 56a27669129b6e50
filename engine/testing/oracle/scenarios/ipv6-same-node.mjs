import { cluster } from '../lib/cluster.mjs'
import { pingProbe, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-a'], ipv6: true })

export default {
  name: 'ipv6-same-node',
  title: 'pod client connects to pod web-a on the same bridge by its IPv6 address, and pings its gateway',
  settles:
    'Neighbour solicitation to the solicited-node group with hop limit 255, advertisement back; the bridge forwards with hop limit 64.',
  needs: ['bridge', 'ipv6'],
  ipv6: true,
  hosts,
  listeners: [tcpListener('web-a', 8080, '::')],
  watch: watch(hosts),
  runs: [
    { name: 'tcp', change: [], probe: tcpProbe('client', 'fd00:10:244:1::11', 8080) },
    { name: 'ping-gateway', change: [], probe: pingProbe('client', 'fd00:10:244:1::1') },
  ],
}
