import { cluster, podIp } from '../lib/cluster.mjs'
import { bothNodes, web } from '../lib/rules.mjs'
import { udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const dns = (pod, more) => web([`${podIp(pod)}:8053`], { protocol: 'udp', port: 53, nodePort: undefined, ...more })
const services = [
  dns('web-a', { name: 'default/near:dns', clusterIP: '10.96.0.10' }),
  dns('web-b', { name: 'default/far:dns', clusterIP: '10.96.0.11' }),
]
const hosts = cluster({ pods: ['client', 'web-a', 'web-b'], rules: bothNodes(services) })
const ask = (dst, sport) => udpProbe('client', dst, 53, { sport, payloadBytes: 3000 })

export default {
  name: 'udp-fragments',
  title:
    'datagrams of 3000 bytes, three fragments each, to ClusterIPs with the endpoint on the same bridge and on the other node',
  settles:
    'conntrack puts fragments together before NAT, inside the bridge too, and the same fragments leave again; cni0 shows them whole where the bridge hands them up.',
  needs: ['bridge', 'bridge-nf', 'vxlan', 'netfilter', 'nat', 'fragmentation'],
  hosts,
  listeners: [udpListener('web-a', podIp('web-a'), 8053), udpListener('web-b', podIp('web-b'), 8053)],
  watch: watch(hosts),
  runs: [
    { name: 'same-node', change: [], probe: ask('10.96.0.10', 40000) },
    { name: 'cross-node', change: [], probe: ask('10.96.0.11', 40001) },
  ],
}
