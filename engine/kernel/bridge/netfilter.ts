import type { Ctx } from '../../core/context.ts'
import type { WorldReader } from '../../core/world.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { ipLength } from '../../net/length.ts'
import type { Frame } from '../../net/packet.ts'
import { devXmitOnto, isConnected, neighUse } from '../neigh/output.ts'
import { defragment, fragment } from '../path/fragment.ts'
import { passHook } from '../path/hook.ts'
import { routeInput } from '../path/route-input.ts'
import type { Skb } from '../path/skb.ts'
import { routeLookup } from '../fib/lookup.ts'
import { refTo } from '../ids.ts'
import { tracks } from '../netfilter/chains.ts'
import { forwards, sysctlNumber } from '../sysctl.ts'
import type { LinkRow } from '../tables.ts'
import { lose, report } from '../trace/emit.ts'
import { bridgeFinish } from './input.ts'

/**
 * Bridge netfilter: while `bridge-nf-call-iptables` is 1, IP frames on a bridge pass PREROUTING, FORWARD and POSTROUTING.
 *
 *     port -> PREROUTING -> same address? -> bridge decides by MAC
 *                        -> DNATed, and the way there is this bridge -> its MAC, bridged: the TTL stays
 *                        -> DNATed elsewhere -> the bridge's own MAC: up, to routing
 *
 * Models net/bridge/br_netfilter_hooks.c.
 */
export function callsIptables(
  world: Pick<WorldReader, 'get' | 'memo'>,
  bridge: LinkRow,
  etherType: Frame['etherType'],
): boolean {
  const which = etherType === 'ipv6' ? 'ip6tables' : 'iptables'
  return sysctlNumber(world, bridge.netns, `net.bridge.bridge-nf-call-${which}`) > 0
}

/** Models br_nf_pre_routing() and br_nf_pre_routing_finish(). */
export function bridgePrerouting(ctx: Ctx, bridge: LinkRow, port: LinkRow, skb: Skb): void {
  const frame = skb.frame
  const came = frame?.body
  if (!frame || came?.kind !== 'ip') return
  const whole = tracks(ctx.tx, bridge.netns, came.family) ? defragment(ctx, { ...skb, ip: came }) : { ...skb, ip: came }
  if (!whole) return
  const ip = whole.ip ?? came
  const passed = passHook(ctx, {
    hook: 'prerouting',
    skb: { ...whole, ip, iif: bridge.id, bridged: { physIn: port.id } },
    in: bridge.name,
    physIn: port.name,
  })
  if (!passed?.ip) return
  const next: Skb = { ...passed, frame: { ...frame, body: passed.ip }, iif: port.id }
  if (passed.ip.dst === ip.dst) return bridgeFinish(ctx, bridge, port, next)
  afterDnat(ctx, bridge, port, next, frame)
}

function afterDnat(ctx: Ctx, bridge: LinkRow, port: LinkRow, skb: Skb, frame: Frame): void {
  const ip = skb.ip
  if (!ip) return
  const input = routeInput(ctx, bridge, { ...skb, iif: bridge.id })
  const route =
    input.kind === 'forward'
      ? input.route
      : input.kind === 'off' && !forwards(ctx.tx, bridge, ip.family) // bridged DNAT needs no ip_forward
        ? routeLookup(ctx, { netns: bridge.netns, dst: ip.dst })
        : undefined
  if (route && 'route' in route && route.kind === 'unicast' && route.dev === bridge.id) {
    return bridgedDnat(ctx, bridge, port, skb, { next: route.via ?? ip.dst, src: frame.src, by: route.by })
  }
  if (input.kind === 'drop' || input.kind === 'off') {
    return lose(ctx, skb, input.reason, {
      stage: 'routing',
      dev: bridge.id,
      detail: input.detail,
      ...(input.by ? { decidedBy: input.by } : {}),
    })
  }
  report(ctx, skb, {
    stage: 'bridge',
    action: 'to routing',
    dev: bridge.id,
    detail: `the way to ${ip.dst} is not this bridge: the frame is given ${bridge.name}'s MAC address and goes up`,
    ...(input.kind === 'unreachable' || !input.route ? {} : { decidedBy: input.route.by }),
  })
  bridgeFinish(ctx, bridge, port, { ...skb, frame: { ...frame, dst: bridge.mac, body: ip } })
}

