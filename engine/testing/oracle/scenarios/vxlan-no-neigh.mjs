import { cluster, podIp } from '../lib/cluster.mjs'
import { oneRun, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], tunnelNeigh: false })

export default {
  name: 'vxlan-no-neigh',
  title: 'pod client connects to pod web-b on n2; flannel.1 has the fdb entry but no neighbour',
  settles: 'n1 asks by ARP on flannel.1, which has nowhere to flood it; after 3 s ICMP 3/1 from n1: EHOSTUNREACH.',
  needs: ['bridge', 'vxlan', 'icmp-error'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', podIp('web-b'), 8080)),
}
