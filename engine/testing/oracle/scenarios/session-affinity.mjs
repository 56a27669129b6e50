import { cluster } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const services = [web(['10.244.1.11:8080'], { affinitySeconds: 3 })]
const hosts = cluster({ pods: ['client', 'web-a'], rules: { n1: nodeRules(1, services) } })

export default {
  name: 'session-affinity',
  title:
    'three connections to a ClusterIP with sessionAffinity ClientIP of three seconds: first, again at once, after five seconds',
  settles: 'The second matches --rcheck before the dice; the third finds its entry too old, and reaped.',
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-a')],
  watch: watch(hosts),
  runs: [
    { name: 'first', change: [], probe: tcpProbe('client', '10.96.20.30', 80) },
    { name: 'again', change: [], probe: tcpProbe('client', '10.96.20.30', 80, { sport: 40001 }) },
    { name: 'later', change: [], pauseSeconds: 5, probe: tcpProbe('client', '10.96.20.30', 80, { sport: 40002 }) },
  ],
}
