import type { Owned } from '../core/cause.ts'
import type { Row } from '../core/table.ts'
import type { Cidr, Family, Ip } from '../net/address.ts'
import type { RecordRef } from './tables.ts'
import type { ReasonCode } from './trace/reasons.ts'

/** Rows of netfilter and of what the kernel remembers about flows and paths: chains, sets, hook programs, conntrack, PMTU. */
export type NfHook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'
export type IptTable = 'raw' | 'mangle' | 'nat' | 'filter' | 'security'

/**
 * A chain of one iptables table in one netns, with its rules in order. Rules are shared by reference between nodes
 * that hold the same ones. A base chain has a `hook`, a `priority` and a `policy`. Id: `<netns>|<family>|<table>|<name>`.
 */
export interface NfChainRow extends Row, Owned {
  readonly netns: string
  readonly family: Family
  readonly table: IptTable
  readonly name: string
  readonly hook?: NfHook
  readonly priority?: number
  readonly policy?: 'ACCEPT' | 'DROP'
  readonly rules: readonly NfRule[]
}

/**
 * One rule as data. `matches` are all to hold; their order is the printed order (addresses, interfaces and protocol first).
 * `reason` is what its owner calls a packet that dies here; absent: the hook's own (`fw.forward-drop`, ...).
 */
export interface NfRule extends Owned {
  readonly matches: readonly NfMatch[]
  readonly target?: NfTarget
  readonly reason?: ReasonCode
}

export type NfMatch =
  | { readonly kind: 'src' | 'dst'; readonly cidr: Cidr; readonly not?: boolean }
  | { readonly kind: 'in' | 'out'; readonly name: string; readonly not?: boolean }
  | {
      readonly kind: 'proto'
      readonly proto: 'tcp' | 'udp' | 'sctp' | 'icmp' | 'ipv6-icmp' | 'ipencap'
      readonly not?: boolean
    }
  | { readonly kind: 'comment'; readonly text: string }
  /** `-m tcp` without options, as kube-proxy writes before DNAT. */
  | { readonly kind: 'module'; readonly name: 'tcp' | 'udp' | 'sctp' }
  /** `-m nfacct`: counts only, matches always. */
  | { readonly kind: 'nfacct'; readonly name: string }
  | { readonly kind: 'limit'; readonly rate: string; readonly burst: number }
  | { readonly kind: 'owner'; readonly which: 'uid' | 'gid'; readonly id: number; readonly not?: boolean }
  | {
      readonly kind: 'sport' | 'dport'
      readonly proto: 'tcp' | 'udp' | 'sctp'
      readonly from: number
      readonly to: number
      readonly not?: boolean
    }
  | {
      readonly kind: 'multiport'
      readonly which: 'sports' | 'dports' | 'ports'
      readonly ports: readonly (number | readonly [number, number])[]
      readonly not?: boolean
    }
  | { readonly kind: 'tcp-flags'; readonly mask: string; readonly set: string; readonly not?: boolean }
  | { readonly kind: 'icmp-type'; readonly type: string; readonly not?: boolean }
  | { readonly kind: 'mark' | 'connmark'; readonly value: number; readonly mask: number; readonly not?: boolean }
  | {
      readonly kind: 'ctstate'
      readonly states: readonly ('NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED' | 'DNAT' | 'SNAT')[]
      readonly not?: boolean
      readonly module?: 'state'
    }
  | {
      readonly kind: 'addrtype'
      readonly which: 'src' | 'dst'
      readonly types: readonly ('LOCAL' | 'UNICAST' | 'BROADCAST' | 'MULTICAST')[]
      readonly not?: boolean
      readonly limitIfaceIn?: boolean
      readonly limitIfaceOut?: boolean
    }
  /** `p` of 2^31, as the kernel keeps `--probability`. */
  | { readonly kind: 'statistic'; readonly mode: 'random'; readonly p: number }
  | { readonly kind: 'statistic'; readonly mode: 'nth'; readonly every: number; readonly packet: number }
  | { readonly kind: 'set'; readonly name: string; readonly dirs: readonly ('src' | 'dst')[]; readonly not?: boolean }
  | {
      readonly kind: 'recent'
      readonly name: string
      readonly op: 'set' | 'rcheck' | 'update' | 'remove'
      readonly seconds?: number
      readonly reap?: boolean
      readonly hitcount?: number
      readonly mask?: string
      readonly side?: 'src' | 'dst'
      readonly not?: boolean
    }
  | {
      readonly kind: 'physdev'
      readonly isBridged?: boolean
      readonly isIn?: boolean
      readonly isOut?: boolean
      readonly in?: string
      readonly out?: string
      readonly not?: boolean
    }
  | { readonly kind: 'rpfilter'; readonly invert?: boolean; readonly loose?: boolean; readonly validMark?: boolean }

