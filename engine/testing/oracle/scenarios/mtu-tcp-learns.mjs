import { cluster, podIp } from '../lib/cluster.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], mtu: 1500, tunnelMtu: 1450 })

export default {
  name: 'mtu-tcp-learns',
  title: 'pods with MTU 1500 over a tunnel with MTU 1450: a TCP connection that sends 4000 bytes each way',
  settles:
    'MSS 1460 is agreed end to end; the first full segment is answered with 3/4 by each node; both ends recover.',
  needs: ['bridge', 'vxlan', 'icmp-error', 'pmtu'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', podIp('web-b'), 8080, { payloadBytes: 4000 })),
}
