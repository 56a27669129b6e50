import { cluster, podIp } from '../lib/cluster.mjs'
import { bothNodes } from '../lib/rules.mjs'
import { oneRun, pingProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({ pods: ['client', 'web-b'], laterUnderlayMtu: 1400, rules: bothNodes([]) })

export default {
  name: 'vxlan-outer-fragments',
  title: 'uplinks lowered to MTU 1400 under a tunnel that stays at 1450: a ping of 1450 bytes with DF',
  settles: 'The outer packet does not inherit DF: n1 fragments it, n2 reassembles it, the pods learn nothing.',
  needs: ['bridge', 'vxlan', 'netfilter', 'fragmentation'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: oneRun(pingProbe('client', podIp('web-b'), { payloadBytes: 1422, pmtu: 'do' })),
}
