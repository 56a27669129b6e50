import type { Ctx } from '../../core/context.ts'
import { ipLength } from '../../net/length.ts'
import type { Errno, IpOutput, OutputResult, RouteResult } from '../contract.ts'
import { routeLookup } from '../fib/lookup.ts'
import { ownsAddress } from '../fib/source.ts'
import { ifnameOf } from '../ids.ts'
import { neighOutput } from '../neigh/output.ts'
import { runHook } from '../netfilter/hook.ts'
import type { LinkRow, RecordRef } from '../tables.ts'
import { lose, report } from '../trace/emit.ts'
import { fragment } from './fragment.ts'
import { passHook } from './hook.ts'
import { answerReject } from './icmp-send.ts'
import { tupleOf } from './route-input.ts'
import { type Skb, skbOf } from './skb.ts'

type Way = Extract<RouteResult, { readonly route: unknown }>

/**
 * What the host itself sends: a route, then OUTPUT (after which it may be routed anew), POSTROUTING, the neighbour, the device.
 * Models net/ipv4/ip_output.c ip_queue_xmit(), ip_local_out().
 */
export const ipOutput: IpOutput = (ctx, out) => {
  const { packet } = out
  const skb = skbOf({
    packet: out.id,
    branch: out.branch ?? '0',
    netns: out.netns,
    ip: packet,
    mark: out.mark ?? 0,
    priority: 0,
    sock: out.sock,
    depth: 0,
  })
  const route = routeLookup(ctx, {
    netns: out.netns,
    dst: packet.dst,
    src: packet.src,
    oif: out.oif,
    mark: skb.mark,
    tuple: tupleOf(packet),
  })
  if (!('route' in route)) return noRoute(ctx, skb, route)
  // An IPv6 sender fragments what it sends itself; routers never do.
  const mayCut = packet.family === 'ipv6' ? packet.body.kind !== 'tcp' : !packet.df
  if (!mayCut && ipLength(packet) > route.mtu) {
    lose(ctx, skb, 'mtu.needs-frag', {
      stage: 'output',
      detail: `${ipLength(packet)} bytes do not fit into the path's MTU ${route.mtu}, and DF is set: EMSGSIZE, nothing is sent`,
      decidedBy: route.by,
    })
    return { ok: false, errno: 'EMSGSIZE', by: route.by }
  }
  return ipLocalOut(ctx, skb, route, out.oif)
}

/** From OUTPUT on, with a route already chosen: sockets, tunnels. `oif`: the device that the sender is bound to. */
export function ipLocalOut(ctx: Ctx, skb: Skb, route: Way, oif?: string): OutputResult {
  const { ip } = skb
  const dev = ctx.tx.get('link', route.dev)
  if (!ip || !dev) return { ok: false, errno: 'ENETUNREACH' }
  const routed: Skb = { ...skb, oif: dev.id }
  report(ctx, routed, {
    stage: 'routing',
    action: route.kind === 'local' ? 'local' : 'routed',
    detail:
      route.kind === 'local'
        ? `${ip.dst} is an address of this host itself: by way of lo`
        : `to ${ip.dst} ${wayText(route)}`,
    decidedBy: route.by,
  })
  const result = runHook(ctx, { hook: 'output', skb: routed, out: dev.name })
  if (result.kind === 'reject') {
    answerReject(ctx, result.skb, result.with)
    return { ok: false, errno: 'EPERM', by: result.by }
  }
  if (result.kind === 'drop') return { ok: false, errno: 'EPERM', by: result.by }
  if (result.kind === 'stolen' || !result.skb.ip) return { ok: true }
  const passed = result.skb
  const changed = result.skb.ip.dst !== ip.dst || result.skb.ip.src !== ip.src || passed.mark !== skb.mark
  if (!changed) return finish(ctx, passed, route, dev)
  return reroute(ctx, passed, route, oif)
}

/** OUTPUT changed an address or the mark: the route is looked up anew. Models net/ipv4/netfilter.c ip_route_me_harder(). */
function reroute(ctx: Ctx, skb: Skb, old: Way, oif: string | undefined): OutputResult {
  const { ip } = skb
  if (!ip) return { ok: true }
  const src = ownsAddress(ctx.tx, skb.netns, ip.src) ? ip.src : undefined
  const route = routeLookup(ctx, {
    netns: skb.netns,
    dst: ip.dst,
    src,
    oif,
    mark: skb.mark,
    tuple: tupleOf(ip),
  })
  if (!('route' in route)) return noRoute(ctx, skb, route)
  const dev = ctx.tx.get('link', route.dev)
  if (!dev) return { ok: false, errno: 'ENETUNREACH' }
  if (route.route.id !== old.route.id) {
    report(
      ctx,
      { ...skb, oif: dev.id },
      {
        stage: 'routing',
        action: 'rerouted',
        detail: `OUTPUT changed it, so it is routed anew: to ${ip.dst} ${wayText(route)}`,
        decidedBy: route.by,
      },
    )
  }
  return finish(ctx, skb, route, dev)
}

function finish(ctx: Ctx, skb: Skb, route: Way, dev: LinkRow): OutputResult {
  ipFinishOutput(ctx, skb, route, dev)
  return { ok: true }
}

/** POSTROUTING, fragments, then the neighbour. Models ip_output(), ip_finish_output(). */
export function ipFinishOutput(ctx: Ctx, skb: Skb, route: Way, dev: LinkRow): void {
  const nexthop = skb.ip && { dev: dev.id, via: route.via ?? skb.ip.dst } // MASQUERADE chooses its address by it
  const passed = passHook(ctx, {
    hook: 'postrouting',
    skb: { ...skb, oif: dev.id, nexthop },
    out: dev.name,
  })
  if (!passed?.ip) return
  const next = route.via ?? passed.ip.dst
  const kind = route.kind === 'broadcast' || route.kind === 'multicast' ? route.kind : 'unicast'
  const ready: Skb = { ...passed, nexthop: { dev: dev.id, via: next } }
  const limit = Math.min(route.mtu, passed.fragMax ?? route.mtu)
  const parts = ipLength(passed.ip) > limit ? fragment(ctx, ready, limit) : [ready]
  for (const part of parts) neighOutput(ctx, dev, next, kind, part)
}

/** `via 10.244.2.0 dev flannel.1`, `dev cni0`. */
export function wayText(route: Pick<Way, 'via' | 'dev'>): string {
  return route.via ? `via ${route.via} dev ${ifnameOf(route.dev)}` : `dev ${ifnameOf(route.dev)}, directly`
}

const ERRNO: Readonly<Record<'none' | 'unreachable' | 'prohibit' | 'blackhole', Errno>> = {
  none: 'ENETUNREACH',
  unreachable: 'EHOSTUNREACH',
  prohibit: 'EACCES',
  blackhole: 'EINVAL',
}

function noRoute(
  ctx: Ctx,
  skb: Skb,
  route: { readonly kind: keyof typeof ERRNO; readonly by?: RecordRef },
): OutputResult {
  const errno = ERRNO[route.kind]
  const detail =
    route.kind === 'none'
      ? `no route to ${skb.ip?.dst}: ${errno}`
      : `the route to ${skb.ip?.dst} says ${route.kind}: ${errno}`
  lose(ctx, skb, route.kind === 'blackhole' ? 'route.blackhole' : 'route.none', {
    stage: 'routing',
    detail,
    ...(route.by ? { decidedBy: route.by } : {}),
  })
  return { ok: false, errno, ...(route.by ? { by: route.by } : {}) }
}
