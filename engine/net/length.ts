import type { Dns, DnsRecord, Frame, Icmp, IpPacket, L4, Tcp } from './packet.ts'

/** Bytes on the wire, computed from the structure. Ethernet is 14 without the frame check sequence. */
export const ETHERNET_HEADER = 14
export const VXLAN_HEADER = 8
export const UDP_HEADER = 8

export const ipHeaderLength = (packet: Pick<IpPacket, 'family'>): number => (packet.family === 'ipv4' ? 20 : 40)

export function frameLength(frame: Frame): number {
  return ETHERNET_HEADER + (frame.body.kind === 'arp' ? 28 : ipLength(frame.body))
}

/** The whole IP packet, header included: what an MTU is compared with. An IPv6 fragment has a header of 8 more. */
export function ipLength(packet: IpPacket): number {
  const header = ipHeaderLength(packet)
  if (packet.fragment) return header + packet.fragment.bytes + (packet.family === 'ipv6' ? 8 : 0)
  return header + l4Length(packet.body)
}

export function l4Length(body: L4): number {
  switch (body.kind) {
    case 'tcp':
      return tcpHeaderLength(body) + body.data.bytes
    case 'udp':
      return UDP_HEADER + udpPayloadLength(body.body)
    case 'sctp':
      return 12 + 16 + body.data.bytes
    case 'ipip':
      return ipLength(body.inner)
    case 'icmp':
      return icmpLength(body)
  }
}

/**
 * Linux's options: MSS, SACK permitted, timestamps and window scale on a SYN (20 bytes); timestamps on the rest (12);
 * none on a RST.
 */
export function tcpHeaderLength(tcp: Pick<Tcp, 'flags'>): number {
  return tcp.flags.includes('R') ? 20 : tcp.flags.includes('S') ? 40 : 32
}

function udpPayloadLength(body: (L4 & { kind: 'udp' })['body']): number {
  switch (body.kind) {
    case 'data':
      return body.bytes
    case 'vxlan':
      return VXLAN_HEADER + frameLength(body.frame)
    case 'dns':
      return dnsLength(body)
  }
}

/** Errors quote at most what keeps the whole IPv4 message within 576 bytes, the IPv6 one within 1280. */
function icmpLength(icmp: Icmp): number {
  switch (icmp.type) {
    case 'echo-request':
    case 'echo-reply':
      return 8 + icmp.data.bytes
    case 'neighbor-solicitation':
    case 'neighbor-advertisement':
      return 24 + (icmp.lladdr ? 8 : 0)
    default: {
      const room = icmp.quoted.family === 'ipv4' ? 576 - 20 - 8 : 1280 - 40 - 8
      return 8 + Math.min(room, ipLength(icmp.quoted))
    }
  }
}

/** RFC 1035 4.1, names written out once and pointed at afterwards. */
export function dnsLength(dns: Dns): number {
  const records = [...dns.answers, ...(dns.authority ?? [])]
  return 12 + dns.question.name.length + 2 + 4 + records.reduce((sum, record) => sum + recordLength(record), 0)
}

function recordLength(record: DnsRecord): number {
  return 12 + (record.type === 'A' ? 4 : record.type === 'AAAA' ? 16 : record.data.length + 2)
}
