import { cluster } from '../lib/cluster.mjs'
import { tcpProbe, watch } from '../lib/scenario.mjs'

const hosts = cluster({
  pods: ['client'],
  routes: { n1: ['blackhole 10.99.1.0/24', 'unreachable 10.99.2.0/24', 'prohibit 10.99.3.0/24'] },
  sysctls: { client: { 'net.ipv4.tcp_syn_retries': '1' } },
})
const run = (name, netns, dst, sport) => ({
  name,
  pauseSeconds: netns === 'client' ? 3 : 0,
  change: [],
  probe: tcpProbe(netns, dst, 80, { sport }),
})

export default {
  name: 'unreachable-routes',
  title: 'a pod, and then its node, connect to addresses under blackhole, unreachable, prohibit and no route at all',
  settles:
    'Forwarded: blackhole is silent, unreachable answers 3/1, prohibit 3/13, no route 3/0. The node itself gets EINVAL, EHOSTUNREACH, EACCES, ENETUNREACH and sends nothing.',
  needs: ['bridge', 'icmp-error', 'sysctl'],
  hosts,
  listeners: [],
  watch: watch(hosts),
  runs: [
    run('pod-blackhole', 'client', '10.99.1.1', 40000),
    run('pod-unreachable', 'client', '10.99.2.1', 40001),
    run('pod-prohibit', 'client', '10.99.3.1', 40002),
    run('pod-no-route', 'client', '10.99.4.1', 40003),
    run('node-blackhole', 'n1', '10.99.1.1', 40004),
    run('node-unreachable', 'n1', '10.99.2.1', 40005),
    run('node-prohibit', 'n1', '10.99.3.1', 40006),
    run('node-no-route', 'n1', '10.99.4.1', 40007),
  ],
}
