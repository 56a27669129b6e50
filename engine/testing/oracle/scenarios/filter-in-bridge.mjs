import { cluster, podIp } from '../lib/cluster.mjs'
import { tcpListener, tcpProbe, udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const rules = [
  '*filter',
  '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '-A FORWARD -p tcp -m tcp --dport 8081 -j DROP',
  '-A FORWARD -p tcp -m tcp --dport 8082 -j REJECT --reject-with tcp-reset',
  '-A FORWARD -p tcp -m tcp --dport 8083 -j REJECT --reject-with icmp-admin-prohibited',
  '-A FORWARD -p udp -m physdev --physdev-is-bridged -m udp --dport 8084 -j REJECT --reject-with icmp-port-unreachable',
  '-A INPUT -p tcp -m tcp --dport 8085 -j DROP',
  '-A OUTPUT -p tcp -m tcp --dport 8086 -j REJECT --reject-with icmp-host-prohibited',
  'COMMIT',
  '',
].join('\n')
const sysctls = { client: { 'net.ipv4.tcp_syn_retries': '1' }, n1: { 'net.ipv4.tcp_syn_retries': '1' } }
const hosts = cluster({ pods: ['client', 'web-a'], rules: { n1: [rules] }, sysctls })
const to = (netns, dst, dport, sport) => tcpProbe(netns, dst, dport, { sport })

export default {
  name: 'filter-in-bridge',
  title: 'rules of FORWARD that drop and reject between two pods of one bridge, of INPUT and OUTPUT on the node',
  settles:
    'bridge-nf lets FORWARD decide about frames that are only bridged: DROP is silent, REJECT answers from the node with a RST in the name of the peer, or with ICMP from the address of cni0.',
  needs: ['bridge', 'bridge-nf', 'netfilter', 'icmp-error'],
  hosts,
  listeners: [tcpListener('web-a'), udpListener('web-a', podIp('web-a'), 8084), tcpListener('n1', 8085)],
  watch: watch(hosts),
  runs: [
    { name: 'allowed', change: [], probe: to('client', podIp('web-a'), 8080, 40000) },
    { name: 'drop', change: [], probe: to('client', podIp('web-a'), 8081, 40001) },
    { name: 'reset', change: [], probe: to('client', podIp('web-a'), 8082, 40002) },
    { name: 'prohibited', change: [], probe: to('client', podIp('web-a'), 8083, 40003) },
    { name: 'udp', change: [], probe: udpProbe('client', podIp('web-a'), 8084, { sport: 40004 }) },
    { name: 'input-drop', change: [], probe: to('client', '10.244.1.1', 8085, 40005) },
    { name: 'output-reject', change: [], probe: to('n1', podIp('web-a'), 8086, 40006) },
    { name: 'closed-on-node', change: [], probe: to('client', '10.244.1.1', 8099, 40007) },
  ],
}
