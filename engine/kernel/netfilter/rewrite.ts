import type { Ip } from '../../net/address.ts'
import type { IpPacket, L4 } from '../../net/packet.ts'
import type { Manip } from './nat.ts'
import { isEcho, isIcmpError } from './tuple.ts'

/** A packet with another source or destination. For an echo the port is its id, which only its source side may change. */
export function rewrite(ip: IpPacket, manip: Manip, address: Ip, port: number): IpPacket {
  const body = withPort(ip.body, manip, port)
  return manip === 'src' ? { ...ip, src: address, body } : { ...ip, dst: address, body }
}

function withPort(body: L4, manip: Manip, port: number): L4 {
  switch (body.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return manip === 'src' ? { ...body, sport: port } : { ...body, dport: port }
    case 'icmp':
      return isEcho(body) ? { ...body, id: port } : body
    case 'ipip':
      return body
  }
}

/** An ICMP error with its quoted packet changed. The quoted packet went the other way: its other end is the same party. */
export function rewriteQuoted(ip: IpPacket, change: (quoted: IpPacket) => IpPacket): IpPacket {
  return isIcmpError(ip.body) ? { ...ip, body: { ...ip.body, quoted: change(ip.body.quoted) } } : ip
}
