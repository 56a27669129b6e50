import type {
  ClusterNetworking,
  ClusterPins,
  CniChoice,
  KubeProxyFlags,
  TimeCosts,
  Underlay,
} from '../api/cluster-config.ts'
import type { KubeObject, SourceRef } from '../api/types.ts'
import type { Cause } from '../core/cause.ts'
import type { Cidr, Ip } from '../net/address.ts'
import { Complaints, type ConfigDocument } from './complaints.ts'

/** A cluster as far as its document says: what is absent is filled in by `complete.ts`. */
export interface Draft {
  readonly name: string
  readonly origin?: Cause
  readonly source?: SourceRef
  readonly complaints: Complaints
  nodes: DraftNode[]
  podSubnet?: Cidr
  serviceSubnet?: Cidr
  nodeCidrMaskSize?: number
  dnsDomain?: string
  /** The choice that the document itself makes; a DaemonSet of a known network may make it otherwise. */
  cni?: CniChoice
  /** kind's `disableDefaultCNI`: no network unless the text brings one. */
  noDefaultCni?: boolean
  defaultCni: CniChoice
  kubeProxyMode?: ClusterNetworking['kubeProxyMode']
  kubeProxy?: Partial<KubeProxyFlags>
  subnets: Underlay['subnets']
  routers?: Underlay['routers']
  hosts: Underlay['hosts']
  mtu?: number
  latencyUs?: number
  /** Host part of the first node's address, where it is not given. */
  firstNode: number
  cloud?: { provider?: string; loadBalancer?: string }
  version?: string
  era?: 'today' | '2021'
  pin?: ClusterPins
  timeCosts?: Partial<TimeCosts>
}

export interface DraftNode {
  readonly name: string
  readonly role: 'control-plane' | 'worker'
  /** Where the document speaks of it, for complaints. */
  readonly path: string
  readonly address?: Ip
  /** What its first device has besides: the other family, a second network. */
  readonly otherAddresses?: readonly Ip[]
  readonly subnet?: string
  readonly podCIDRs?: readonly Cidr[]
  readonly zone?: string
  readonly cpu?: string
  readonly memory?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  readonly given?: KubeObject
  readonly source?: SourceRef
}

/** The document's text, from the mapping on that holds `nodes` and `networking`. */
export function sourceAt({ source }: ConfigDocument, path: string): { source?: SourceRef } {
  if (!source) return {}
  const base = source.maps[0]?.path ?? ''
  return { source: { ...source, maps: [{ at: '', path: base && path ? `${base}.${path}` : base || path }] } }
}

export function complaintsFor(document?: ConfigDocument): Complaints {
  return new Complaints(document)
}

/** Nodes named in kind's manner: `control-plane`, `control-plane2`, `worker`, `worker2`, behind a prefix if any. */
export function nameNodes<T extends { name?: string; role: 'control-plane' | 'worker' }>(
  nodes: readonly T[],
  prefix = '',
): (T & { name: string })[] {
  const seen: Record<string, number> = {}
  return nodes.map((node) => {
    if (node.name) return { ...node, name: node.name }
    seen[node.role] = (seen[node.role] ?? 0) + 1
    return { ...node, name: `${prefix}${node.role}${seen[node.role] > 1 ? seen[node.role] : ''}` }
  })
}

/** One control plane and the rest workers. */
export function countedNodes(count: number, path: string): DraftNode[] {
  return nameNodes(
    Array.from({ length: count }, (_, i) => ({
      role: i === 0 ? ('control-plane' as const) : ('worker' as const),
      path,
    })),
  )
}
