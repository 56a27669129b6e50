import type { Owned } from '../core/cause.ts'
import type { Row } from '../core/table.ts'
import type { Cidr, Family, Ip, Mac } from '../net/address.ts'
import type { IpPacket } from '../net/packet.ts'
import type { ConntrackRow, HookRow, NfChainRow, NfCountRow, NfSetRow, PmtuRow, RecentRow } from './netfilter-rows.ts'

export type * from './netfilter-rows.ts'

/**
 * The rows of a simulated Linux host. A host does not know that Kubernetes exists: pods are netns, and what
 * their owner is called is only in `cause`. Switches, routers and outside hosts are hosts too.
 *
 * Ids: host `worker`; netns `worker` (the root netns has the host's own id) or `worker/cni-1f2e...`;
 * link `<netns>|<ifname>`. Everything in a netns carries `netns` and is indexed by it.
 */
export interface HostRow extends Row, Owned {
  readonly kind: 'node' | 'router' | 'switch' | 'outside'
  readonly cluster?: string
  /** A host that is down neither receives nor sends. */
  readonly up: boolean
}

export interface NetnsRow extends Row, Owned {
  readonly host: string
  /** `/run/netns/cni-...` for pods, absent for a root netns. */
  readonly path?: string
  /** Next ifindex to hand out; loopback is 1. */
  readonly nextIfindex: number
}

export type LinkKind = 'loopback' | 'veth' | 'bridge' | 'vxlan' | 'ether' | 'dummy' | 'ipip' | 'tun'

export interface LinkRow extends Row, Owned {
  readonly netns: string
  readonly ifindex: number
  readonly name: string
  readonly kind: LinkKind
  readonly mac: Mac
  readonly mtu: number
  /** Administratively up (IFF_UP). Carrier is derived: a veth or ether has it when its peer is up too. */
  readonly up: boolean
  /** Link id of the bridge this link is a port of. */
  readonly master?: string
  /** Link id of the other end of a veth pair or of an `ether` wire. */
  readonly peer?: string
  /** `ether` only: propagation delay of the wire, and whether the wire is cut. */
  readonly latencyUs?: number
  readonly cut?: boolean
  /** Only as a bridge port. */
  readonly port?: {
    readonly hairpin: boolean
    readonly learning: boolean
    readonly flood: boolean
    readonly isolated: boolean
  }
  readonly bridge?: {
    readonly forwardDelayUs: number
    readonly ageingUs: number
    readonly promiscuous?: boolean /** The MAC was given; otherwise it follows the lowest port's. */
    readonly macFixed?: boolean
  }
  readonly vxlan?: {
    readonly vni: number
    readonly port: number
    readonly local: Ip
    readonly dev: string
    readonly learning: boolean
  }
  readonly ipip?: { readonly local: Ip; readonly remote?: Ip; readonly ttl: number | 'inherit' }
  readonly promisc?: boolean
}

/** Counters of a link (same id), apart from it so that a packet does not change what was computed from links. */
export interface LinkStatRow extends Row {
  readonly netns: string
  readonly rxPackets: number
  readonly txPackets: number
  readonly rxBytes: number
  readonly txBytes: number
  readonly rxDropped: number
  readonly txDropped: number
}

export interface AddrRow extends Row, Owned {
  readonly netns: string
  readonly link: string
  readonly family: Family
  readonly address: Ip
  readonly prefixLen: number
  readonly scope: 'global' | 'link' | 'host'
  readonly broadcast?: Ip
  readonly secondary?: boolean
  /** Order in which addresses were added to the netns: the first of a subnet is the primary. */
  readonly seq: number
}

/** One entry of the fib. `dev` is a link id. */
export interface RouteRow extends Row, Owned {
  readonly netns: string
  readonly family: Family
  /** Number of the table: 255 local, 254 main, 253 default. */
  readonly table: number
  readonly dst: Cidr
  readonly type:
    | 'unicast'
    | 'local'
    | 'broadcast'
    | 'multicast'
    | 'anycast'
    | 'blackhole'
    | 'unreachable'
    | 'prohibit'
    | 'throw'
  readonly nexthops: readonly {
    readonly dev: string
    readonly via?: Ip
    readonly onlink?: boolean
    readonly weight?: number
  }[]
  readonly src?: Ip
  readonly scope: 'global' | 'link' | 'host'
  readonly proto: string
  readonly metric: number
  readonly mtu?: number
}

