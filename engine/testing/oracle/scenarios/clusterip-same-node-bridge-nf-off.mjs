import { cluster } from '../lib/cluster.mjs'
import { nodeRules, web } from '../lib/rules.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({
  pods: ['client', 'web-a'],
  rules: { n1: nodeRules(1, [web(['10.244.1.11:8080'])]) },
  sysctls: { n1: { 'net.bridge.bridge-nf-call-iptables': '0' }, client: { 'net.ipv4.tcp_syn_retries': '1' } },
})

export default {
  name: 'clusterip-same-node-bridge-nf-off',
  title: 'the same as clusterip-same-node with bridge-nf-call-iptables=0',
  settles:
    "The request is routed and arrives with TTL 63; the answer crosses the bridge un-translated, the client resets it and its connect times out. (The client's tcp_syn_retries is 1.)",
  needs: ['bridge', 'bridge-nf', 'netfilter', 'nat', 'sysctl'],
  hosts,
  listeners: [tcpListener('web-a')],
  watch: watch(hosts),
  runs: oneRun(tcpProbe('client', '10.96.20.30', 80)),
}
