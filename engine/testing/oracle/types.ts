/**
 * The shape of `recordings/<name>/expect.json`: a small network as the Linux kernel reported it before a probe, the
 * probe, and what the kernel did with it. A replay harness builds `topology` in its own kernel tables, starts
 * `listeners`, performs `runs` in order on that one world, and compares. It needs to know nothing about the scenario.
 *
 * Left out on purpose, because they differ from one recording to the next: IP ids, TCP sequence numbers and time stamps,
 * the UDP source port of VXLAN, ICMP echo ids, checksums, ports chosen by `--random-fully` (written `'random'`).
 */
export interface Recording {
  readonly name: string
  /** One sentence: what is sent from where to where. */
  readonly title: string
  /** The question this recording settles, with the answer. */
  readonly settles: string
  /** Parts of a simulator that the recording exercises; lets a harness say what it skips and why. */
  readonly needs: readonly Feature[]
  readonly kernel: string
  /** Tool name to version, as the tools print them. */
  readonly tools: Readonly<Record<string, string>>
  readonly topology: Topology
  readonly listeners: readonly Listener[]
  readonly runs: readonly Run[]
}

export type Feature =
  | 'bridge'
  | 'bridge-nf'
  | 'vxlan'
  | 'netfilter'
  | 'nat'
  | 'hairpin'
  | 'ipv6'
  | 'icmp-error'
  | 'fragmentation'
  | 'pmtu'
  | 'rp_filter'
  | 'proxy_arp'
  | 'sysctl'

export interface Topology {
  readonly hosts: readonly OracleHost[]
}

/** A machine: a node with its pods, a router, a switch, an outside host. */
export interface OracleHost {
  readonly name: string
  /** The first is the machine's own namespace, the others are its pods'. Names are unique in the recording. */
  readonly netns: readonly OracleNetns[]
}

export interface OracleNetns {
  readonly name: string
  /** Key as `sysctl` prints it with dots (a dot inside a device name is a slash), value as text. */
  readonly sysctls: Readonly<Record<string, string>>
  /** In ifindex order; `lo` is in the list. */
  readonly links: readonly OracleLink[]
  readonly addrs: readonly OracleAddr[]
  /** Every table but `local`. Those with protocol `kernel` follow from the addresses: check them, do not add them. */
  readonly routes: readonly OracleRoute[]
  /** `ip rule`, only where it differs from the kernel's own three rules. */
  readonly rules: readonly { readonly priority: number; readonly text: string }[]
  /** Permanent entries only. */
  readonly neigh: readonly OracleNeigh[]
  /** Entries written by hand only: on a vxlan device with `dst`, on a bridge port with `master`. */
  readonly fdb: readonly OracleFdb[]
  /** `iptables-save` without counters, comments and time; empty if the namespace has no rules. */
  readonly iptables: string
  /** `ip6tables-save`, likewise. */
  readonly ip6tables: string
}

export interface OracleLink {
  readonly name: string
  readonly ifindex: number
  readonly kind: 'loopback' | 'veth' | 'bridge' | 'vxlan'
  readonly mac: string
  readonly mtu: number
  /** The administrative IFF_UP flag. */
  readonly up: boolean
  /** Name of the bridge this device is a port of. */
  readonly master?: string
  /** veth only: the other end. */
  readonly peer?: { readonly netns: string; readonly name: string }
  readonly vxlan?: {
    readonly vni: number
    readonly port: number
    readonly local: string
    /** Lower device. */
    readonly dev: string
    readonly learning: boolean
  }
  /** Present on ports of a bridge. */
  readonly bridgePort?: { readonly hairpin: boolean; readonly isolated: boolean; readonly learning: boolean }
}

export interface OracleAddr {
  readonly dev: string
  readonly ip: string
  readonly prefixLen: number
  readonly family: 'inet' | 'inet6'
  readonly scope: string
}

export interface OracleRoute {
  readonly family: 'inet' | 'inet6'
  readonly table: string
  /** `unicast`, `blackhole`, `unreachable`, `prohibit`, `multicast`. */
  readonly type: string
  /** A prefix, an address, or `default`. */
  readonly dst: string
  readonly via?: string
  readonly dev?: string
  readonly src?: string
  readonly protocol: string
  readonly scope?: string
  readonly metric?: number
  readonly onlink: boolean
}

export interface OracleNeigh {
  readonly dev: string
  readonly ip: string
  readonly mac: string
}

export interface OracleFdb {
  readonly dev: string
  readonly mac: string
  /** vxlan: the remote VTEP's underlay address. */
  readonly dst?: string
  /** bridge port: the bridge. */
  readonly master?: string
}

