import { cluster, podIp } from '../lib/cluster.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const noRedirects = { 'net.ipv4.conf.all.send_redirects': '0', 'net.ipv4.conf.eth0.send_redirects': '0' }
const hosts = cluster({
  pods: ['client', 'web-b'],
  outside: true,
  tunnel: false,
  mtu: 1500,
  routes: { router: ['10.244.1.0/24 via 192.168.10.11 dev eth0', '10.244.2.0/24 via 192.168.10.12 dev eth0'] },
  sysctls: { router: noRedirects },
})

export default {
  name: 'routed-by-cloud',
  title: 'pod client on n1 connects to pod web-b on n2; only the router between the nodes knows the pod ranges',
  settles: 'Three routers on the way, n1, the router, n2: TTL 61 at the pod.',
  needs: ['bridge', 'sysctl'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', podIp('web-b'), 8080)),
}
