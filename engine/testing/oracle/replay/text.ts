import type { ArpFrame, ConntrackRow, ConntrackTuple, Frame, IcmpHeader, NdFrame, Port } from '../types.ts'

/** One line per frame, entry or answer: what is compared, and what a person reads when it differs. */

type Body = Pick<Frame, 'eth' | 'ip' | 'tcp' | 'udp' | 'icmp' | 'vxlan' | 'inner'>

export function frameText(frame: Pick<Frame, 'dir'> & Body): string {
  return `${frame.dir} ${bodyText(frame)}`
}

function bodyText({ eth, ip, tcp, udp, icmp, vxlan, inner }: Body): string {
  const words = [`${eth.src} > ${eth.dst}`, `${ip.src} > ${ip.dst}`, `ttl ${ip.ttl}`, ip.proto]
  if (ip.length !== undefined) words.push(`length ${ip.length}`)
  if (ip.df !== undefined) words.push(ip.df ? 'DF' : 'no DF')
  if (ip.tos !== undefined) words.push(`tos ${ip.tos}`)
  if (ip.fragment) words.push(`fragment ${ip.fragment.offset}${ip.fragment.more ? '+' : ''}`)
  if (tcp) words.push(`${tcp.sport} > ${tcp.dport} ${tcp.flags}${tcp.mss === undefined ? '' : ` mss ${tcp.mss}`}`)
  if (udp) words.push(`${udp.sport} > ${udp.dport}`)
  if (icmp) words.push(icmpText(icmp))
  if (vxlan) words.push(`vni ${vxlan.vni}`)
  if (inner) words.push(`[${bodyText(inner)}]`)
  return words.join(', ')
}

function icmpText({ type, code, mtu, quoted }: IcmpHeader): string {
  const about = quoted
    ? ` about ${quoted.src} > ${quoted.dst} ttl ${quoted.ttl} ${quoted.proto} ${quoted.sport ?? ''} > ${quoted.dport ?? ''}`
    : ''
  return `icmp ${type}/${code}${mtu === undefined ? '' : ` mtu ${mtu}`}${about}`
}

export function arpText({ dir, eth, op, sender, target, outer }: ArpFrame): string {
  const tunnel = outer ? ` in vni ${outer.vni} ${outer.src} > ${outer.dst}` : ''
  return `${dir} ${eth.src} > ${eth.dst} ${op} ${sender.ip} (${sender.mac}) to ${target.ip} (${target.mac})${tunnel}`
}

export function ndText({ dir, eth, op, ip, target, lladdr }: NdFrame): string {
  return `${dir} ${eth.src} > ${eth.dst} ${op} ${ip.src} > ${ip.dst} ttl ${ip.ttl} ${target} ${lladdr ?? '-'}`
}

export function conntrackText({ netns, proto, state, orig, reply, unreplied, assured, mark }: ConntrackRow): string {
  const flags = `${unreplied ? ' [UNREPLIED]' : ''}${assured ? ' [ASSURED]' : ''}`
  return `${netns} ${proto}${state ? ` ${state}` : ''} ${tupleText(orig)} / ${tupleText(reply)}${flags} mark=${mark}`
}

function tupleText({ src, dst, sport, dport, type, code }: ConntrackTuple): string {
  return type === undefined ? `${src}:${sport} > ${dst}:${dport}` : `${src} > ${dst} ${type}/${code}`
}

/** Ports that someone chose; the others came from a random number generator. */
export function maskPorts<T>(value: T, stable: ReadonlySet<Port | 'vxlan-hash'>): T {
  if (Array.isArray(value)) return value.map((one) => maskPorts(one, stable)) as T
  if (value === null || typeof value !== 'object') return value
  const masked = Object.entries(value).map(([key, inner]) => {
    if (key !== 'sport' && key !== 'dport') return [key, maskPorts(inner, stable)]
    return [key, typeof inner === 'number' && !stable.has(inner) ? 'random' : inner]
  })
  return Object.fromEntries(masked) as T
}

/** Each line once, in the order of its first time. */
export const distinct = (lines: readonly string[]): string[] => [...new Set(lines)]
