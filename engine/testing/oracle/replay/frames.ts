import type { Step } from '../../../kernel/trace/step.ts'
import { typeCodeOf } from '../../../net/icmp.ts'
import { ipLength } from '../../../net/length.ts'
import type { Frame as SimFrame, Icmp, IpPacket, L4 } from '../../../net/packet.ts'
import type { ArpFrame, Frame, IcmpHeader, IpHeader, NdFrame, TcpHeader } from '../types.ts'

/** One frame at one device, as a capture has it. */
export interface Captured {
  readonly point: string
  readonly dir: 'in' | 'out'
  readonly frame: SimFrame
}

/** What captures on the watched devices would hold: every frame that a device received or was handed for sending. */
export function capturesOf(steps: readonly Step[], watched: readonly string[]): Captured[] {
  return steps.flatMap((step) => {
    const dir =
      step.stage === 'receive' && step.action === 'received'
        ? 'in'
        : step.stage === 'xmit' && step.action === 'sent'
          ? 'out'
          : undefined
    const point = `${step.netns}/${step.dev}`
    const frame = step.headers as SimFrame | IpPacket | undefined // the walk puts the frame there, or the packet of a device without frames
    // libpcap shows a packet on loopback once, when it comes in.
    if (dir === 'out' && step.dev === 'lo') return []
    if (!dir || !watched.includes(point) || !frame || 'kind' in frame) return []
    return [{ point, dir, frame }]
  })
}

type Body = Pick<Frame, 'eth' | 'ip' | 'tcp' | 'udp' | 'icmp' | 'vxlan' | 'inner'>

/** TCP only where it opens or refuses; all of UDP and ICMP; neighbour discovery and ARP are lists of their own. */
export function ipFrameOf({ point, dir, frame }: Captured): (Body & Pick<Frame, 'point' | 'dir'>) | undefined {
  if (frame.body.kind !== 'ip') return undefined
  const body = bodyOf(frame, frame.body)
  const carried = body?.inner ?? body
  if (!body || !carried?.ip) return undefined
  if (carried.tcp && !/SYN|RST/.test(carried.tcp.flags)) return undefined
  return { point, dir, ...body }
}

export function arpFrameOf({ point, dir, frame }: Captured): ArpFrame | undefined {
  if (frame.body.kind === 'arp') return { point, dir, ...arpText(frame) }
  const inner = innerOf(frame.body)
  if (inner?.body.kind !== 'arp') return undefined
  return { point, dir, ...arpText(inner), outer: { src: frame.body.src, dst: frame.body.dst, vni: vniOf(frame.body) } }
}

export function ndFrameOf({ point, dir, frame }: Captured): NdFrame | undefined {
  const ip = frame.body
  if (ip.kind !== 'ip' || ip.body.kind !== 'icmp') return undefined
  const nd = ip.body
  if (nd.type !== 'neighbor-solicitation' && nd.type !== 'neighbor-advertisement') return undefined
  const op = nd.type === 'neighbor-solicitation' ? 'solicitation' : 'advertisement'
  const header = { eth: ethOf(frame), op, ip: { src: ip.src, dst: ip.dst, ttl: ip.ttl }, target: nd.target } as const
  return { point, dir, ...header, ...(nd.lladdr ? { lladdr: nd.lladdr } : {}) }
}

const ethOf = (frame: SimFrame) => ({ src: frame.src, dst: frame.dst })

function arpText(frame: SimFrame): Pick<ArpFrame, 'eth' | 'op' | 'sender' | 'target'> {
  if (frame.body.kind !== 'arp') throw new Error('not an ARP frame')
  const { op, senderMac, senderIp, targetMac, targetIp } = frame.body
  return { eth: ethOf(frame), op, sender: { mac: senderMac, ip: senderIp }, target: { mac: targetMac, ip: targetIp } }
}

function innerOf(ip: IpPacket): SimFrame | undefined {
  const udp = transportOf(ip)
  return udp?.kind === 'udp' && udp.body.kind === 'vxlan' ? udp.body.frame : undefined
}

function vniOf(ip: IpPacket): number {
  const udp = transportOf(ip)
  return udp?.kind === 'udp' && udp.body.kind === 'vxlan' ? udp.body.vni : 0
}

/** A later fragment has none. */
function transportOf(ip: IpPacket): L4 | undefined {
  if (!ip.fragment) return ip.body
  return ip.fragment.offset === 0 ? ip.fragment.whole : undefined
}

