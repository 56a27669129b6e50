import { cluster, podIp } from '../lib/cluster.mjs'
import { oneRun, udpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], tunnelFdb: false })

export default {
  name: 'vxlan-no-fdb',
  title: 'pod client sends to pod web-b on n2; flannel.1 has the neighbour but no fdb entry',
  settles: 'flannel.1 drops the frame silently: seen going out of flannel.1, never on eth0.',
  needs: ['bridge', 'vxlan'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: oneRun(udpProbe('client', podIp('web-b'), 8080)),
}
