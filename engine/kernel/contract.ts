import type { Cause } from '../core/cause.ts'
import type { Ctx } from '../core/context.ts'
import type { Ip } from '../net/address.ts'
import type { Data, IpPacket, Udp } from '../net/packet.ts'
import type { Skb } from './path/skb.ts'
import type { NfHook, RecordRef, RouteRow, Tuple } from './tables.ts'
import type { ReasonCode } from './trace/reasons.ts'

/** The seams between the parts of the kernel, as types. Each part exports functions of these shapes. */

/**
 * netfilter/hook.ts `runHook`: all tables, conntrack and hook programs of one hook, in priority order. A drop or a reject
 * has been reported as a step, with the end of its branch, when it returns: the caller only answers and stops.
 */
export type RunHook = (ctx: Ctx, at: HookPoint) => NfResult
export interface HookPoint {
  readonly hook: NfHook
  readonly skb: Skb
  /** Interface names as rules see them (the bridge, not its port, while bridged). */
  readonly in?: string
  readonly out?: string
  readonly physIn?: string
  readonly physOut?: string
}
export type NfResult =
  | { readonly kind: 'accept'; readonly skb: Skb }
  | { readonly kind: 'drop'; readonly by: RecordRef; readonly reason: ReasonCode }
  | {
      readonly kind: 'reject'
      readonly by: RecordRef
      readonly with: string
      readonly skb: Skb
      readonly reason: ReasonCode
    }
  | { readonly kind: 'stolen' }

/** fib/lookup.ts `routeLookup`: policy rules, then longest prefix match, then multipath choice. */
export type RouteLookup = (ctx: Pick<Ctx, 'tx'>, flow: Flow) => RouteResult
export interface Flow {
  readonly netns: string
  readonly dst: Ip
  readonly src?: Ip
  /** Link ids. */
  readonly iif?: string
  readonly oif?: string
  readonly mark?: number
  readonly tuple?: Tuple
}
export type RouteResult =
  | {
      readonly kind: 'unicast' | 'local' | 'broadcast' | 'multicast'
      readonly route: RouteRow
      readonly dev: string
      readonly via?: Ip
      readonly src: Ip
      readonly mtu: number
      readonly by: RecordRef
    }
  | { readonly kind: 'blackhole' | 'unreachable' | 'prohibit' | 'none'; readonly by?: RecordRef }

/** path/output.ts `ipOutput`: what a socket (or the kernel itself) sends. Source address selection is the caller's, by `routeLookup`. */
export type IpOutput = (
  ctx: Ctx,
  out: {
    netns: string
    packet: IpPacket
    id: string
    branch?: string
    mark?: number
    oif?: string
    sock?: string
    detail?: string
  },
) => OutputResult
export type OutputResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly errno: Errno; readonly by?: RecordRef }

/** path/receive.ts `receive`: a frame comes in on a link. */
export type Receive = (ctx: Ctx, link: string, skb: Skb) => void

/** socket/deliver.ts `deliver`: a packet for this host that INPUT let through; answers with a disposition for the step. */
export type Deliver = (ctx: Ctx, skb: Skb) => void

/** socket/api.ts: the calls that programs make. */
export interface SocketApi {
  listen(
    ctx: Ctx,
    on: {
      netns: string
      proto: 'tcp' | 'udp' | 'sctp'
      address: Ip
      port: number
      v6only?: boolean
      app: string
      process: string
      owner?: string
      cause?: Cause
    },
  ): { id: string } | { errno: Errno }
  /** TCP connect or UDP connect; `src`/`sport` fix what would be chosen. Emits the walk's first step. */
  connect(
    ctx: Ctx,
    to: {
      netns: string
      proto: 'tcp' | 'udp' | 'sctp'
      dst: Ip
      port: number
      src?: Ip
      sport?: number
      app: string
      process: string
      packet?: string
      cause?: Cause
    },
  ): { id: string } | { errno: Errno }
  send(ctx: Ctx, socket: string, data: Data): void
  /** One datagram; on a connected socket `to` may be left out. `src` answers from the address that was asked (IP_PKTINFO). */
  sendTo(
    ctx: Ctx,
    socket: string,
    to: { ip: Ip; port: number; src?: Ip } | undefined,
    body: Udp['body'],
    packet?: string,
  ): { ok: true } | { errno: Errno }
  /** An ICMP echo request, as ping's datagram socket sends it. */
  sendEcho(
    ctx: Ctx,
    to: { netns: string; dst: Ip; src?: Ip; bytes: number; seq: number; app: string; process: string; packet?: string },
  ): { id: string } | { errno: Errno }
  close(ctx: Ctx, socket: string): void
}

export type Errno =
  | 'ECONNREFUSED'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'ETIMEDOUT'
  | 'ECONNRESET'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EMSGSIZE'
  | 'EACCES'
  | 'EPERM'
  | 'EINVAL'
  | 'ENOPROTOOPT'
  | 'EEXIST'
  | 'ENOENT'
  | 'ENODEV'
  | 'ESRCH'
  | 'ENOBUFS'
  | 'EPROTO'
  | 'EOPNOTSUPP'
  | 'EBUSY'
  | 'ENETDOWN'
  | 'ENOTEMPTY'
  | 'EXDEV'
  | 'ELOOP'