/** Answers every TCP connection and every datagram by echoing what it got. A TCP connection stays open. */
export interface Listener {
  readonly netns: string
  readonly proto: 'tcp' | 'udp'
  /** `0.0.0.0` or `::` for all. */
  readonly address: string
  readonly port: number
}

/** One probe on the world as the runs before it left it (neighbours, fdb, conntrack stay). */
export interface Run {
  readonly name: string
  /** Time that passes before the run (the kernel limits how many ICMP errors it sends to one peer). */
  readonly pauseSeconds: number
  /** Done in order just before the probe. */
  readonly change: readonly Change[]
  readonly probe: Probe
  readonly expect: Expectation
}

export type Change =
  /** All rules of the namespace become these (`iptables-save` text, no counters); conntrack entries stay. */
  | { readonly kind: 'iptables'; readonly netns: string; readonly iptables: string }
  | { readonly kind: 'sysctl'; readonly netns: string; readonly key: string; readonly value: string }

/**
 * tcp: connect, send `payloadBytes`, wait for the echo, keep the connection open until the state is read.
 * udp: a connected socket, one datagram of `payloadBytes`, wait for the echo or an error.
 * icmp: one echo request with `payloadBytes` of data.
 */
export interface Probe {
  readonly netns: string
  readonly proto: 'tcp' | 'udp' | 'icmp'
  /** Address the client binds; absent when the kernel chooses. */
  readonly src?: string
  /** Absent for icmp. */
  readonly sport?: number
  readonly dst: string
  readonly dport?: number
  readonly payloadBytes: number
  /** IP_TTL of the socket, when set. */
  readonly ttl?: number
  /** icmp: DF as `ping -M do` or `-M dont`. Absent: the kernel's default for the protocol (`want` for TCP, UDP and ping). */
  readonly pmtu?: 'do' | 'dont'
}

export type ClientResult =
  /** tcp: handshake done and the echo came back. */
  | 'connected'
  /** tcp: handshake done, the echo never came. */
  | 'stalled'
  /** udp, icmp: an answer came. */
  | 'reply'
  /** udp, icmp: nothing came within the recorder's patience (4 s). */
  | 'timeout'
  | 'ECONNREFUSED'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'ETIMEDOUT'
  | 'EMSGSIZE'
  /** From a route of type blackhole or prohibit, for the host's own packets. */
  | 'EINVAL'
  | 'EACCES'
  /** icmp: an ICMP error came back; see `icmp`. */
  | 'icmp-error'

export interface Expectation {
  readonly client: {
    readonly result: ClientResult
    /** Whole seconds from the call to the result, rounded. */
    readonly afterSeconds: number
    /** The ICMP error that reached the client's namespace, if any. */
    readonly icmp?: { readonly from: string; readonly type: number; readonly code: number; readonly mtu?: number }
  }
  /** What each accepting listener saw as peer and own address; a port that is not stable is `'random'`. */
  readonly server: readonly ServerSees[]
  /** Points where frames were captured, `netns/dev`. A point without frames below saw none of the probe's. */
  readonly watched: readonly string[]
  /**
   * In order of time, each distinct frame once per point and direction (retransmissions are counted in `times`).
   * tcp: SYN, SYN-ACK and RST only. udp and icmp: all, ICMP errors included. A lone fragment counts as a frame.
   */
  readonly frames: readonly Frame[]
  /**
   * ARP seen at the same points, in order of time, each distinct one once per point and direction. Left out: questions to
   * one known neighbour (the kernel's check of a stale entry, five seconds after its use) and their answers.
   */
  readonly arp: readonly ArpFrame[]
  /** Neighbour solicitations and advertisements, likewise (IPv6 recordings only). */
  readonly nd: readonly NdFrame[]
  /**
   * New entries and the probe's own, at the end of the run, while a TCP connection is still open, each distinct one once.
   * A node with rules also tracks the outer VXLAN packets, one way each, so `[UNREPLIED]`.
   */
  readonly conntrack: readonly ConntrackRow[]
  /** Rules whose packet counter grew during the run, in `iptables-save` order. Chain policies are left out. */
  readonly rulesHit: readonly RuleHit[]
  /** The whole neighbour table at the end of the run, without permanent entries. */
  readonly neigh: readonly NeighAfter[]
  /** Learned bridge entries at the end of the run. */
  readonly fdb: readonly FdbAfter[]
}

export type Port = number | 'random'

export interface ServerSees {
  readonly netns: string
  readonly proto: 'tcp' | 'udp'
  readonly src: string
  readonly sport: Port
  readonly dst: string
  readonly dport: Port
}

