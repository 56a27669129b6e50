import type { Cause } from '../core/cause.ts'
import type { Row, TableDef } from '../core/table.ts'
import type { WorldReader } from '../core/world.ts'
import type { Cidr, Ip, Mac } from '../net/address.ts'
import type { KubeObject, SourceRef } from './types.ts'

/**
 * How a cluster is set up: what its installer's flags and files would say, with every default filled in. Made once from the
 * text by `cluster/config.ts`; daemons and controllers read it as they would read their flags. One row per cluster, id = name.
 */
export interface ClusterConfig extends Row {
  readonly name: string
  /** The world's first cluster: its object ids and hosts carry no prefix. */
  readonly first: boolean
  /** The object of the text that describes the cluster, absent if none does. Rows name it, with a field, as their cause. */
  readonly origin?: Cause
  /** The text of that object; its root is where `nodes` and `networking` stand. */
  readonly source?: SourceRef
  readonly nodes: readonly ClusterNode[]
  /** Ids of system objects (`DaemonSet/kube-flannel/kube-flannel-ds`) that the text itself brings, so that nobody else makes them. */
  readonly brought: readonly string[]
  readonly networking: ClusterNetworking
  readonly underlay: Underlay
  readonly cloud: { readonly provider: string; readonly loadBalancer: string }
  /** Kubernetes version without `v`: `1.36.0`. */
  readonly version: string
  readonly era: '2021' | 'today'
  readonly pin: ClusterPins
  readonly timeCosts: TimeCosts
}

export interface ClusterNode {
  readonly name: string
  /** Id of its host row: the name, behind `cluster:` for any cluster but the first. */
  readonly host: string
  readonly role: 'control-plane' | 'worker'
  readonly address: Ip
  /** What its first device has besides: the other family, a second network. */
  readonly otherAddresses?: readonly Ip[]
  /** Name of its underlay subnet. */
  readonly subnet: string
  /** Given pod ranges; node IPAM fills in what is absent. */
  readonly podCIDRs?: readonly Cidr[]
  /** Empty for a Node object that names none. */
  readonly zone: string
  readonly cpu: string
  readonly memory: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  /** The Node object of the text that this node was merged with, as given. */
  readonly given?: KubeObject
  readonly source?: SourceRef
}

export interface ClusterNetworking {
  /** First range of each family; `podSubnets` and `serviceSubnets` hold them all, first family first. */
  readonly podSubnet: Cidr
  readonly serviceSubnet: Cidr
  readonly podSubnets: readonly Cidr[]
  readonly serviceSubnets: readonly Cidr[]
  readonly ipFamily: 'ipv4' | 'ipv6' | 'dual'
  readonly nodeCidrMaskSize: number
  readonly dnsDomain: string
  /** ClusterIP of kube-dns: the tenth address of the service range. */
  readonly dnsIp: Ip
  /** ClusterIP of default/kubernetes: the first address of the service range. */
  readonly apiIp: Ip
  readonly nodePorts: { readonly from: number; readonly to: number }
  readonly cni: CniChoice
  readonly kubeProxyMode: 'iptables' | 'nftables' | 'ipvs' | 'none'
  readonly kubeProxy: KubeProxyFlags
}

/** The network provider and its own options, spelled as in the document. */
export interface CniChoice {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: each provider reads and checks its own options
  readonly [option: string]: any
}

/** Fields of KubeProxyConfiguration under short names. */
export interface KubeProxyFlags {
  readonly masqueradeAll: boolean
  readonly masqueradeBit: number
  readonly detectLocal: 'clusterCIDR' | 'nodeCIDR' | 'bridge' | 'prefix' | 'none'
  /** One range of each family at most; none: a pod is not told from others. */
  readonly clusterCIDRs: readonly Cidr[]
  /** For detectLocal bridge and prefix. */
  readonly bridgeInterface?: string
  readonly interfaceNamePrefix?: string
  readonly localhostNodePorts: boolean
  /** conntrack.tcpBeLiberal. */
  readonly tcpBeLiberal: boolean
  readonly nodePortAddresses: readonly string[]
  readonly scheduler: string
  readonly strictARP: boolean
  readonly minSyncPeriodUs: number
  readonly syncPeriodUs: number
}

export interface Underlay {
  readonly mtu: number
  /** One-way delay of a wire. */
  readonly latencyUs: number
  readonly subnets: readonly UnderlaySubnet[]
  readonly routers: readonly UnderlayRouter[]
  readonly hosts: readonly {
    readonly name: string
    readonly address: Ip
    readonly prefixLen: number
    readonly gateway: Ip
  }[]
}

export interface UnderlaySubnet extends UnderlayNet {
  readonly name: string
  /** Further networks on the same segment: where its machines have more than one address. */
  readonly also?: readonly UnderlayNet[]
}

export interface UnderlayNet {
  readonly cidr: Cidr
  readonly gateway: Ip
}

export interface UnderlayRouter {
  readonly name: string
  readonly legs: readonly { readonly subnet: string; readonly address: Ip }[]
  readonly routes: readonly { readonly dst: Cidr; readonly via: Ip }[]
}

/** What allocators and dice would choose, fixed: for states that a textbook prints. */
export interface ClusterPins {
  /** `namespace/name` of a pod -> what it gets. */
  readonly pods: Readonly<Record<string, { readonly ip?: Ip; readonly mac?: Mac; readonly veth?: string }>>
  /** `host/ifname` -> MAC: `n1/eth0`, `n1/flannel.1`, `n1/cni0`. */
  readonly macs: Readonly<Record<string, Mac>>
}

/** How long things take, microseconds. Each is a typical value, to be jittered by who uses it. */
export interface TimeCosts {
  readonly apiWriteUs: number
  readonly watchUs: number
  readonly scheduleUs: number
  readonly sandboxUs: number
  readonly cniAddUs: number
  readonly imagePullUs: number
  readonly containerStartUs: number
  readonly containerStopUs: number
  readonly proxySyncUs: number
  readonly jitter: number
}

declare module '../core/tables.ts' {
  interface Tables {
    clusterConfig: ClusterConfig
  }
}

export const clusterConfigTable: TableDef<ClusterConfig> = { name: 'clusterConfig' }

export { DEFAULT_CLUSTER } from './names.ts'

/** The flags of a cluster; undefined before it was laid out. */
export function clusterConfig(tx: Pick<WorldReader, 'get'>, cluster: string): ClusterConfig | undefined {
  return tx.get('clusterConfig', cluster)
}

/** The cluster's node of that name, with its host. */
export function clusterNode(tx: Pick<WorldReader, 'get'>, cluster: string, node: string): ClusterNode | undefined {
  return clusterConfig(tx, cluster)?.nodes.find(({ name }) => name === node)
}

/** Host id of a cluster's node. */
export function hostIdOf(config: { readonly name: string; readonly first: boolean }, node: string): string {
  return config.first ? node : `${config.name}:${node}`
}

/** Cause of a row that a field of the Cluster document asked for; undefined where no document describes the cluster. */
export function clusterCause(config: ClusterConfig, field?: string): Cause | undefined {
  return config.origin && (field === undefined ? config.origin : { ...config.origin, field })
}
