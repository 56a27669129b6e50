import { hash32 } from '../../core/rng.ts'
import type { Ip } from '../../net/address.ts'
import { v4Number, v4Text } from '../../net/ip.ts'

/** What a NAT target allows: addresses, ports, and how freely to choose among them. Models struct nf_nat_range2. */
export interface NatRange {
  readonly from?: Ip
  readonly to?: Ip
  readonly ports?: readonly [number, number]
  readonly random?: boolean
  readonly randomFully?: boolean
  readonly persistent?: boolean
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9:80-90`, `[fd00::1]:8080`, `fd00::1`, `:8080`. */
export function parseRange(text: string): NatRange {
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text)
  const plain =
    text.includes('::') || text.split(':').length > 2 ? [text, text, undefined] : /^([^:]*)(?::(.+))?$/.exec(text)
  const [, addresses, ports] = bracketed ?? plain ?? []
  const [from, to] = (addresses ?? '').split('-')
  return {
    ...(from ? { from: from as Ip, to: (to ?? from) as Ip } : {}),
    ...(ports ? { ports: parsePorts(ports) } : {}),
  }
}

export function parsePorts(text: string): readonly [number, number] {
  const [from, to] = text.split('-')
  return [Number(from), Number(to ?? from)]
}

/**
 * The address of the range for a flow: always the same one for the same source (and destination, unless `persistent`).
 * Simplified: an IPv6 range gives its first address, because nobody writes ranges of them.
 */
export function addressIn(range: NatRange, src: Ip, dst: Ip): Ip | undefined {
  if (!range.from || range.from === range.to || range.from.includes(':')) return range.from
  const first = v4Number(range.from)
  const size = v4Number(range.to ?? range.from) - first + 1
  return v4Text(first + (hash32(0, range.persistent ? src : `${src} ${dst}`) % size))
}

export function holds(range: NatRange, ip: Ip): boolean {
  if (!range.from) return true
  if (range.from === range.to || ip.includes(':')) return ip === range.from
  const value = v4Number(ip)
  return value >= v4Number(range.from) && value <= v4Number(range.to ?? range.from)
}
