import type { Tx } from '../core/world.ts'
import { sysctlSet } from '../kernel/netlink.ts'
import { sysctlId } from '../kernel/sysctl.ts'
import type { ProxyConfig } from './config.ts'
import { localhostNodePorts } from './iptables/base-chains.ts'

/**
 * What kube-proxy sets in the kernel when it starts, and never again: a value that somebody sets later stays.
 * Models cmd/kube-proxy/app/conntrack.go and the iptables proxier's NewProxier().
 */
export function applySettings(tx: Tx, netns: string, cores: number, config: ProxyConfig): void {
  const wanted: Record<string, string> = {
    'net.netfilter.nf_conntrack_max': String(Math.max(131_072, 32_768 * cores)),
    'net.netfilter.nf_conntrack_tcp_timeout_established': '86400',
    'net.netfilter.nf_conntrack_tcp_timeout_close_wait': '3600',
    ...(localhostNodePorts(config) ? { 'net.ipv4.conf.all.route_localnet': '1' } : {}),
    ...(config.flags.tcpBeLiberal ? { 'net.netfilter.nf_conntrack_tcp_be_liberal': '1' } : {}),
  }
  for (const [key, value] of Object.entries(wanted)) {
    if (!tx.get('sysctl', sysctlId(netns, key))) sysctlSet(tx, { netns, key, value, owner: 'kube-proxy' })
  }
}
