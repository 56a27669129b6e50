import type { Ctx } from '../core/context.ts'
import { hash32 } from '../core/rng.ts'
import type { ProbeConfig } from '../apps/probe.ts'
import type { Ip, Mac } from '../net/address.ts'
import { familyOf } from '../net/ip.ts'
import type { Data, Frame, IpPacket, L4 } from '../net/packet.ts'
import { routeLookup } from '../kernel/fib/lookup.ts'
import { receive } from '../kernel/path/receive.ts'
import { skbOf } from '../kernel/path/skb.ts'
import type { LinkRow } from '../kernel/tables.ts'

// Simplified: nobody stands behind the borrowed address: its answer is looked at where it leaves, not where it would arrive.
/** A neighbour that exists only in the question: locally administered, so it is nobody's. */
const STRANGER = '02:00:5e:10:00:01' as Mac

/**
 * Puts a first packet with a given source before a node, on the device that leads back to that address: the pod side for
 * the node's own pods, its uplink for all others.
 */
export function inject(
  ctx: Ctx,
  packet: {
    id: string
    netns: string
    src: Ip
    dst: Ip
    config: Pick<ProbeConfig, 'proto' | 'port' | 'size' | 'sport'>
  },
): void {
  const { id, netns, src, dst } = packet
  const link = entranceFor(ctx, netns, src)
  if (!link) return
  const family = familyOf(dst)
  const ip: IpPacket = {
    kind: 'ip',
    family,
    src,
    dst,
    ttl: 64,
    tos: 0,
    df: true,
    ident: hash32(ctx.clock.seed, id) & 0xffff,
    body: firstSegment(ctx, id, packet.config),
  }
  const frame: Frame = { src: STRANGER, dst: link.mac, etherType: family, body: ip }
  receive(ctx, link.id, skbOf({ packet: id, branch: '0', netns, frame, mark: 0, priority: 0, depth: 0 }))
}

function entranceFor(ctx: Ctx, netns: string, src: Ip): LinkRow | undefined {
  const back = routeLookup(ctx, { netns, dst: src })
  const dev = back.kind === 'unicast' ? back.dev : undefined
  const uplink = ctx.tx.by('link', 'netns', netns).find((link) => link.kind === 'ether' && link.up)
  return (dev ? ctx.tx.get('link', dev) : undefined) ?? uplink
}

function firstSegment(ctx: Ctx, id: string, config: Pick<ProbeConfig, 'proto' | 'port' | 'size' | 'sport'>): L4 {
  const sport = config.sport ?? 32768 + (hash32(ctx.clock.seed, `port/${id}`) % 28232)
  const data: Data = { kind: 'data', bytes: config.size ?? 64, message: { kind: 'request' } }
  const nothing: Data = { kind: 'data', bytes: 0 }
  switch (config.proto) {
    case 'tcp':
      return {
        kind: 'tcp',
        sport,
        dport: config.port,
        seq: hash32(ctx.clock.seed, `isn/${id}`),
        ack: 0,
        flags: 'S',
        window: 64_240,
        mss: 1460,
        data: nothing,
      }
    case 'udp':
      return { kind: 'udp', sport, dport: config.port, body: data }
    case 'icmp':
      return {
        kind: 'icmp',
        type: 'echo-request',
        id: sport & 0xffff,
        seq: 1,
        data: { kind: 'data', bytes: config.size ?? 56 },
      }
    case 'sctp':
      return { kind: 'sctp', sport, dport: config.port, chunk: 'init', data: nothing }
  }
}
