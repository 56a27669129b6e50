import type { Ctx } from '../../core/context.ts'
import type { WorldReader } from '../../core/world.ts'
import type { Ip } from '../../net/address.ts'
import { frameLength } from '../../net/length.ts'
import type { Arp, Frame } from '../../net/packet.ts'
import { frameSummary } from '../../net/summary.ts'
import { driverOf } from '../dev/registry.ts'
import { countRx, countTx } from '../dev/stats.ts'
import { hostOfNetns } from '../ids.ts'
import { mayAnswer, noiseText } from '../neigh/arp.ts'
import type { Skb } from '../path/skb.ts'
import type { LinkRow } from '../tables.ts'
import { emitStep } from '../trace/emit.ts'

/**
 * An ARP request to everyone reaches each pod of a node, and concerns one. Who else is there is worked out once for each
 * address that is asked for, and their copies are reported without walking them: the walk would come to the same steps.
 */
export interface QuietPorts {
  /** The far end of a port, if it will ignore the request. */
  behind(port: LinkRow): QuietPeer | undefined
}

interface QuietPeer {
  readonly link: LinkRow
  readonly host: string
  readonly sent: string
  readonly received: string
}

/** What was worked out for a bridge, as long as the tables that it was made of stand as they were. */
interface Known {
  versions: readonly number[]
  readonly byTarget: Map<Ip, ReadonlyMap<string, QuietPeer>>
}

const MADE_OF = ['link', 'netns', 'host', 'addr', 'sysctl', 'route', 'rule'] as const

export function quietPorts(ctx: Ctx, bridge: LinkRow, frame: Frame): QuietPorts | undefined {
  const { body } = frame
  if (body.kind !== 'arp' || body.op !== 'request' || ctx.tx.count('hook') > 0) return undefined
  const peers = peersFor(ctx.tx, bridge, frame, body)
  // Who knows the asker refreshes what it knows; who has a proxy entry for the address answers.
  const concerned = new Set<string>()
  for (const row of ctx.tx.by('neigh', 'address', body.senderIp)) concerned.add(row.link)
  for (const row of ctx.tx.by('neigh', 'address', body.targetIp)) if (row.proxy) concerned.add(row.link)
  return {
    behind: (port) => {
      const peer = peers.get(port.id)
      return peer && concerned.has(peer.link.id) ? undefined : peer
    },
  }
}

function peersFor(world: WorldReader, bridge: LinkRow, frame: Frame, arp: Arp): ReadonlyMap<string, QuietPeer> {
  const known = world.memo('link', 'master', bridge.id, 'quiet', (): Known => ({ versions: [], byTarget: new Map() }))
  const versions = MADE_OF.map((table) => world.version(table))
  if (versions.some((version, i) => version !== known.versions[i])) {
    known.byTarget.clear()
    known.versions = versions
  }
  const found = known.byTarget.get(arp.targetIp)
  if (found) return found
  const peers = new Map<string, QuietPeer>()
  for (const port of world.by('link', 'master', bridge.id)) {
    const peer = peerOf(world, port, frame, arp)
    if (peer) peers.set(port.id, peer)
  }
  known.byTarget.set(arp.targetIp, peers)
  return peers
}

function peerOf(world: WorldReader, port: LinkRow, frame: Frame, { targetIp }: Arp): QuietPeer | undefined {
  if (port.kind !== 'veth' || !port.peer || frameLength(frame) > port.mtu + 14) return undefined
  const link = world.get('link', port.peer)
  if (!link?.up || link.master !== undefined) return undefined
  const host = hostOfNetns(world, link.netns)
  if (world.get('host', host)?.up === false || mayAnswer(world, link, targetIp)) return undefined
  return { link, host, sent: driverOf(port.kind).sentence(port), received: noiseText(link, targetIp) }
}

/** A copy leaves by a port and is ignored behind it. */
export function sendUnheard(ctx: Ctx, port: LinkRow, peer: QuietPeer, skb: Skb, branch: string, frame: Frame): void {
  const at = ctx.clock.now
  const summary = frameSummary(frame)
  countTx(ctx.tx, port, skb)
  emitStep(ctx, {
    at,
    packet: skb.packet,
    branch,
    host: hostOfNetns(ctx.tx, port.netns),
    netns: port.netns,
    dev: port.name,
    stage: 'xmit',
    action: 'sent',
    detail: peer.sent,
    summary,
    headers: frame,
  })
  countRx(ctx.tx, peer.link, skb)
  emitStep(ctx, {
    at,
    packet: skb.packet,
    branch,
    host: peer.host,
    netns: peer.link.netns,
    dev: peer.link.name,
    stage: 'receive',
    action: 'received',
    detail: peer.received,
    summary,
    headers: frame,
    end: ABSORBED,
  })
}

const ABSORBED = { disposition: 'absorbed' } as const