export type NfTarget =
  | { readonly kind: 'ACCEPT' | 'DROP' | 'NOTRACK' | 'TRACE' }
  | { readonly kind: 'RETURN' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'MARK'; readonly op: 'set-xmark'; readonly value: number; readonly mask: number }
  | { readonly kind: 'CONNMARK'; readonly op: 'set-xmark'; readonly value: number; readonly mask: number }
  | { readonly kind: 'CONNMARK'; readonly op: 'save' | 'restore'; readonly mask?: number }
  | {
      readonly kind: 'DNAT' | 'SNAT'
      readonly to: string
      readonly random?: boolean
      readonly randomFully?: boolean
      readonly persistent?: boolean
    }
  | {
      readonly kind: 'MASQUERADE'
      readonly random?: boolean
      readonly randomFully?: boolean
      readonly toPorts?: string
    }
  | { readonly kind: 'REDIRECT'; readonly toPorts?: string }
  | { readonly kind: 'REJECT'; readonly with: string }
  | { readonly kind: 'CT'; readonly zone?: number; readonly notrack?: boolean }
  | { readonly kind: 'LOG'; readonly prefix?: string; readonly level?: number }
  | { readonly kind: 'TCPMSS'; readonly clampMssToPmtu?: boolean; readonly setMss?: number }

/**
 * Packets and bytes that hit one rule of a chain (its index; -1 is the chain's policy), apart from the rules so that these
 * stay shared. Id: `<chain id>#<rule>`. What was never hit has no row.
 */
export interface NfCountRow extends Row {
  readonly netns: string
  readonly chain: string
  readonly rule: number
  readonly packets: number
  readonly bytes: number
}

/** A hook program that is not a chain: where tc, XDP, cgroup, OVS and IPVS find their place in the walk. */
export interface HookRow extends Row, Owned {
  readonly netns: string
  readonly link?: string
  readonly hook:
    | NfHook
    | 'xdp'
    | 'tc-ingress'
    | 'tc-egress'
    | 'cgroup-connect'
    | 'cgroup-sendmsg'
    | 'cgroup-recvmsg'
    | 'rx-handler'
  readonly priority: number
  /** Name in the static table of programs. */
  readonly program: string
  readonly config?: unknown
}

/** An ipset or nft set. Members are text in ipset's spelling (`10.96.20.30,tcp:80`), cause per member where known. */
export interface NfSetRow extends Row, Owned {
  readonly netns: string
  readonly name: string
  readonly type: string
  readonly family: Family
  readonly members: readonly string[]
}

/** `/proc/net/xt_recent/NAME`. */
export interface RecentRow extends Row {
  readonly netns: string
  readonly name: string
  /** Least recently seen first; `stampsUs` are the last hits, newest last (at most 20, as `ip_pkt_list_tot`). */
  readonly entries: readonly { readonly address: Ip; readonly lastUs: number; readonly stampsUs: readonly number[] }[]
}

/** One direction of a tracked flow. For ICMP `sport` is the echo id and `dport` is 0. */
export interface Tuple {
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'ipv6-icmp' | 'sctp' | 'ipencap'
  readonly src: Ip
  readonly dst: Ip
  readonly sport: number
  readonly dport: number
}

export type TcpCtState =
  | 'NONE'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'SYN_SENT2'

/** enum ip_conntrack_status; the `_DONE` bits say that a NAT decision was made, be it to change nothing. */
export type CtStatus =
  | 'SEEN_REPLY'
  | 'ASSURED'
  | 'SRC_NAT'
  | 'DST_NAT'
  | 'SRC_NAT_DONE'
  | 'DST_NAT_DONE'
  | 'CONFIRMED'
  | 'DYING'

export interface ConntrackRow extends Row {
  readonly netns: string
  readonly zone: number
  readonly family: Family
  readonly orig: Tuple
  /** The reply tuple as expected on the wire: NAT shows as its difference from the mirrored `orig`. */
  readonly reply: Tuple
  /** Text keys of both tuples with the zone, for the lookup index. */
  readonly keys: readonly string[]
  readonly status: readonly CtStatus[]
  readonly tcp?: TcpCtState
  readonly mark: number
  readonly createdUs: number
  /** Dead from then on unless refreshed; looked at lazily, no event is queued for it. */
  readonly expiresUs: number
  /** Rule refs that made the DNAT and the SNAT, so that later packets can name them. */
  readonly dnatBy?: RecordRef
  readonly snatBy?: RecordRef
}

/** What the kernel learned about a path (`ip route get` prints it): PMTU exceptions. */
export interface PmtuRow extends Row {
  readonly netns: string
  readonly dst: Ip
  readonly mtu: number
  readonly expiresUs: number
}
