import { cluster, podIp } from '../lib/cluster.mjs'
import { pingProbe, udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({
  pods: ['client', 'web-b'],
  sysctls: { n1: { 'net.ipv4.ip_forward': '0' } },
})

export default {
  name: 'ip-forward-off',
  title: 'pod client sends to pod web-b on another node, and to its gateway; ip_forward=0 on n1',
  settles: 'n1 drops what is not for itself without a word; its own addresses still answer.',
  needs: ['bridge', 'vxlan', 'sysctl'],
  hosts,
  listeners: [udpListener('web-b', podIp('web-b'))],
  watch: watch(hosts),
  runs: [
    { name: 'through', change: [], probe: udpProbe('client', podIp('web-b'), 8080) },
    { name: 'to-gateway', change: [], probe: pingProbe('client', '10.244.1.1') },
    { name: 'to-node', change: [], probe: pingProbe('client', '192.168.10.11') },
  ],
}