function bodyOf(frame: SimFrame, ip: IpPacket): Body | undefined {
  const l4 = transportOf(ip)
  if (isFragment6(ip)) return undefined
  if (l4?.kind === 'icmp' && (l4.type === 'neighbor-solicitation' || l4.type === 'neighbor-advertisement'))
    return undefined
  const out: Body = { eth: ethOf(frame), ip: ipHeader(ip, l4), ...l4Header(l4, ip) }
  const quoted = out.icmp?.quoted ?? out.inner?.icmp?.quoted
  // The length of whatever carries or quotes a TCP segment hangs on the options that the sender chose.
  if (out.inner?.tcp === undefined && quoted?.proto !== 'tcp') return out
  const { length = 0, ...rest } = out.ip
  return { ...out, ip: length >= 576 ? out.ip : rest }
}

const isFragment6 = (ip: IpPacket): boolean => ip.family === 'ipv6' && ip.fragment !== undefined

function ipHeader(ip: IpPacket, l4: L4 | undefined): IpHeader {
  const proto = protoOf(l4 ?? ip.fragment?.whole ?? ip.body, ip.family)
  const length = proto === 'tcp' ? {} : { length: ipLength(ip) }
  const v4 = ip.family === 'ipv4' ? { df: ip.df } : {}
  const fragment = ip.fragment ? { fragment: { offset: ip.fragment.offset, more: ip.fragment.more } } : {}
  const tos = ip.tos !== 0 && ip.family === 'ipv4' ? { tos: ip.tos } : {}
  return {
    version: ip.family === 'ipv4' ? 4 : 6,
    src: ip.src,
    dst: ip.dst,
    ttl: ip.ttl,
    proto,
    ...length,
    ...v4,
    ...tos,
    ...fragment,
  }
}

function protoOf(l4: L4, family: IpPacket['family']): IpHeader['proto'] {
  if (l4.kind === 'icmp') return family === 'ipv4' ? 'icmp' : 'icmp6'
  if (l4.kind === 'tcp' || l4.kind === 'udp') return l4.kind
  throw new Error(`a recording has no ${l4.kind}`)
}

function l4Header(l4: L4 | undefined, ip: IpPacket): Partial<Body> {
  if (!l4) return {}
  if (l4.kind === 'tcp') return { tcp: tcpHeader(l4) }
  if (l4.kind === 'icmp') return { icmp: icmpHeader(l4, ip.family) }
  if (l4.kind !== 'udp') return {}
  const { sport, dport, body } = l4
  if (body.kind !== 'vxlan') return { udp: { sport, dport } }
  const carried = body.frame.body
  const inner = carried.kind === 'ip' ? bodyOf(body.frame, carried) : undefined
  // The recorder does not look into fragments of IPv6.
  if (carried.kind === 'ip' && isFragment6(carried))
    return { udp: { sport: 'vxlan-hash', dport }, vxlan: { vni: body.vni } }
  return { udp: { sport: 'vxlan-hash', dport }, vxlan: { vni: body.vni }, inner: inner ?? UNDESCRIBED }
}

/** What a tunnel carries that is no IP frame of the probe (ARP): left out by the caller. */
const UNDESCRIBED = {} as Body

const FLAGS: readonly (readonly [string, string])[] = [
  ['S', 'SYN'],
  ['R', 'RST'],
  ['F', 'FIN'],
  ['P', 'PSH'],
  ['.', 'ACK'],
]

function tcpHeader(tcp: Extract<L4, { kind: 'tcp' }>): TcpHeader {
  const flags = FLAGS.filter(([letter]) => tcp.flags.includes(letter)).map(([, name]) => name)
  return {
    sport: tcp.sport,
    dport: tcp.dport,
    flags: flags.join(','),
    ...(tcp.mss === undefined ? {} : { mss: tcp.mss }),
  }
}

function icmpHeader(icmp: Icmp, family: IpPacket['family']): IcmpHeader {
  const header = typeCodeOf(icmp, family)
  if (!('quoted' in icmp)) return header
  const { quoted } = icmp
  const l4 = transportOf(quoted)
  const ports = l4 && (l4.kind === 'tcp' || l4.kind === 'udp') ? { sport: l4.sport, dport: l4.dport } : {}
  const what = {
    src: quoted.src,
    dst: quoted.dst,
    ttl: quoted.ttl,
    proto: protoOf(quoted.fragment?.whole ?? quoted.body, quoted.family),
    ...ports,
  }
  return { ...header, ...('mtu' in icmp && icmp.mtu !== undefined ? { mtu: icmp.mtu } : {}), quoted: what }
}
