import type { WorldReader } from '../core/world.ts'
import type { Frame, IpPacket } from '../net/packet.ts'
import { endpoint } from '../net/summary.ts'
import type { SocketRow } from '../kernel/tables.ts'
import type { Step } from '../kernel/trace/step.ts'
import { nodeOfHost, podOfNetns } from './place.ts'
import type { Walk } from './walk.ts'

/** What the far end of a walk saw, read from the packet as the last step had it. */

export interface Receiver {
  readonly pod: string | null
  readonly node: string | null
  readonly ip: string
  readonly port: number
}

/**
 * Who got the request. If nobody did but it was translated on its way, the address that it was translated to, with pod and
 * node null; null where neither is known.
 */
export function receiverOf(world: WorldReader, walk: Walk): Receiver | null {
  const { end } = walk
  const packet = end && packetIn(end)
  if (end && packet && end.stage === 'deliver')
    return { pod: podOfNetns(world, end.netns) ?? podOfSocket(end), node: nodeOfHost(world, end.host), ...toOf(packet) }
  const translated = translationIn(walk)
  return translated && !ownerOf(world, translated.ip) ? { pod: null, node: null, ...translated } : null
}

/** A hostNetwork pod has no netns of its own: its listening socket says whose it is. */
function podOfSocket({ decidedBy, end }: Step): string | null {
  if (end?.reason === 'sock.not-listening') return null
  const cause = decidedBy?.table === 'socket' ? (decidedBy.row as SocketRow | undefined)?.cause : undefined // by its table
  return cause?.kind === 'Pod' ? `${cause.namespace ?? 'default'}/${cause.name}` : null
}

/** Destination after the first DNAT. */
export function translationIn(walk: Walk): { ip: string; port: number } | null {
  const step = walk.steps.find((each) => each.action === 'DNAT')
  const packet = step && packetIn(step)
  return packet ? toOf(packet) : null
}

export function isMasqueraded(walk: Walk): boolean {
  return walk.steps.some((step) => step.action === 'SNAT')
}

/** `ip:port` of where the packet came from when it was delivered; `ip` alone for ICMP. */
export function sourceIn(walk: Walk): string | null {
  const { end } = walk
  const packet = end?.end?.disposition === 'delivered' ? packetIn(end) : undefined
  if (!packet) return null
  const { body } = packet
  return 'sport' in body ? endpoint(packet.src, body.sport) : packet.src
}

/** The IP packet of a step's headers: the outermost one. */
export function packetIn(step: Step): IpPacket | undefined {
  const headers = step.headers as Frame | IpPacket | undefined // what the walk reports
  if (!headers) return undefined
  if ('kind' in headers) return headers.kind === 'ip' ? headers : undefined
  return headers.body.kind === 'ip' ? headers.body : undefined
}

function toOf({ dst, body }: IpPacket): { ip: string; port: number } {
  return { ip: dst, port: 'dport' in body ? body.dport : 0 }
}

const ownerOf = (world: WorldReader, ip: string) => world.oneBy('addr', 'address', ip)
