import type { Ctx } from '../../core/context.ts'
import type { WorldReader } from '../../core/world.ts'
import type { Ip } from '../../net/address.ts'
import { isUnspecified } from '../../net/ip.ts'
import { BROADCAST_MAC } from '../../net/mac.ts'
import type { Arp } from '../../net/packet.ts'
import { devXmit } from '../dev/xmit.ts'
import { isLocal } from '../fib/lookup.ts'
import { loOf, neighId, refTo } from '../ids.ts'
import { routeInput } from '../path/route-input.ts'
import { type Skb, skbOf } from '../path/skb.ts'
import { anyConfOf, confKey, forwards, maxConfOf, sysctlNumber, sysctlRef } from '../sysctl.ts'
import type { LinkRow, NeighRow, RecordRef } from '../tables.ts'
import { finish, report } from '../trace/emit.ts'
import { flushQueue, neighUpdate } from './output.ts'

/**
 * An ARP frame that reached this host. A request for one of our addresses is answered, on whatever device it came in
 * (arp_ignore 0), and teaches us the asker; an answer teaches us only what we asked for.
 * Models net/ipv4/arp.c arp_process().
 * Simplified: proxy answers are not delayed; arp_filter and arp_accept are 0; nobody announces an address (arp_notify, gratuitous ARP).
 */
export function arpInput(ctx: Ctx, link: LinkRow, skb: Skb, arp: Arp): void {
  if (arp.op === 'request') {
    const by = answersFor(ctx, link, skb, arp)
    if (by) return answer(ctx, link, skb, arp, by)
  }
  // Gratuitous or for somebody else: an entry that exists is updated, none is made.
  const reply = arp.op === 'reply' && skb.frame?.dst !== BROADCAST_MAC
  const before = ctx.tx.get('neigh', neighId(link.id, arp.senderIp))
  const unlocked = !before || ctx.clock.now - before.updatedUs > LOCKTIME_US
  const row = isUnspecified(arp.senderIp)
    ? undefined
    : neighUpdate(ctx, link, arp.senderIp, {
        lladdr: arp.senderMac,
        state: reply ? 'REACHABLE' : 'STALE',
        override: unlocked,
        create: false,
      })
  if (row && row !== before) {
    finish(ctx, skb, 'absorbed', {
      stage: 'arp',
      action: 'learned',
      detail: `${arp.senderIp} is at ${arp.senderMac}: neighbour ${row.state}`,
      decidedBy: refTo('neigh', row),
    })
    return flushQueue(ctx, link, row)
  }
  finish(ctx, skb, 'absorbed', {
    stage: 'arp',
    action: 'ignored',
    detail:
      arp.op === 'request' ? `${arp.targetIp} is not an address of this host` : `nobody here asked for ${arp.senderIp}`,
  })
}

/**
 * A request that plainly concerns nobody here: neither our address nor one we answer for, and its sender is no neighbour of
 * ours. Most copies of a flooded request are; the rest of `arpInput` would come to the same end.
 */
export function arpIsNoise(ctx: Ctx, link: LinkRow, arp: Arp): boolean {
  if (arp.op !== 'request' || mayAnswer(ctx.tx, link, arp.targetIp)) return false
  return !ctx.tx.get('neigh', neighId(link.id, arp.senderIp)) && !proxyEntry(ctx.tx, link, arp.targetIp)
}

/** Whether this host might answer for an address, whoever asks, proxy entries apart. */
export function mayAnswer(world: WorldReader, link: LinkRow, target: Ip): boolean {
  return world.oneBy('addr', 'netnsAddress', `${link.netns}|${target}`) !== undefined || standsIn(world, link, target)
}

/** Might this host answer for an address that is on none of its links? By proxy_arp or a local route. */
function standsIn(world: WorldReader, link: LinkRow, target: Ip): boolean {
  if (forwards(world, link, 'ipv4') && anyConfOf(world, link, 'ipv4', 'proxy_arp')) return true
  return isLocal(world, link.netns, target)
}

function proxyEntry(world: WorldReader, link: LinkRow, target: Ip): NeighRow | undefined {
  return forwards(world, link, 'ipv4') ? world.get('neigh', `${neighId(link.id, target)}|proxy`) : undefined
}

/** What the step of such a copy says. */
export function noiseText(link: LinkRow, target: Ip): string {
  return `received on ${link.name}: ${target} is not an address of this host`
}

const LOCKTIME_US = 1_000_000

/** The row that makes us answer, or undefined. */
function answersFor(ctx: Ctx, link: LinkRow, skb: Skb, arp: Arp): RecordRef | undefined {
  const own = ctx.tx.oneBy('addr', 'netnsAddress', `${link.netns}|${arp.targetIp}`)
  const ignore = maxConfOf(ctx.tx, link, 'ipv4', 'arp_ignore')
  if (isUnspecified(arp.senderIp)) return own && own.link === link.id ? refTo('addr', own) : undefined // duplicate address detection
  if (own && ignore >= 1 && own.link !== link.id) return undefined
  if (own && ignore >= 8) return undefined
  const proxy = proxyEntry(ctx.tx, link, arp.targetIp)
  if (!own && !proxy && !standsIn(ctx.tx, link, arp.targetIp)) return undefined
  const way = routeInput(ctx, link, { ...skb, ip: undefined }, { src: arp.senderIp, dst: arp.targetIp })
  if (way.kind === 'local') return own ? refTo('addr', own) : way.route?.by
  if (way.kind !== 'forward' || !('route' in way.route)) return undefined
  if (way.route.dev === link.id || way.route.dev === loOf(link.netns)) return undefined
  if (proxy) return refTo('neigh', proxy)
  if (!anyConfOf(ctx.tx, link, 'ipv4', 'proxy_arp')) return undefined
  const key =
    sysctlNumber(ctx.tx, link.netns, 'net.ipv4.conf.all.proxy_arp') > 0
      ? 'net.ipv4.conf.all.proxy_arp'
      : confKey('ipv4', link.name, 'proxy_arp')
  return sysctlRef(ctx.tx, link.netns, key)
}

function answer(ctx: Ctx, link: LinkRow, skb: Skb, arp: Arp, by: RecordRef): void {
  const asker = isUnspecified(arp.senderIp)
    ? undefined
    : neighUpdate(ctx, link, arp.senderIp, { lladdr: arp.senderMac, state: 'STALE', override: true, create: true })
  const why =
    by.table === 'addr'
      ? `${arp.targetIp} is an address of this host`
      : by.table === 'sysctl'
        ? `proxy_arp is on and the way to ${arp.targetIp} is another device`
        : `this host answers for ${arp.targetIp}`
  finish(ctx, skb, 'absorbed', {
    stage: 'arp',
    action: 'answered',
    dev: link.id,
    detail: `${why}: answers with ${link.mac}`,
    decidedBy: by,
  })
  const body: Arp = {
    kind: 'arp',
    op: 'reply',
    senderMac: link.mac,
    senderIp: arp.targetIp,
    targetMac: arp.senderMac,
    targetIp: arp.senderIp,
  }
  const reply = skbOf({
    packet: skb.packet,
    branch: `${skb.branch}.reply`,
    netns: link.netns,
    frame: { src: link.mac, dst: arp.senderMac, etherType: 'arp', body },
    mark: 0,
    priority: 0,
    depth: skb.depth + 1,
  })
  report(ctx, reply, {
    stage: 'arp',
    action: 'replies',
    dev: link.id,
    detail: `${arp.targetIp} is at ${link.mac}`,
    decidedBy: by,
  })
  devXmit(ctx, link.id, reply)
  if (asker) flushQueue(ctx, link, asker)
}
