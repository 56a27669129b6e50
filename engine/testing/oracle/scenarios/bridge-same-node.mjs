import { cluster, podIp } from '../lib/cluster.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-a'] })

export default {
  name: 'bridge-same-node',
  title: 'pod client connects to pod web-a on the same bridge, by its address',
  settles: 'The bridge forwards the frame: MAC pod to pod, TTL 64 at the receiver; cni0 itself sees nothing but ARP.',
  needs: ['bridge'],
  hosts,
  listeners: [tcpListener('web-a')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', podIp('web-a'), 8080)),
}
