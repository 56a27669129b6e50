import type { ClusterNetworking, KubeProxyFlags, TimeCosts, UnderlayRouter } from '../api/cluster-config.ts'
import type { Cidr, Ip } from '../net/address.ts'
import { nthIp } from '../net/range.ts'

/** What a cluster is where the text says nothing: `architecture.md`, "No Cluster document". */
export const DEFAULTS = {
  nodes: 4,
  podSubnet: '10.244.0.0/16' as Cidr,
  serviceSubnet: '10.96.0.0/16' as Cidr,
  /** Where the nodes that are given leave no room for that one. */
  otherServiceSubnets: [
    '172.30.0.0/16' as Cidr,
    '10.254.0.0/16' as Cidr,
    '192.168.128.0/17' as Cidr,
    '198.18.0.0/16' as Cidr,
  ],
  nodeCidrMaskSize: 24,
  dnsDomain: 'cluster.local',
  cni: { name: 'flannel', backend: 'vxlan' },
  version: { today: '1.36.0', '2021': '1.20.0' },
  mtu: 1500,
  latencyUs: 50,
  subnet: { name: 'lan', cidr: '192.168.10.0/24' as Cidr, gateway: '192.168.10.1' as Ip },
  /** First host part handed to a node of the default segment, and of any other. */
  firstNode: 10,
  router: 'router',
  hosts: [
    { name: 'external', address: '203.0.113.50' as Ip, prefixLen: 24, gateway: '203.0.113.1' as Ip },
    { name: 'onprem', address: '172.16.5.5' as Ip, prefixLen: 24, gateway: '172.16.5.1' as Ip },
  ],
  node: { cpu: '4', memory: '8Gi', zone: 'a' },
  nodePorts: { from: 30000, to: 32767 },
} as const

/** kind's own choices: its docker network, and nodes from .2 on. */
export const KIND = {
  subnet: { name: 'kind', cidr: '172.18.0.0/16' as Cidr, gateway: '172.18.0.1' as Ip },
  firstNode: 2,
  cni: { name: 'kindnet' },
} as const

/** Plausible middle values; whoever spends one adds jitter from a stream of its own. */
export const TIME_COSTS: TimeCosts = {
  apiWriteUs: 5_000,
  watchUs: 2_000,
  scheduleUs: 20_000,
  sandboxUs: 200_000,
  cniAddUs: 100_000,
  imagePullUs: 1_500_000,
  containerStartUs: 300_000,
  containerStopUs: 200_000,
  proxySyncUs: 1_000_000,
  jitter: 0.1,
}

export function kubeProxyFlags(clusterCIDRs: readonly Cidr[]): KubeProxyFlags {
  return {
    masqueradeAll: false,
    masqueradeBit: 14,
    detectLocal: 'clusterCIDR',
    clusterCIDRs,
    localhostNodePorts: true,
    tcpBeLiberal: false,
    nodePortAddresses: [],
    scheduler: 'rr',
    strictARP: false,
    minSyncPeriodUs: 1_000_000,
    syncPeriodUs: 30_000_000,
  }
}

/** Networking with every field of it filled in; by default flannel and kube-proxy in iptables mode. */
export function networking(
  given: Partial<Omit<ClusterNetworking, 'kubeProxy'>> & {
    kubeProxy?: Partial<KubeProxyFlags>
    /** Range of the nodes' IPv6 pod ranges. */
    podSubnet6?: Cidr
  },
): ClusterNetworking {
  const podSubnet = given.podSubnet ?? DEFAULTS.podSubnet
  const serviceSubnet = given.serviceSubnet ?? DEFAULTS.serviceSubnet
  return {
    podSubnet,
    serviceSubnet,
    podSubnets: [podSubnet],
    serviceSubnets: [serviceSubnet],
    ipFamily: 'ipv4',
    nodeCidrMaskSize: given.nodeCidrMaskSize ?? DEFAULTS.nodeCidrMaskSize,
    dnsDomain: given.dnsDomain ?? DEFAULTS.dnsDomain,
    apiIp: nthIp(serviceSubnet, 1),
    dnsIp: nthIp(serviceSubnet, 10),
    nodePorts: DEFAULTS.nodePorts,
    cni: given.cni ?? DEFAULTS.cni,
    kubeProxyMode: given.kubeProxyMode ?? 'iptables',
    kubeProxy: {
      ...kubeProxyFlags(given.podSubnet6 ? [podSubnet, given.podSubnet6] : [podSubnet]),
      ...given.kubeProxy,
    },
  }
}

/** One router with a leg in every subnet, at the subnet's gateway address. */
export function oneRouter(subnets: readonly { name: string; gateway: Ip }[]): UnderlayRouter {
  return {
    name: DEFAULTS.router,
    legs: subnets.map(({ name, gateway }) => ({ subnet: name, address: gateway })),
    routes: [],
  }
}
