import { cluster, podIp } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const service = web([`${podIp('web-b')}:8080`])
/** spec.externalIPs of default/web, as kube-proxy writes it: the address belongs to nobody, each node takes it. */
const external = [
  '*nat',
  ':KUBE-EXT-CDGGSHYLG3RE2FKL - [0:0]',
  ':KUBE-MARK-MASQ - [0:0]',
  '-A KUBE-SERVICES -d 198.51.100.7/32 -p tcp -m comment --comment "default/web:http external IP" -m tcp --dport 80 -j KUBE-EXT-CDGGSHYLG3RE2FKL',
  '-A KUBE-EXT-CDGGSHYLG3RE2FKL -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ',
  '-A KUBE-EXT-CDGGSHYLG3RE2FKL -p tcp -m tcp -j DNAT --to-destination 10.244.2.11:8080',
  '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
  'COMMIT',
  '',
].join('\n')
const rules = { n1: [...nodeRules(1, [{ ...service, nodePort: undefined }]), external], n2: nodeRules(2, [service]) }
const routes = { router: ['198.51.100.7/32 via 192.168.10.11 dev eth0'] }
const once = { 'net.ipv4.tcp_syn_retries': '1' }
const quiet = { 'net.ipv4.conf.all.send_redirects': '0', 'net.ipv4.conf.eth0.send_redirects': '0' }
const sysctls = { client: once, n1: once, external: once, router: quiet }
const hosts = cluster({ pods: ['client', 'web-b'], outside: true, rules, routes, sysctls })

export default {
  name: 'external-ip',
  title: 'an external IP of a Service with its endpoint on n2: from a pod on n1, from n1 itself, from outside by n1',
  settles:
    'It never leaves the node that has the rule: DNATed there, and masqueraded for everybody with the address of the tunnel device, pods included. A port that no rule knows goes to the router and comes back with the node as its source: dropped as a martian, without a word.',
  needs: ['bridge', 'bridge-nf', 'vxlan', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: [
    { name: 'from-pod', change: [], probe: tcpProbe('client', '198.51.100.7', 80) },
    { name: 'from-node', change: [], probe: tcpProbe('n1', '198.51.100.7', 80, { sport: 40001 }) },
    { name: 'from-outside', change: [], probe: tcpProbe('external', '198.51.100.7', 80, { sport: 40002 }) },
    { name: 'closed-port', change: [], probe: tcpProbe('client', '198.51.100.7', 81, { sport: 40003 }) },
  ],
}
