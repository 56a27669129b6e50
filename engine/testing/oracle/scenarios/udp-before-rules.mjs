import { cluster } from '../lib/cluster.mjs'
import { kubeProxy, nodeRules, web } from '../lib/rules.mjs'
import { udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const dns = web(['10.244.1.11:8053'], { name: 'default/web:dns', protocol: 'udp', port: 53, nodePort: undefined })
const hosts = cluster({ pods: ['client', 'web-a'], outside: true, rules: { n1: nodeRules(1, []) } })
const probe = (sport) => udpProbe('client', '10.96.20.30', 53, { sport })

export default {
  name: 'udp-before-rules',
  title: 'pod client sends datagrams to a ClusterIP before and after kube-proxy writes its rules, from one port',
  settles:
    'The flow that began before the rules keeps its entry without DNAT and never arrives; another source port works at once.',
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat', 'icmp-error'],
  hosts,
  listeners: [udpListener('web-a', '10.244.1.11', 8053)],
  watch: watch(hosts),
  runs: [
    { name: 'before', change: [], probe: probe(40000) },
    {
      name: 'after-same-port',
      change: [{ kind: 'iptables', netns: 'n1', restore: kubeProxy([dns], { jumps: false }) }],
      probe: probe(40000),
    },
    { name: 'after-new-port', change: [], probe: probe(40001) },
  ],
}
