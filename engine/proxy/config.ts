import { type ClusterConfig, clusterConfig, type KubeProxyFlags } from '../api/cluster-config.ts'
import type { WorldReader } from '../core/world.ts'
import type { Cidr, Family } from '../net/address.ts'
import { familyOf } from '../net/ip.ts'

/** What kube-proxy is told by its flags. One object per cluster description, so that nodes can share what follows from it. */
export interface ProxyConfig {
  readonly runs: boolean
  readonly flags: Omit<KubeProxyFlags, 'clusterCIDRs'>
  /** Pod ranges by family, for detectLocal clusterCIDR. */
  readonly podRanges: Readonly<Partial<Record<Family, Cidr>>>
  readonly families: readonly Family[]
  /** The kernel has nfacct: kube-proxy counts the INVALID packets that it drops. */
  readonly nfacct: boolean
}

const FLAGS: ProxyConfig['flags'] = {
  masqueradeAll: false,
  masqueradeBit: 14,
  detectLocal: 'clusterCIDR',
  localhostNodePorts: true,
  tcpBeLiberal: false,
  nodePortAddresses: [],
  scheduler: 'rr',
  strictARP: false,
  minSyncPeriodUs: 1_000_000,
  syncPeriodUs: 30_000_000,
}

/** A world without a Cluster description: the flags of kubeadm on the default ranges. */
export const DEFAULT_PROXY_CONFIG: ProxyConfig = {
  runs: true,
  flags: FLAGS,
  podRanges: { ipv4: '10.244.0.0/16' as Cidr, ipv6: 'fd00:10:244::/56' as Cidr },
  families: ['ipv4', 'ipv6'],
  nfacct: false,
}

const memo = new WeakMap<ClusterConfig, ProxyConfig>()

export function proxyConfig(world: Pick<WorldReader, 'get'>, cluster: string): ProxyConfig {
  const config = clusterConfig(world, cluster)
  if (!config) return DEFAULT_PROXY_CONFIG
  let read = memo.get(config)
  if (!read) {
    read = readConfig(config)
    memo.set(config, read)
  }
  return read
}

/**
 * It serves every family that its kernel has, whatever the cluster's: an IPv4 cluster has its chains in ip6tables too.
 * Models cmd/kube-proxy/app/server_linux.go, which makes one proxier per family. In 2021 that took a feature gate.
 */
function readConfig({ era, networking }: ClusterConfig): ProxyConfig {
  const { kubeProxy, kubeProxyMode, ipFamily } = networking
  const own: readonly Family[] = ipFamily === 'dual' ? ['ipv4', 'ipv6'] : [ipFamily]
  const ranges = kubeProxy.clusterCIDRs.map((range) => [familyOf(range), range] as const)
  return {
    runs: kubeProxyMode !== 'none',
    flags: kubeProxy,
    podRanges: Object.fromEntries(ranges),
    families: era === '2021' ? own : ['ipv4', 'ipv6'],
    nfacct: false,
  }
}
