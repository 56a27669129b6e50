import { assertNever } from '../../core/assert.ts'
import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import type { Errno, RouteResult } from '../contract.ts'
import type { RecordRef } from '../tables.ts'
import { emitStep } from '../trace/emit.ts'
import { routeLookup } from './below.ts'
import { isAny } from './rows.ts'

export type Routed =
  | { readonly src: Ip; readonly mtu: number; readonly route: Extract<RouteResult, { route: unknown }> }
  | { readonly errno: Errno; readonly route: RouteResult }

/** Route and source address as connect() and sendto() choose them before anything is sent. `src` is what the socket is bound to. */
export function routeFor(ctx: Ctx, at: { netns: string; dst: Ip; src?: Ip }): Routed {
  const bound = at.src !== undefined && !isAny(at.src) ? at.src : undefined
  const route = routeLookup(ctx, { netns: at.netns, dst: at.dst, ...(bound ? { src: bound } : {}) })
  switch (route.kind) {
    case 'unicast':
    case 'local':
    case 'multicast':
      return { src: bound ?? route.src, mtu: route.mtu, route }
    case 'broadcast':
      return { errno: 'EACCES', route }
    case 'none':
      return { errno: 'ENETUNREACH', route }
    case 'unreachable':
      return { errno: 'EHOSTUNREACH', route }
    case 'prohibit':
      return { errno: 'EACCES', route }
    case 'blackhole':
      return { errno: 'EINVAL', route }
    default:
      return assertNever(route)
  }
}

/** The call itself fails: no packet exists, but the walk has a step that says why, and ends there. */
export function emitNoRoute(
  ctx: Ctx,
  at: { netns: string; dst: Ip; action: 'connect' | 'sendto'; process: string; packet: string | undefined },
  routed: Extract<Routed, { errno: Errno }>,
): void {
  if (at.packet === undefined) return
  const { kind, by } = routed.route as { kind: string; by?: RecordRef } // what every result of a lookup has
  emitStep(ctx, {
    at: ctx.clock.now,
    packet: at.packet,
    branch: '0',
    host: ctx.tx.get('netns', at.netns)?.host ?? at.netns,
    netns: at.netns,
    stage: 'socket',
    action: at.action,
    detail: `${at.process}: ${kind === 'none' ? `no route to ${at.dst}` : `the route to ${at.dst} says ${kind}`}: ${routed.errno}, nothing is sent`,
    decidedBy: by,
    summary: `to ${at.dst}`,
    end: { disposition: 'dropped', reason: kind === 'blackhole' ? 'route.blackhole' : 'route.none' },
  })
}
