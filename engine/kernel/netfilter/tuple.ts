import type { Ip } from '../../net/address.ts'
import type { Icmp, IpPacket, L4 } from '../../net/packet.ts'
import type { Tuple } from '../tables.ts'

type Proto = Tuple['proto']

/** The tuple of a packet as conntrack reads it. An ICMP error has none of its own: it belongs to what it quotes. */
export function tupleOf(ip: IpPacket): Tuple | undefined {
  const [sport, dport] = portsOf(ip.body)
  return ip.body.kind === 'icmp' && !isEcho(ip.body)
    ? undefined
    : { proto: protoOf(ip), src: ip.src, dst: ip.dst, sport, dport }
}

/** The tuple of the packet's answer. */
export function invert(tuple: Tuple): Tuple {
  const { proto, src, dst, sport, dport } = tuple
  return proto === 'icmp' || proto === 'ipv6-icmp'
    ? { proto, src: dst, dst: src, sport, dport }
    : { proto, src: dst, dst: src, sport: dport, dport: sport }
}

export function sameTuple(a: Tuple, b: Tuple): boolean {
  return a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport && a.proto === b.proto
}

/** Key of a tuple in the index of table `conntrack`: unique among the live entries of a netns. */
export function tupleKey(netns: string, zone: number, t: Tuple): string {
  return `${netns}|${zone}|${t.proto} ${t.src} ${t.sport} ${t.dst} ${t.dport}`
}

export function protoOf(ip: IpPacket): Proto {
  switch (ip.body.kind) {
    case 'icmp':
      return ip.family === 'ipv6' ? 'ipv6-icmp' : 'icmp'
    case 'ipip':
      return 'ipencap'
    default:
      return ip.body.kind
  }
}

/** Source and destination port; an echo's id counts as its source port. */
export function portsOf(body: L4): readonly [number, number] {
  switch (body.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return [body.sport, body.dport]
    case 'icmp':
      return [isEcho(body) ? body.id : 0, 0]
    case 'ipip':
      return [0, 0]
  }
}

export function isEcho(icmp: Icmp): icmp is Extract<Icmp, { id: number }> {
  return icmp.type === 'echo-request' || icmp.type === 'echo-reply'
}

/** An ICMP error: it quotes the packet that it is about. */
export function isIcmpError(body: L4): body is Extract<Icmp, { quoted: IpPacket }> {
  return body.kind === 'icmp' && 'quoted' in body
}

/** `10.244.1.10:40000`, `[fd00::1]:80`; without a port for protocols that have none. */
export function endpointText(ip: Ip, port: number, proto: Proto): string {
  if (proto !== 'tcp' && proto !== 'udp' && proto !== 'sctp') return ip
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
