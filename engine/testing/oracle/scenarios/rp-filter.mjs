import { cluster } from '../lib/cluster.mjs'
import { pingProbe, udpListener, udpProbe, watch } from '../lib/scenario.mjs'

const KEY = 'net.ipv4.conf.cni0.rp_filter'
const hosts = cluster({
  pods: ['client'],
  outside: true,
  addrs: { client: ['172.16.9.9/32 dev eth0'] },
  sysctls: { n1: { [KEY]: '1' } },
})
const probe = (sport) => udpProbe('client', '203.0.113.50', 53, { src: '172.16.9.9', sport })

export default {
  name: 'rp-filter',
  title: 'pod client sends from an address that n1 would not reach through cni0; rp_filter strict, loose, off',
  settles:
    'Strict (1) does not even answer ARP from such an address, and drops its packets silently at cni0; loose (2) and off (0) forward it. The effective value is the larger of all and device.',
  needs: ['bridge', 'rp_filter', 'sysctl'],
  hosts,
  listeners: [udpListener('external', '203.0.113.50', 53)],
  watch: watch(hosts),
  runs: [
    { name: 'strict-cold', change: [], probe: probe(40000) },
    { name: 'gateway', change: [], probe: pingProbe('client', '10.244.1.1') },
    { name: 'strict', change: [], probe: probe(40004) },
    { name: 'loose', change: [{ kind: 'sysctl', netns: 'n1', key: KEY, value: '2' }], probe: probe(40001) },
    { name: 'off', change: [{ kind: 'sysctl', netns: 'n1', key: KEY, value: '0' }], probe: probe(40002) },
    {
      name: 'off-but-all-strict',
      change: [{ kind: 'sysctl', netns: 'n1', key: 'net.ipv4.conf.all.rp_filter', value: '1' }],
      probe: probe(40003),
    },
  ],
}