/**
 * The endpoint is on this bridge: only the destination MAC changes. A neighbour in use is copied from the cache; any other
 * is asked for through the bridge device, and the frame shows there. Models br_nf_pre_routing_finish_bridge().
 */
function bridgedDnat(
  ctx: Ctx,
  bridge: LinkRow,
  port: LinkRow,
  skb: Skb,
  to: { next: Ip; src: Mac; by: ReturnType<typeof refTo> },
): void {
  const ip = skb.ip
  if (!ip || !skb.frame) return
  const neigh = ctx.tx.get('neigh', `${bridge.id}|${to.next}`)
  const before = { 'eth.dst': skb.frame.dst }
  if (neigh?.lladdr && neigh.usedUs >= 0 && isConnected(ctx, neigh)) {
    const next: Skb = { ...skb, frame: { ...skb.frame, dst: neigh.lladdr, body: ip } }
    report(ctx, next, {
      stage: 'bridge',
      action: 'bridged DNAT',
      dev: bridge.id,
      detail: `${ip.dst} is on this bridge: the frame stays in it, only the MAC address changes`,
      decidedBy: refTo('neigh', neigh),
      before,
      after: { 'eth.dst': neigh.lladdr },
    })
    return bridgeFinish(ctx, bridge, port, next)
  }
  report(ctx, skb, {
    stage: 'bridge',
    action: 'bridged DNAT',
    dev: bridge.id,
    detail: `${ip.dst} is on this bridge: the frame stays in it once the MAC address is known`,
    decidedBy: to.by,
  })
  neighUse(ctx, bridge, to.next, {
    ...skb,
    bridged: { physIn: port.id, srcMac: to.src },
    frame: undefined,
    oif: bridge.id,
  })
}

/** The neighbour answered: the frame shows on the bridge device and is forwarded as if it had just come in by its port. */
export function resumeBridged(ctx: Ctx, bridge: LinkRow, skb: Skb, lladdr: Mac): void {
  const port = skb.bridged && ctx.tx.get('link', skb.bridged.physIn)
  if (!skb.ip || !port || !skb.bridged) return
  const frame: Frame = { src: bridge.mac, dst: lladdr, etherType: skb.ip.family, body: skb.ip }
  devXmitOnto(ctx, bridge, { ...skb, frame })
  bridgeFinish(ctx, bridge, port, {
    ...skb,
    iif: port.id,
    oif: undefined,
    frame: { ...frame, src: skb.bridged.srcMac ?? frame.src },
  })
}

/** FORWARD and POSTROUTING with the bridge as both interfaces. Models br_nf_forward_ip(), br_nf_post_routing(), br_nf_dev_queue_xmit(). */
export function bridgeForwardHooks(ctx: Ctx, bridge: LinkRow, out: LinkRow, skb: Skb): Skb[] {
  const frame = skb.frame
  const physIn = skb.bridged && ctx.tx.get('link', skb.bridged.physIn)
  if (frame?.body.kind !== 'ip' || !physIn) return [skb]
  const bridged = { physIn: physIn.id, physOut: out.id }
  const at = { in: bridge.name, out: bridge.name, physIn: physIn.name, physOut: out.name }
  const forwarded = passHook(ctx, {
    hook: 'forward',
    skb: { ...skb, ip: frame.body, iif: bridge.id, oif: bridge.id, bridged },
    ...at,
  })
  if (!forwarded) return []
  const posted = passHook(ctx, {
    hook: 'postrouting',
    skb: forwarded,
    out: at.out,
    physIn: at.physIn,
    physOut: at.physOut,
  })
  if (!posted?.ip) return []
  const done: Skb = { ...posted, iif: physIn.id, oif: out.id, frame: { ...frame, body: posted.ip } }
  const limit = Math.min(out.mtu, posted.fragMax ?? out.mtu)
  if (posted.fragMax === undefined || ipLength(posted.ip) <= limit) return [done]
  return fragment(ctx, done, limit).map((part) => ({
    ...part,
    frame: part.ip ? { ...frame, body: part.ip } : part.frame,
  }))
}
