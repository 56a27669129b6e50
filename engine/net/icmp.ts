import type { Family } from './address.ts'
import type { Icmp, IpPacket, UnreachableCode } from './packet.ts'

/** Type and code on the wire (RFC 792, RFC 1812, RFC 4443, RFC 4861). */
export interface TypeCode {
  readonly type: number
  readonly code: number
}

const UNREACHABLE4: Record<UnreachableCode, number> = {
  net: 0,
  host: 1,
  protocol: 2,
  port: 3,
  'frag-needed': 4,
  'net-prohibited': 9,
  'host-prohibited': 10,
  'admin-prohibited': 13,
}
/** RFC 4443 3.1: no route, administratively prohibited, address unreachable, port unreachable. */
const UNREACHABLE6: Record<UnreachableCode, number> = {
  net: 0,
  host: 3,
  protocol: 3,
  port: 4,
  'frag-needed': 0,
  'net-prohibited': 1,
  'host-prohibited': 1,
  'admin-prohibited': 1,
}

export function typeCodeOf(icmp: Icmp, family: Family): TypeCode {
  const v4 = family === 'ipv4'
  switch (icmp.type) {
    case 'echo-request':
      return { type: v4 ? 8 : 128, code: 0 }
    case 'echo-reply':
      return { type: v4 ? 0 : 129, code: 0 }
    case 'unreachable':
      return v4 ? { type: 3, code: UNREACHABLE4[icmp.code] } : { type: 1, code: UNREACHABLE6[icmp.code] }
    case 'time-exceeded':
      return { type: v4 ? 11 : 3, code: 0 }
    case 'packet-too-big':
      return { type: 2, code: 0 }
    case 'neighbor-solicitation':
      return { type: 135, code: 0 }
    case 'neighbor-advertisement':
      return { type: 136, code: 0 }
  }
}

/** Errors quote a packet; nothing is ever said about an error (RFC 1122 3.2.2). */
export function isIcmpError(packet: IpPacket): boolean {
  return packet.body.kind === 'icmp' && quotedBy(packet.body) !== undefined
}

/** The packet that an ICMP error is about. */
export function quotedBy(icmp: Icmp): IpPacket | undefined {
  return 'quoted' in icmp ? icmp.quoted : undefined
}

/** `ICMP host unreachable` as tcpdump and people say it. */
export function icmpText(icmp: Icmp): string {
  switch (icmp.type) {
    case 'unreachable':
      return icmp.code === 'frag-needed' ? `frag needed, mtu ${icmp.mtu ?? 0}` : `${icmp.code} unreachable`
    case 'time-exceeded':
      return 'time exceeded in-transit'
    case 'packet-too-big':
      return `packet too big, mtu ${icmp.mtu}`
    case 'neighbor-solicitation':
      return `neighbor solicitation, who has ${icmp.target}`
    case 'neighbor-advertisement':
      return `neighbor advertisement, tgt is ${icmp.target}`
    case 'echo-request':
    case 'echo-reply':
      return `${icmp.type.replace('-', ' ')}, id ${icmp.id}, seq ${icmp.seq}`
  }
}
