import type { Ctx } from '../../core/context.ts'
import { hash32 } from '../../core/rng.ts'
import type { Ip } from '../../net/address.ts'
import { familyOf } from '../../net/ip.ts'
import { isGroupMac, ZERO_MAC } from '../../net/mac.ts'
import type { Frame, Udp, Vxlan } from '../../net/packet.ts'
import { fdbIsAged, fdbUpdate } from '../bridge/fdb.ts'
import { routeLookup } from '../fib/lookup.ts'
import { refTo } from '../ids.ts'
import { ipLocalOut } from '../path/output.ts'
import { receive } from '../path/receive.ts'
import { type Skb, skbOf } from '../path/skb.ts'
import type { FdbRow, LinkRow } from '../tables.ts'
import { finish, lose, report } from '../trace/emit.ts'
import type { DeviceDriver } from './driver.ts'

/** net.ipv4.ip_local_port_range, from which the outer source port comes. */
const PORT_FIRST = 32768
const PORT_COUNT = 60999 - 32768 + 1

/**
 * Wraps the frame in UDP to the VTEP that the forwarding entry of its MAC names. The outer header starts at TTL 64
 * with DF unset, whatever the inner one says. Models drivers/net/vxlan/vxlan_core.c vxlan_xmit().
 * Simplified: no multicast groups, no GPE, no checksums; the outer TOS is 0.
 */
export const vxlanDriver: DeviceDriver = {
  kind: 'vxlan',
  sentence: (link) => `into the tunnel, VNI ${link.vxlan?.vni}`,
  xmit(ctx, link, skb) {
    const { frame } = skb
    if (!frame || !link.vxlan) return
    const entries = remotesOf(ctx, link, frame)
    if (entries.length === 0) {
      const detail = `no forwarding entry for ${frame.dst} on ${link.name}: dropped without a word`
      return lose(ctx, skb, 'fdb.missing', { stage: 'encap', detail })
    }
    entries.forEach((entry, i) =>
      encapsulate(ctx, link, entries.length === 1 ? skb : { ...skb, branch: `${skb.branch}.${i + 1}` }, frame, entry),
    )
    if (entries.length > 1)
      finish(ctx, skb, 'absorbed', {
        stage: 'encap',
        action: 'flooded',
        detail: `one copy to each of ${entries.length} tunnel ends`,
      })
  },
}

function remotesOf(ctx: Ctx, link: LinkRow, frame: Frame): readonly FdbRow[] {
  const live = (rows: readonly FdbRow[]) =>
    rows.filter((row) => row.dst !== undefined && !fdbIsAged(ctx, row, 300_000_000))
  const exact = isGroupMac(frame.dst) ? [] : live(ctx.tx.by('fdb', 'linkMac', `${link.id}|${frame.dst}`))
  return exact.length > 0 ? exact : live(ctx.tx.by('fdb', 'linkMac', `${link.id}|${ZERO_MAC}`))
}

function encapsulate(ctx: Ctx, link: LinkRow, skb: Skb, frame: Frame, entry: FdbRow): void {
  const tunnel = link.vxlan
  const remote = entry.dst
  if (!tunnel || !remote) return
  const route = routeLookup(ctx, {
    netns: skb.netns,
    dst: remote,
    src: isSet(tunnel.local) ? tunnel.local : undefined,
    oif: tunnel.dev,
    mark: skb.mark,
  })
  if (!('route' in route)) {
    return lose(ctx, skb, 'underlay.unroutable', {
      stage: 'encap',
      detail: `no route to the tunnel end ${remote}`,
      ...(route.by ? { decidedBy: route.by } : {}),
    })
  }
  if (route.dev === link.id)
    return lose(ctx, skb, 'route.loop', {
      stage: 'encap',
      detail: `the route to ${remote} leads into the tunnel itself`,
      decidedBy: route.by,
    })
  const body: Vxlan = { kind: 'vxlan', vni: tunnel.vni, frame }
  const udp: Udp = { kind: 'udp', sport: sourcePort(frame), dport: tunnel.port, body }
  const outer = skbOf({
    packet: skb.packet,
    branch: skb.branch,
    netns: skb.netns,
    ip: {
      kind: 'ip',
      family: familyOf(remote),
      src: isSet(tunnel.local) ? tunnel.local : route.src,
      dst: remote,
      ttl: 64,
      tos: 0,
      df: false,
      ident: hash32(0, `${skb.packet}/${skb.branch}`) & 0xffff,
      body: udp,
    },
    mark: skb.mark,
    priority: skb.priority,
    depth: skb.depth + 1,
    cuts: skb.cuts,
  })
  report(ctx, outer, {
    stage: 'encap',
    action: 'encapsulated',
    dev: link.id,
    detail: `${frame.dst} lies behind ${remote}: wrapped in VXLAN ${tunnel.vni}, UDP port ${tunnel.port}`,
    decidedBy: refTo('fdb', entry),
    after: {
      'outer.ip.src': outer.ip?.src ?? '',
      'outer.ip.dst': remote,
      'outer.ip.ttl': 64,
      'outer.udp.sport': udp.sport,
      'outer.udp.dport': udp.dport,
      'vxlan.vni': tunnel.vni,
    },
  })
  ipLocalOut(ctx, outer, route, tunnel.dev)
}