/** A policy routing rule (`ip rule`). */
export interface RuleRow extends Row, Owned {
  readonly netns: string
  readonly family: Family
  readonly priority: number
  readonly from?: Cidr
  readonly to?: Cidr
  readonly fwmark?: { readonly value: number; readonly mask: number }
  readonly iif?: string
  readonly action: { readonly lookup: number } | 'blackhole' | 'unreachable' | 'prohibit'
}

export type NeighState = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'FAILED' | 'PERMANENT' | 'NOARP'

export interface NeighRow extends Row, Owned {
  readonly netns: string
  readonly link: string
  readonly family: Family
  readonly address: Ip
  readonly lladdr?: Mac
  readonly state: NeighState
  readonly updatedUs: number
  readonly usedUs: number
  readonly probes: number
  readonly proxy?: boolean
}

/** Forwarding database: of a bridge (`link` is the port, `bridge` its bridge) or of a VXLAN device (`dst` is the far VTEP). */
export interface FdbRow extends Row, Owned {
  readonly netns: string
  readonly link: string
  readonly bridge?: string
  readonly mac: Mac
  readonly dst?: Ip
  readonly state: 'permanent' | 'static' | 'reachable'
  /** `self`: held by the device itself; `master`: by the bridge over it. `local` marks a port's own MAC. */
  readonly flags: readonly ('self' | 'master' | 'local')[]
  readonly updatedUs: number
}

export interface SysctlRow extends Row, Owned {
  readonly netns: string
  /** As printed by `sysctl`, e.g. `net.ipv4.ip_forward`, `net.ipv4.conf.eth0.rp_filter`. */
  readonly key: string
  readonly value: string
}

// --- sockets ---------------------------------------------------------------------------------------------------

export type TcpState =
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECV'
  | 'ESTAB'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'LAST-ACK'
  | 'CLOSING'
  | 'TIME-WAIT'
  | 'CLOSED'
  | 'UNCONN'

export interface SocketRow extends Row, Owned {
  readonly netns: string
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'sctp'
  readonly family: Family
  /** `0.0.0.0` or `::` when bound to any. */
  readonly localIp: Ip
  readonly localPort: number
  readonly remoteIp?: Ip
  readonly remotePort?: number
  /** With `::`: IPV6_V6ONLY, no IPv4 on this socket. */
  readonly v6only?: boolean
  readonly state: TcpState
  /** Application row that reads this socket. */
  readonly app?: string
  /** Process name as `ss -p` prints it. */
  readonly process?: string
  /** Protocol control block of the socket module; plain data, nobody else reads it. */
  readonly pcb?: unknown
  /** Last error delivered to the application, errno name. */
  readonly error?: string
}

/** A program on a host: a named state machine over its sockets. `program` finds its functions in the static table. */
export interface AppRow extends Row, Owned {
  readonly netns: string
  readonly program: string
  readonly config: unknown
  readonly state: unknown
}

/** A file that some program reads: `/etc/resolv.conf` of a pod, `/run/flannel/subnet.env` of a host, a host-local lease. */
export interface FileRow extends Row, Owned {
  /** Netns id for a pod's own files, host id for the host's. */
  readonly scope: string
  readonly path: string
  readonly text: string
}

/** A reference to a row that survives the row: where it was, and the row as it was. */
export interface RecordRef {
  readonly table: string
  readonly id: string
  /** Index of the rule within a chain row. */
  readonly rule?: number
  /** The row as it was when it decided (shared, frozen). */
  readonly row?: unknown
}

/** A packet parked until its neighbour resolves, a fragment awaiting the others, and the like. */
export interface QueuedSkbRow extends Row {
  readonly netns: string
  readonly link: string
  readonly reason: 'neigh' | 'frag'
  readonly key: string
  readonly skb: unknown
  readonly packet?: IpPacket
  readonly sinceUs: number
}

declare module '../core/tables.ts' {
  interface Tables {
    host: HostRow
    netns: NetnsRow
    link: LinkRow
    linkStat: LinkStatRow
    addr: AddrRow
    route: RouteRow
    rule: RuleRow
    neigh: NeighRow
    fdb: FdbRow
    sysctl: SysctlRow
    nfChain: NfChainRow
    nfCount: NfCountRow
    nfSet: NfSetRow
    recent: RecentRow
    hook: HookRow
    conntrack: ConntrackRow
    pmtu: PmtuRow
    socket: SocketRow
    app: AppRow
    queuedSkb: QueuedSkbRow
    file: FileRow
  }
}