/** One frame at one point; inside a VXLAN packet `inner` is the carried frame. */
export interface Frame {
  /** Position in time within the run, from 0; frames only, ARP and ND count by themselves. */
  readonly order: number
  /** `netns/dev`. */
  readonly point: string
  /** As the device sees it: `in` was received from its wire (or decapsulated), `out` was handed to it for sending. */
  readonly dir: 'in' | 'out'
  /** How often the same frame was seen here (retransmissions); absent means once. Depends on time, so compare loosely. */
  readonly times?: number
  readonly eth: { readonly src: string; readonly dst: string }
  readonly ip: IpHeader
  readonly tcp?: TcpHeader
  readonly udp?: { readonly sport: Port | 'vxlan-hash'; readonly dport: Port }
  readonly icmp?: IcmpHeader
  readonly vxlan?: { readonly vni: number }
  readonly inner?: Pick<Frame, 'eth' | 'ip' | 'tcp' | 'udp' | 'icmp'>
}

export interface IpHeader {
  readonly version: 4 | 6
  readonly src: string
  readonly dst: string
  /** Hop limit for IPv6. */
  readonly ttl: number
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'icmp6'
  /** Whole packet in bytes, IP header included; left out where it depends on a sender's TCP options. */
  readonly length?: number
  /** IPv4 only. */
  readonly df?: boolean
  /** Present where it is not zero (the kernel's ICMP errors carry 192). */
  readonly tos?: number
  /** Present on fragments; offset in bytes. */
  readonly fragment?: { readonly offset: number; readonly more: boolean }
}

export interface TcpHeader {
  readonly sport: Port
  readonly dport: Port
  /** Subset of SYN, RST, FIN, PSH, ACK, in that order, joined by a comma. */
  readonly flags: string
  /** On SYN and SYN-ACK. */
  readonly mss?: number
}

export interface IcmpHeader {
  readonly type: number
  readonly code: number
  /** Next-hop MTU of 3/4 (IPv6: of 2/0). */
  readonly mtu?: number
  /** Errors only: the packet they quote, as it stands in the message. */
  readonly quoted?: {
    readonly src: string
    readonly dst: string
    readonly ttl: number
    readonly proto: 'tcp' | 'udp' | 'icmp' | 'icmp6'
    readonly sport?: Port
    readonly dport?: Port
  }
}

export interface ArpFrame {
  readonly point: string
  readonly dir: 'in' | 'out'
  readonly times?: number
  readonly eth: { readonly src: string; readonly dst: string }
  readonly op: 'request' | 'reply'
  readonly sender: { readonly mac: string; readonly ip: string }
  readonly target: { readonly mac: string; readonly ip: string }
  /** Present when the ARP frame is carried in VXLAN: the outer addresses. */
  readonly outer?: { readonly src: string; readonly dst: string; readonly vni: number }
}

export interface NdFrame {
  readonly point: string
  readonly dir: 'in' | 'out'
  readonly times?: number
  readonly eth: { readonly src: string; readonly dst: string }
  readonly op: 'solicitation' | 'advertisement'
  readonly ip: { readonly src: string; readonly dst: string; readonly ttl: number }
  readonly target: string
  /** Link-layer address option, if there is one. */
  readonly lladdr?: string
  /** Advertisement flags R, S, O that are set, joined without separator. */
  readonly flags?: string
}

export interface ConntrackTuple {
  readonly src: string
  readonly dst: string
  /** tcp and udp. */
  readonly sport?: Port
  readonly dport?: Port
  /** icmp. */
  readonly type?: number
  readonly code?: number
}

export interface ConntrackRow {
  readonly netns: string
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'icmpv6'
  /** tcp: SYN_SENT, ESTABLISHED, ... */
  readonly state?: string
  readonly orig: ConntrackTuple
  readonly reply: ConntrackTuple
  /** `[UNREPLIED]`. */
  readonly unreplied: boolean
  /** `[ASSURED]`. */
  readonly assured: boolean
  readonly mark: number
}

export interface RuleHit {
  readonly netns: string
  readonly family: 'inet' | 'inet6'
  readonly table: 'raw' | 'mangle' | 'nat' | 'filter'
  /** As `iptables-save` prints it: `-A CHAIN ...`. */
  readonly rule: string
}

export interface NeighAfter {
  readonly netns: string
  readonly dev: string
  readonly ip: string
  /** Absent while incomplete or failed. */
  readonly mac?: string
  /** REACHABLE, STALE, DELAY, PROBE, INCOMPLETE, FAILED. DELAY, PROBE and REACHABLE may differ by timing: compare loosely. */
  readonly state: string
}

export interface FdbAfter {
  readonly netns: string
  readonly dev: string
  readonly master: string
  readonly mac: string
}
