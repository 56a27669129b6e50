import { cluster, podIp } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { tcpProbe, udpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-a'], rules: { n1: nodeRules(1, [web(['10.244.1.11:8080'])]) } })

export default {
  name: 'closed-port',
  title: 'pod client knocks at ports of pod web-a where nothing listens: TCP, TCP through the ClusterIP, UDP',
  settles:
    'TCP is answered with RST (through a Service: from the ClusterIP), UDP with ICMP 3/3 from the pod; ECONNREFUSED all.',
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat', 'icmp-error'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: [
    { name: 'tcp', change: [], probe: tcpProbe('client', podIp('web-a'), 9999) },
    { name: 'tcp-clusterip', change: [], probe: tcpProbe('client', '10.96.20.30', 80, { sport: 40001 }) },
    { name: 'udp', change: [], probe: udpProbe('client', podIp('web-a'), 9999) },
  ],
}