/** Same inner flow, same outer port: equal-cost paths of the underlay keep a connection together. Models udp_flow_src_port(). */
function sourcePort(frame: Frame): number {
  const ip = frame.body
  if (ip.kind !== 'ip') return PORT_FIRST + (hash32(0, `${frame.src}|${frame.dst}`) % PORT_COUNT)
  const ports = 'sport' in ip.body && !ip.fragment ? `${ip.body.sport}|${ip.body.dport}` : ''
  return PORT_FIRST + (hash32(0, `${ip.src}|${ip.dst}|${ip.body.kind}|${ports}`) % PORT_COUNT)
}

/** The device of this netns that takes datagrams to a port, if there is one: whether VXLAN listens there at all. */
export function vxlanOnPort(ctx: Ctx, netns: string, port: number): boolean {
  return vxlanLinks(ctx, netns).some((link) => link.up && link.vxlan?.port === port)
}

/** Unwraps a datagram for a VXLAN port and receives the inner frame on the device of its VNI. Models vxlan_rcv(). */
export function vxlanInput(ctx: Ctx, skb: Skb, datagram: Udp & { readonly body: Vxlan }): void {
  const { vni, frame } = datagram.body
  const v6 = skb.ip?.family === 'ipv6'
  const link = vxlanLinks(ctx, skb.netns).find(
    ({ up, vxlan }) => up && vxlan?.port === datagram.dport && vxlan.vni === vni && vxlan.local.includes(':') === v6,
  )
  if (!link?.vxlan)
    return lose(ctx, skb, 'tunnel.peer-unknown', {
      stage: 'decap',
      detail: `no VXLAN device with VNI ${vni} on UDP port ${datagram.dport} here`,
    })
  if (frame.src === link.mac)
    return lose(ctx, skb, 'tunnel.peer-unknown', {
      stage: 'decap',
      detail: `the inner frame claims to come from ${link.name}'s own MAC address`,
    })
  const outer = skb.ip
  report(ctx, skb, {
    stage: 'decap',
    action: 'decapsulated',
    dev: link.id,
    detail: `VNI ${vni} is ${link.name}: the outer headers are taken off`,
    decidedBy: refTo('link', link),
    before: { 'outer.ip.src': outer?.src ?? '', 'outer.ip.dst': outer?.dst ?? '', 'vxlan.vni': vni },
  })
  if (link.vxlan.learning && outer && !isGroupMac(frame.src)) learn(ctx, link, frame, outer.src)
  receive(
    ctx,
    link.id,
    skbOf({
      packet: skb.packet,
      branch: skb.branch,
      netns: skb.netns,
      frame,
      mark: skb.mark,
      priority: skb.priority,
      depth: skb.depth + 1,
      cuts: skb.cuts,
    }),
  )
}

function learn(ctx: Ctx, link: LinkRow, frame: Frame, from: Ip): void {
  fdbUpdate(ctx, {
    id: `${link.id}|${frame.src}|${from}`,
    netns: link.netns,
    link: link.id,
    mac: frame.src,
    dst: from,
    state: 'reachable',
    flags: ['self'],
    updatedUs: ctx.clock.now,
    owner: 'kernel',
  })
}

function vxlanLinks(ctx: Ctx, netns: string): readonly LinkRow[] {
  return ctx.tx.memo('link', 'netns', netns, 'vxlan', (links) => links.filter((link) => link.kind === 'vxlan'))
}

function isSet(ip: Ip | undefined): ip is Ip {
  return ip !== undefined && ip !== '' && ip !== '0.0.0.0' && ip !== '::'
}
