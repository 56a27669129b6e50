// A pod connects to a Service of which it is the only endpoint; two scenarios share it.
import { cluster } from './cluster.mjs'
import { nodeRules, web } from './rules.mjs'
import { oneRun, tcpListener, tcpProbe, watch } from './scenario.mjs'

export function hairpinScenario(hairpin, texts) {
  const rules = { n1: nodeRules(1, [web(['10.244.1.11:8080'])]) }
  const sysctls = hairpin ? {} : { 'web-a': { 'net.ipv4.tcp_syn_retries': '1' } }
  const hosts = cluster({ pods: ['web-a'], hairpin, rules, sysctls })
  return {
    ...texts,
    needs: ['bridge', 'bridge-nf', 'hairpin', 'netfilter', 'nat'],
    hosts,
    listeners: [tcpListener('web-a')],
    watch: watch(hosts),
    runs: oneRun(tcpProbe('web-a', '10.96.20.30', 80)),
  }
}
