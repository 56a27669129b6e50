import type { Frame, IpPacket, StepView } from '../../engine/index.ts'
import { flagNames } from './envelope.ts'

/** A packet as the map draws it: which wraps it has, and a line that says what it is now. */
export interface PacketFace {
  /** Outermost first. */
  readonly wraps: readonly ('l2' | 'tunnel' | 'ip' | 'l4' | 'l7')[]
  readonly reply: boolean
  /** It carries bad news: RST, or an ICMP error. */
  readonly refusal: boolean
  readonly line: readonly Part[]
  /** Around it, while it travels inside another packet. */
  readonly outer: readonly Part[]
  /** Addresses that were rewritten here: the old and the new. */
  readonly rewritten: readonly { readonly field: string; readonly before: string; readonly after: string }[]
}

export interface Part {
  readonly text: string
  readonly changed: boolean
}

/** Rewrites worth a line of their own; TTL and MAC addresses change at every hop. */
const TOLD: Readonly<Record<string, string>> = {
  'ip.src': 'src',
  'ip.dst': 'dst',
  'tcp.sport': 'sport',
  'tcp.dport': 'dport',
  'udp.sport': 'sport',
  'udp.dport': 'dport',
}

export function packetFace(step: StepView): PacketFace {
  const outerIp = ipOf(step.headers)
  const inner = outerIp && innerOf(outerIp)
  const framed = isFrame(step.headers)
  const after = step.after ?? {}
  const rewritten = Object.entries(after)
    .filter(([key]) => key in TOLD && step.before?.[key] !== undefined && step.before[key] !== after[key])
    .map(([key, value]) => ({ field: TOLD[key], before: String(step.before?.[key]), after: String(value) }))
  const changed = (key: string) => key in after && step.before?.[key] !== undefined
  const shell = { reply: step.reply, refusal: inner !== undefined && isRefusal(inner), rewritten }
  if (!outerIp || !inner)
    return {
      ...shell,
      wraps: framed ? ['l2'] : ['ip', 'l4'],
      line: [{ text: step.summary, changed: false }],
      outer: [],
    }
  const tunnelled = outerIp !== inner
  const outer = tunnelled
    ? [
        {
          text: `${tunnelName(outerIp)} ${outerIp.src} > ${outerIp.dst}`,
          changed: 'outer.ip.src' in after || 'outer.ip.dst' in after,
        },
      ]
    : []
  const wraps: PacketFace['wraps'][number][] = []
  if (framed) wraps.push('l2')
  if (tunnelled) wraps.push('tunnel')
  wraps.push('ip', 'l4')
  if (carriesData(inner)) wraps.push('l7')
  return { ...shell, wraps, outer, line: lineOf(inner, changed) }
}

function lineOf(packet: IpPacket, changed: (key: string) => boolean): Part[] {
  const { body } = packet
  const ported = body.kind === 'tcp' || body.kind === 'udp' || body.kind === 'sctp' ? body : undefined
  const at = (side: 'src' | 'dst'): Part[] => {
    const port = ported ? (side === 'src' ? ported.sport : ported.dport) : undefined
    const address: Part = { text: packet[side], changed: changed(`ip.${side}`) }
    if (port === undefined) return [address]
    const portKey = `${body.kind}.${side === 'src' ? 'sport' : 'dport'}`
    return [address, { text: `:${port}`, changed: changed(portKey) }]
  }
  return [...at('src'), { text: ' > ', changed: false }, ...at('dst'), { text: ` ${kindOf(packet)}`, changed: false }]
}

function kindOf({ body }: IpPacket): string {
  switch (body.kind) {
    case 'tcp':
      return `TCP ${flagNames(body.flags).replaceAll(', ', '+')}`
    case 'udp':
      return body.body.kind === 'dns' ? `DNS ${body.body.response ? 'answer' : 'query'}` : 'UDP'
    case 'icmp':
      return `ICMP ${body.type}`
    case 'sctp':
      return `SCTP ${body.chunk}`
    case 'ipip':
      return 'IPIP'
  }
}

function isRefusal({ body }: IpPacket): boolean {
  return (body.kind === 'tcp' && body.flags.includes('R')) || (body.kind === 'icmp' && 'quoted' in body)
}

function carriesData({ body }: IpPacket): boolean {
  return (body.kind === 'tcp' && body.data.bytes > 0) || (body.kind === 'udp' && body.body.kind !== 'vxlan')
}

function tunnelName({ body }: IpPacket): string {
  return body.kind === 'udp' && body.body.kind === 'vxlan' ? `VXLAN ${body.body.vni}` : 'IPIP'
}

function innerOf(packet: IpPacket): IpPacket {
  if (packet.body.kind === 'ipip') return packet.body.inner
  if (packet.body.kind !== 'udp' || packet.body.body.kind !== 'vxlan') return packet
  const inner = packet.body.body.frame.body
  return inner.kind === 'ip' ? inner : packet
}

function isFrame(headers: unknown): headers is Frame {
  return typeof headers === 'object' && headers !== null && 'etherType' in headers
}

/** The innermost IP packet of a step's headers. */
export function innermost(headers: unknown): IpPacket | undefined {
  const outer = ipOf(headers)
  return outer && innerOf(outer)
}

function ipOf(headers: unknown): IpPacket | undefined {
  if (isFrame(headers)) return headers.body.kind === 'ip' ? headers.body : undefined
  return typeof headers === 'object' && headers !== null && (headers as IpPacket).kind === 'ip'
    ? (headers as IpPacket)
    : undefined
}
