import { cluster } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-a'], rules: { n1: nodeRules(1, [web(['10.244.1.11:8080'])]) } })

export default {
  name: 'clusterip-same-node',
  title: 'pod client connects to the ClusterIP of default/web, whose endpoint is on the same bridge; bridge-nf on',
  settles:
    'The frame is DNATed inside the bridge and forwarded there: TTL 64 both ways, source MAC still the client. The first frame asks for the neighbour through cni0, later ones do not.',
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-a')],
  watch: watch(hosts),
  runs: [
    { name: 'first', change: [], probe: tcpProbe('client', '10.96.20.30', 80) },
    { name: 'again', change: [], probe: tcpProbe('client', '10.96.20.30', 80, { sport: 40001 }) },
  ],
}
