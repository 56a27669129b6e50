import { cluster } from '../lib/cluster.mjs'
import { nodeRules } from '../lib/rules.mjs'
import { oneRun, tcpProbe, watch } from '../lib/scenario.mjs'

const noRedirects = { 'net.ipv4.conf.all.send_redirects': '0', 'net.ipv4.conf.eth0.send_redirects': '0' }
const hosts = cluster({
  pods: ['client'],
  outside: true,
  rules: { n1: nodeRules(1, []) },
  routes: { router: ['10.244.0.0/16 via 192.168.10.11 dev eth0'] },
  sysctls: { n1: noRedirects, router: noRedirects, client: { 'net.ipv4.ip_default_ttl': '8' } },
})

export default {
  name: 'routing-loop',
  title: 'pod client connects to 10.244.9.9, which n1 sends to the router and the router sends back to n1',
  settles: 'The packet loops until its TTL (8 here) is used up; ICMP 11/0 comes back; EHOSTUNREACH at once.',
  needs: ['bridge', 'netfilter', 'icmp-error', 'sysctl'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', '10.244.9.9', 80)),
}
