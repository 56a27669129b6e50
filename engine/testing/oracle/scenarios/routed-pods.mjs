import { cluster } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { tcpListener, tcpProbe, vethOf, watch } from '../lib/scenario.mjs'

const PODS = { client: ['10.244.1.10', '0a:58:0a:f4:01:0a'], 'web-a': ['10.244.1.11', '0a:58:0a:f4:01:0b'] }
const GATEWAY = '169.254.1.1'
const veths = Object.keys(PODS).map(vethOf)

// n1 with its uplink and default route, without which proxy_arp has nowhere to send and does not answer.
const hosts = cluster({ pods: [], nodes: [1], outside: true, rules: { n1: nodeRules(1, [web(['10.244.1.11:8080'])]) } })
const n1 = hosts.find((host) => host.name === 'n1')
const node = n1.netns[0]
node.links = node.links.filter((link) => link.name === 'eth0')
node.addrs = node.addrs.filter((addr) => addr.endsWith('dev eth0'))
for (const [pod, [ip, mac]] of Object.entries(PODS)) {
  const peer = { netns: pod, name: 'eth0', mac }
  node.links.push({ name: vethOf(pod), kind: 'veth', mac: 'ee:ee:ee:ee:ee:ee', peer })
  node.routes.push(`${ip} dev ${vethOf(pod)} scope link`)
  const routes = [`${GATEWAY} dev eth0 scope link`, `default via ${GATEWAY} dev eth0`]
  n1.netns.push({ name: pod, addrs: [`${ip}/32 dev eth0`], routes })
}
for (const veth of veths) {
  node.sysctls[`net.ipv4.conf.${veth}.proxy_arp`] = '1'
  // The default draws a wait of up to 0.8 s at random.
  node.sysctls[`net.ipv4.neigh.${veth}.proxy_delay`] = '0'
}

export default {
  name: 'routed-pods',
  title: 'pods with /32 addresses and no bridge: client connects to web-a, and to the ClusterIP of default/web',
  settles:
    'The node answers ARP for 169.254.1.1, an address nobody has, by proxy_arp; every packet between pods is routed: TTL 63.',
  needs: ['netfilter', 'nat', 'proxy_arp', 'sysctl'],
  hosts,
  listeners: [tcpListener('web-a')],
  watch: watch(hosts),
  runs: [
    { name: 'pod', change: [], probe: tcpProbe('client', '10.244.1.11', 8080) },
    { name: 'clusterip', change: [], probe: tcpProbe('client', '10.96.20.30', 80, { sport: 40001 }) },
  ],
}
