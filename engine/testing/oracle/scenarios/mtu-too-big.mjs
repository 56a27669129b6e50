import { cluster, podIp } from '../lib/cluster.mjs'
import { bothNodes } from '../lib/rules.mjs'
import { pingProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], mtu: 1500, tunnelMtu: 1450, rules: bothNodes([]) })
const ping = (payloadBytes, pmtu) => pingProbe('client', podIp('web-b'), { payloadBytes, pmtu })

export default {
  name: 'mtu-too-big',
  title: 'pods with MTU 1500 over a tunnel with MTU 1450: pings of 1500 bytes with and without DF',
  settles:
    "With DF: ICMP 3/4 with MTU 1450 from 10.244.1.1, then EMSGSIZE from the pod's own route cache and nothing sent. Without DF: fragmented by n1, or by the pod once it knows.",
  needs: ['bridge', 'vxlan', 'netfilter', 'icmp-error', 'pmtu', 'fragmentation'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: [
    { name: 'fragmented-on-the-way', change: [], probe: ping(1472, 'dont') },
    { name: 'too-big', change: [], probe: ping(1472, 'do') },
    { name: 'known-too-big', change: [], probe: ping(1472, 'do') },
    { name: 'fits', change: [], probe: ping(1422, 'do') },
  ],
}
