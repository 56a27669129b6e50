import type { Arp, Frame, Icmp, IpPacket, L4 } from '../../engine/index.ts'

/** One header of a packet, outermost first: what the hop card nests. */
export interface Envelope {
  readonly layer: 'l2' | 'ip' | 'l4' | 'l7' | 'tunnel'
  readonly title: string
  /** Label, value, and the dotted key that a step uses when it changed this field. */
  readonly fields: readonly { readonly label: string; readonly value: string; readonly key?: string }[]
}

/** The headers of a frame or packet as nested envelopes. Inside a tunnel the keys are the inner packet's; the outer's begin with `outer.`. */
export function envelopesOf(headers: unknown): Envelope[] {
  if (!isObject(headers)) return []
  const tunnelled = findsTunnel(headers)
  if (headers.kind === 'ip') return ipEnvelopes(headers as unknown as IpPacket, tunnelled ? 'outer.' : '')
  if ('etherType' in headers) return frameEnvelopes(headers as unknown as Frame, tunnelled ? 'outer.' : '')
  return []
}

function frameEnvelopes(frame: Frame, prefix: string): Envelope[] {
  const ethernet: Envelope = {
    layer: 'l2',
    title: 'Ethernet',
    fields: [
      { label: 'src', value: frame.src, key: `${prefix}eth.src` },
      { label: 'dst', value: frame.dst, key: `${prefix}eth.dst` },
    ],
  }
  return [ethernet, ...(frame.body.kind === 'arp' ? [arpEnvelope(frame.body)] : ipEnvelopes(frame.body, prefix))]
}

function arpEnvelope(arp: Arp): Envelope {
  const fields = [
    { label: 'sender', value: `${arp.senderIp} ${arp.senderMac}` },
    { label: 'target', value: arp.op === 'request' ? arp.targetIp : `${arp.targetIp} ${arp.targetMac}` },
  ]
  return { layer: 'l2', title: `ARP ${arp.op}`, fields }
}

function ipEnvelopes(packet: IpPacket, prefix: string): Envelope[] {
  const fields = [
    { label: 'src', value: packet.src, key: `${prefix}ip.src` },
    { label: 'dst', value: packet.dst, key: `${prefix}ip.dst` },
    { label: packet.family === 'ipv4' ? 'ttl' : 'hop limit', value: String(packet.ttl), key: `${prefix}ip.ttl` },
  ]
  if (packet.family === 'ipv4') fields.push({ label: 'DF', value: packet.df ? 'set' : 'unset', key: `${prefix}ip.df` })
  return [
    { layer: 'ip', title: packet.family === 'ipv4' ? 'IPv4' : 'IPv6', fields },
    ...l4Envelopes(packet.body, prefix),
  ]
}

function l4Envelopes(body: L4, prefix: string): Envelope[] {
  switch (body.kind) {
    case 'tcp': {
      const fields = [
        { label: 'ports', value: `${body.sport} → ${body.dport}`, key: `${prefix}tcp.dport` },
        { label: 'flags', value: flagNames(body.flags) },
      ]
      const envelope: Envelope = { layer: 'l4', title: 'TCP', fields }
      return body.data.bytes > 0
        ? [envelope, { layer: 'l7', title: 'data', fields: [{ label: 'bytes', value: String(body.data.bytes) }] }]
        : [envelope]
    }
    case 'udp': {
      const envelope: Envelope = {
        layer: 'l4',
        title: 'UDP',
        fields: [{ label: 'ports', value: `${body.sport} → ${body.dport}`, key: `${prefix}udp.dport` }],
      }
      if (body.body.kind === 'vxlan') {
        const tunnel: Envelope = {
          layer: 'tunnel',
          title: 'VXLAN',
          fields: [{ label: 'VNI', value: String(body.body.vni) }],
        }
        return [{ ...envelope, layer: 'tunnel' }, tunnel, ...frameEnvelopes(body.body.frame, '')]
      }
      if (body.body.kind === 'dns') {
        const { question, response, rcode, answers } = body.body
        const fields = [{ label: 'question', value: `${question.name} ${question.type}` }]
        if (response) fields.push({ label: rcode, value: answers.map((a) => a.data).join(', ') || 'no records' })
        return [envelope, { layer: 'l7', title: response ? 'DNS answer' : 'DNS query', fields }]
      }
      return [envelope, { layer: 'l7', title: 'data', fields: [{ label: 'bytes', value: String(body.body.bytes) }] }]
    }
    case 'icmp':
      return icmpEnvelopes(body)
    case 'sctp':
      return [
        {
          layer: 'l4',
          title: 'SCTP',
          fields: [
            { label: 'ports', value: `${body.sport} → ${body.dport}` },
            { label: 'chunk', value: body.chunk },
          ],
        },
      ]
    case 'ipip':
      return ipEnvelopes(body.inner, '')
  }
}

function icmpEnvelopes(icmp: Icmp): Envelope[] {
  const about = 'quoted' in icmp ? [{ label: 'about', value: `${icmp.quoted.src} → ${icmp.quoted.dst}` }] : []
  const code = icmp.type === 'unreachable' ? ` (${icmp.code})` : ''
  return [{ layer: 'l4', title: 'ICMP', fields: [{ label: 'type', value: `${icmp.type}${code}` }, ...about] }]
}

const FLAG_NAMES: Readonly<Record<string, string>> = { S: 'SYN', F: 'FIN', R: 'RST', P: 'PSH', '.': 'ACK', U: 'URG' }

/** `S.` as `SYN, ACK`. */
export function flagNames(flags: string): string {
  return [...flags].map((flag) => FLAG_NAMES[flag] ?? flag).join(', ') || 'none'
}

function findsTunnel(headers: Record<string, unknown>): boolean {
  const ip = (headers.kind === 'ip' ? headers : headers.body) as IpPacket | Arp
  if (ip.kind !== 'ip') return false
  return ip.body.kind === 'ipip' || (ip.body.kind === 'udp' && ip.body.body.kind === 'vxlan')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
