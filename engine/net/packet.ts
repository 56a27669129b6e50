import type { Ip, Mac } from './address.ts'

/**
 * Frames as nested headers, outermost first. A packet is immutable: every change makes a new one that shares the rest.
 *
 *     Frame { eth, body: Arp | IpPacket { ...ip header, body: Tcp | Udp { body: Vxlan { frame } | Data } | Icmp } }
 *
 * Lengths are computed from the structure (`net/length.ts`), never stored.
 */
export interface Frame {
  readonly src: Mac
  readonly dst: Mac
  readonly etherType: 'ipv4' | 'ipv6' | 'arp'
  readonly body: Arp | IpPacket
}

/** RFC 826. */
export interface Arp {
  readonly kind: 'arp'
  readonly op: 'request' | 'reply'
  readonly senderMac: Mac
  readonly senderIp: Ip
  readonly targetMac: Mac
  readonly targetIp: Ip
}

/** An IPv4 or IPv6 packet. `ttl` is the hop limit in IPv6; `df` is always true there (routers do not fragment). */
export interface IpPacket {
  readonly kind: 'ip'
  readonly family: 'ipv4' | 'ipv6'
  readonly src: Ip
  readonly dst: Ip
  readonly ttl: number
  readonly tos: number
  readonly df: boolean
  readonly ident: number
  /** Present on fragments only: offset in bytes and whether more follow. */
  readonly fragment?: { readonly offset: number; readonly more: boolean; readonly bytes: number; readonly whole: L4 }
  readonly body: L4
}

export type L4 = Tcp | Udp | Icmp | Sctp | IpPacketInIp

/** RFC 9293; sequence numbers are unsigned 32-bit. */
export interface Tcp {
  readonly kind: 'tcp'
  readonly sport: number
  readonly dport: number
  readonly seq: number
  readonly ack: number
  /** Subset of F S R P . U in tcpdump's letters, e.g. `S`, `S.`, `P.`, `F.`, `R`, `R.`, `.`. */
  readonly flags: string
  readonly window: number
  readonly mss?: number
  readonly data: Data
}

export interface Udp {
  readonly kind: 'udp'
  readonly sport: number
  readonly dport: number
  readonly body: Data | Vxlan | Dns
}

export interface Sctp {
  readonly kind: 'sctp'
  readonly sport: number
  readonly dport: number
  readonly chunk: 'init' | 'init-ack' | 'cookie-echo' | 'cookie-ack' | 'data' | 'sack' | 'abort'
  readonly data: Data
}

/** RFC 7348. */
export interface Vxlan {
  readonly kind: 'vxlan'
  readonly vni: number
  readonly frame: Frame
}

/** IPIP, RFC 2003. */
export interface IpPacketInIp {
  readonly kind: 'ipip'
  readonly inner: IpPacket
}

/** RFC 792, RFC 4443, RFC 4861. Errors quote the packet that caused them, as the sender had it when it arrived. */
export type Icmp =
  | {
      readonly kind: 'icmp'
      readonly type: 'echo-request' | 'echo-reply'
      readonly id: number
      readonly seq: number
      readonly data: Data
    }
  | {
      readonly kind: 'icmp'
      readonly type: 'unreachable'
      readonly code: UnreachableCode
      readonly mtu?: number
      readonly quoted: IpPacket
    }
  | { readonly kind: 'icmp'; readonly type: 'time-exceeded'; readonly quoted: IpPacket }
  | { readonly kind: 'icmp'; readonly type: 'packet-too-big'; readonly mtu: number; readonly quoted: IpPacket }
  | {
      readonly kind: 'icmp'
      readonly type: 'neighbor-solicitation' | 'neighbor-advertisement'
      readonly target: Ip
      readonly lladdr?: Mac
      readonly solicited?: boolean
    }

/** Names as iptables' `--reject-with` and tcpdump spell them; numbers in `net/icmp.ts`. */
export type UnreachableCode =
  | 'net'
  | 'host'
  | 'protocol'
  | 'port'
  | 'frag-needed'
  | 'admin-prohibited'
  | 'net-prohibited'
  | 'host-prohibited'

/** Bytes of payload: how many, and what they say where an application model reads them. */
export interface Data {
  readonly kind: 'data'
  readonly bytes: number
  /** What the application put there (an HTTP message, a line of echo text), plain data. Absent: opaque. */
  readonly message?: unknown
}

/** RFC 1035, only what CoreDNS and a libc exchange. Rides in UDP directly; over TCP it is a `Data.message`. */
export interface Dns {
  readonly kind: 'dns'
  readonly id: number
  readonly response: boolean
  readonly question: { readonly name: string; readonly type: string }
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED'
  readonly truncated?: boolean
  readonly authoritative?: boolean
  readonly answers: readonly DnsRecord[]
  readonly authority?: readonly DnsRecord[]
}

export interface DnsRecord {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly data: string
}
