import type { Ip } from './address.ts'
import { icmpText } from './icmp.ts'
import type { Frame, IpPacket } from './packet.ts'

/** One line that names a packet: `10.244.1.10:40000 > 10.96.20.30:80 TCP S`. */
export function ipSummary(packet: IpPacket): string {
  const body = packet.body
  if (packet.fragment && packet.fragment.offset > 0) {
    return `${packet.src} > ${packet.dst} fragment at ${packet.fragment.offset}, ${packet.fragment.bytes} bytes`
  }
  switch (body.kind) {
    case 'tcp':
    case 'sctp': {
      const rest = body.kind === 'tcp' ? `TCP ${body.flags}` : `SCTP ${body.chunk}`
      const bytes = body.data.bytes > 0 ? ` ${body.data.bytes} bytes` : ''
      return `${endpoint(packet.src, body.sport)} > ${endpoint(packet.dst, body.dport)} ${rest}${bytes}`
    }
    case 'udp': {
      const ends = `${endpoint(packet.src, body.sport)} > ${endpoint(packet.dst, body.dport)}`
      if (body.body.kind === 'vxlan') return `${ends} VXLAN ${body.body.vni} [${frameSummary(body.body.frame)}]`
      if (body.body.kind === 'dns')
        return `${ends} DNS ${body.body.question.type} ${body.body.question.name}${body.body.response ? ` ${body.body.rcode}` : '?'}`
      return `${ends} UDP ${body.body.bytes} bytes`
    }
    case 'icmp':
      return `${packet.src} > ${packet.dst} ICMP ${icmpText(body)}`
    case 'ipip':
      return `${packet.src} > ${packet.dst} IPIP [${ipSummary(body.inner)}]`
  }
}

export function frameSummary(frame: Frame): string {
  const body = frame.body
  if (body.kind === 'ip') return ipSummary(body)
  return body.op === 'request'
    ? `ARP who has ${body.targetIp}? tell ${body.senderIp}`
    : `ARP ${body.senderIp} is at ${body.senderMac}`
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function endpoint(ip: Ip, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
