import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { isMulticast, isUnspecified } from '../../net/ip.ts'
import type { Icmp } from '../../net/packet.ts'
import { neighId, refTo } from '../ids.ts'
import { type Skb, skbOf } from '../path/skb.ts'
import { anyConfOf } from '../sysctl.ts'
import type { LinkRow, RecordRef } from '../tables.ts'
import { finish, report } from '../trace/emit.ts'
import { flushQueue, neighTouch, neighUpdate } from './output.ts'
import { ndPacket, sendNeighbour } from './solicit.ts'

type Nd = Extract<Icmp, { target: Ip }>

/** A neighbour solicitation or advertisement. Models net/ipv6/ndisc.c ndisc_recv_ns(), ndisc_recv_na(). */
export function ndiscInput(ctx: Ctx, link: LinkRow, skb: Skb, nd: Nd): void {
  return nd.type === 'neighbor-solicitation' ? solicited(ctx, link, skb, nd) : advertised(ctx, link, skb, nd)
}

function solicited(ctx: Ctx, link: LinkRow, skb: Skb, nd: Nd): void {
  const asker = skb.ip?.src
  const by = asker && answersFor(ctx, link, nd.target)
  if (!asker || !by)
    return finish(ctx, skb, 'absorbed', {
      stage: 'arp',
      action: 'ignored',
      dev: link.id,
      detail: `${nd.target} is not an address of ${link.name}`,
    })
  const learned =
    nd.lladdr && !isUnspecified(asker)
      ? neighUpdate(ctx, link, asker, { lladdr: nd.lladdr, state: 'STALE', override: true, create: true })
      : undefined
  finish(ctx, skb, 'absorbed', {
    stage: 'arp',
    action: 'answered',
    dev: link.id,
    detail: `${nd.target} is an address of ${link.name}: answers with ${link.mac}`,
    decidedBy: by,
  })
  const body: Icmp = {
    kind: 'icmp',
    type: 'neighbor-advertisement',
    target: nd.target,
    lladdr: link.mac,
    solicited: true,
  }
  const to = skb.frame?.src ?? nd.lladdr
  if (!to) return
  const reply = skbOf({
    packet: skb.packet,
    branch: `${skb.branch}.reply`,
    netns: link.netns,
    frame: { src: link.mac, dst: to, etherType: 'ipv6', body: ndPacket(nd.target, asker, body) },
    mark: 0,
    priority: 0,
    depth: skb.depth + 1,
  })
  report(ctx, reply, {
    stage: 'arp',
    action: 'replies',
    dev: link.id,
    detail: `${nd.target} is at ${link.mac}`,
    decidedBy: by,
  })
  sendNeighbour(ctx, link, reply)
  if (learned) neighTouch(ctx, learned)
  if (learned) flushQueue(ctx, link, learned)
}

/** An IPv6 address is answered for only on its own device. */
function answersFor(ctx: Ctx, link: LinkRow, target: Ip): RecordRef | undefined {
  const own = ctx.tx.by('addr', 'link', link.id).find((row) => row.address === target)
  if (own) return refTo('addr', own)
  if (!anyConfOf(ctx.tx, link, 'ipv6', 'proxy_ndp')) return undefined
  const proxy = ctx.tx.get('neigh', `${neighId(link.id, target)}|proxy`)
  return proxy && refTo('neigh', proxy)
}

function advertised(ctx: Ctx, link: LinkRow, skb: Skb, nd: Nd): void {
  const unicast = skb.ip !== undefined && !isMulticast(skb.ip.dst)
  const before = ctx.tx.get('neigh', neighId(link.id, nd.target))
  const row = nd.lladdr
    ? neighUpdate(ctx, link, nd.target, {
        lladdr: nd.lladdr,
        state: unicast ? 'REACHABLE' : 'STALE',
        override: true,
        create: false,
      })
    : undefined
  if (row && row !== before) {
    finish(ctx, skb, 'absorbed', {
      stage: 'arp',
      action: 'learned',
      dev: link.id,
      detail: `${nd.target} is at ${nd.lladdr}: neighbour ${row.state}`,
      decidedBy: refTo('neigh', row),
    })
    return flushQueue(ctx, link, row)
  }
  finish(ctx, skb, 'absorbed', {
    stage: 'arp',
    action: 'ignored',
    dev: link.id,
    detail: `nobody here asked for ${nd.target}`,
  })
}
