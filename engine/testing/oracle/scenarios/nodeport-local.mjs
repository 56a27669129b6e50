import { cluster, podIp } from '../lib/cluster.mjs'
import { nodeRules } from '../lib/rules.mjs'
import { tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

/** default/web with externalTrafficPolicy Local, as kube-proxy writes it; `local` says whether this node has the endpoint. */
function localRules(local) {
  const comment = '-m comment --comment "default/web:http"'
  return [
    '*filter',
    ...(local
      ? []
      : [
          `-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP`,
        ]),
    'COMMIT',
    '*nat',
    ':KUBE-EXT-LOCAL - [0:0]',
    ':KUBE-SVL-LOCAL - [0:0]',
    ':KUBE-SEP-LOCAL - [0:0]',
    `-A KUBE-NODEPORTS -p tcp ${comment} -m tcp --dport 30080 -j KUBE-EXT-LOCAL`,
    '-A KUBE-EXT-LOCAL -s 10.244.0.0/16 -m comment --comment "pod traffic for default/web:http external destinations" -j KUBE-SEP-LOCAL',
    '-A KUBE-EXT-LOCAL -m comment --comment "masquerade LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ',
    '-A KUBE-EXT-LOCAL -m comment --comment "route LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-SEP-LOCAL',
    '-A KUBE-EXT-LOCAL -j KUBE-SVL-LOCAL',
    ...(local ? [`-A KUBE-SVL-LOCAL ${comment} -j KUBE-SEP-LOCAL`] : []),
    `-A KUBE-SEP-LOCAL -s ${podIp('web-b')} ${comment} -j KUBE-MARK-MASQ`,
    `-A KUBE-SEP-LOCAL -p tcp ${comment} -m tcp -j DNAT --to-destination ${podIp('web-b')}:8080`,
    'COMMIT',
    '',
  ].join('\n')
}

const rules = { n1: [...nodeRules(1, []), localRules(false)], n2: [...nodeRules(2, []), localRules(true)] }
const sysctls = { external: { 'net.ipv4.tcp_syn_retries': '1' } }
const hosts = cluster({ pods: ['client', 'web-b'], outside: true, rules, sysctls })

export default {
  name: 'nodeport-local',
  title:
    'NodePort with externalTrafficPolicy Local: from outside by the node that has the endpoint and by the one that has not; from a pod and a node',
  settles:
    'The node with the endpoint keeps the source address; the other drops silently, but serves its own pods and itself across nodes.',
  needs: ['bridge', 'bridge-nf', 'vxlan', 'netfilter', 'nat'],
  hosts,
  listeners: [tcpListener('web-b')],
  watch: watch(hosts),
  runs: [
    { name: 'outside-with', change: [], probe: tcpProbe('external', '192.168.10.12', 30080) },
    { name: 'outside-without', change: [], probe: tcpProbe('external', '192.168.10.11', 30080, { sport: 40001 }) },
    { name: 'pod-without', change: [], probe: tcpProbe('client', '192.168.10.11', 30080, { sport: 40002 }) },
    { name: 'node-without', change: [], probe: tcpProbe('n1', '192.168.10.11', 30080, { sport: 40003 }) },
    { name: 'pod-other-node', change: [], probe: tcpProbe('client', '192.168.10.12', 30080, { sport: 40004 }) },
  ],
}
