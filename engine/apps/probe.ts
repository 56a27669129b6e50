import type { Ip } from '../net/address.ts'
import { parseIp } from '../net/ip.ts'
import type { Errno } from '../kernel/contract.ts'
import { close, connect, send, sendEcho, sendTo } from '../kernel/socket/api.ts'
import { isStalled } from '../kernel/socket/tcp/stalled.ts'
import type { SocketEvent } from '../kernel/socket/wake.ts'
import { type HttpRequest, httpRequestBytes, type HttpResponse, type Message } from './message.ts'
import type { Program, ProgramCtx } from './program.ts'
import {
  type DnsQuery,
  type Libc,
  onResolverEvent,
  onResolverTimer,
  preferred,
  RESOLVER_TIMER,
  type Resolved,
  type Resolving,
  type ResolverStep,
  startResolving,
} from './resolver.ts'

/** A client that asks one question and waits for the answer: curl, nc, ping and dig in one. */
export interface ProbeConfig {
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'sctp'
  /** An address, or a name to be resolved through the netns' resolv.conf. */
  readonly host: string
  readonly port: number
  /** Payload, bytes; for ICMP as `ping -s`. Absent: a small request. */
  readonly size?: number
  readonly http?: {
    readonly method?: string
    readonly host?: string
    readonly path?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly src?: Ip
  readonly sport?: number
  /** Id of the first request packet. */
  readonly packet: string
  readonly process: string
  readonly libc?: Libc
  /** Whose resolv.conf, where it is not the netns'. */
  readonly files?: string
}

export interface ProbeState {
  readonly phase: 'resolving' | 'connecting' | 'waiting' | 'done'
  readonly resolving?: Resolving
  readonly queries?: readonly DnsQuery[]
  readonly address?: Ip
  readonly socket?: string
  readonly result?: ProbeResult
}

/** What the client experienced. */
export interface ProbeResult {
  readonly sees: 'answered' | 'refused' | 'timeout' | 'stalled' | 'unreachable'
  readonly errno?: Errno | 'EAI_NONAME' | 'EAI_AGAIN'
  /** Where the answer came from. */
  readonly from?: { readonly ip: Ip; readonly port: number }
  readonly http?: HttpResponse
  /** DNS failed: no packet was sent to the destination. */
  readonly dns?: Resolved['rcode']
  readonly sourcePort?: number
}

/** How long it waits for an answer once the request is out. */
const PATIENCE_US = 5_000_000
const SMALL_REQUEST = 64
const ANSWER_TIMER = 'answer'

export const probe: Program = {
  onStart(ctx) {
    const config = configOf(ctx)
    const address = parseIp(config.host)
    if (address) return begin(ctx, address)
    step(
      ctx,
      startResolving(ctx, {
        name: config.host,
        packet: config.packet,
        process: config.process,
        ...(config.libc ? { libc: config.libc } : {}),
        ...(config.files ? { files: config.files } : {}),
      }),
    )
  },

  onEvent(ctx, event) {
    const state = ctx.state<ProbeState>()
    if (state.phase === 'done') return
    if (state.resolving) {
      const next = onResolverEvent(ctx, state.resolving, event)
      if (next) step(ctx, next)
      return
    }
    if ('socket' in event && event.socket === state.socket) onAnswer(ctx, event)
  },

  onTimer(ctx, name) {
    const state = ctx.state<ProbeState>()
    if (state.phase === 'done') return
    if (state.resolving && name.startsWith(RESOLVER_TIMER))
      return step(ctx, onResolverTimer(ctx, state.resolving, name))
    if (name !== ANSWER_TIMER) return
    const socket = state.socket ? ctx.tx.get('socket', state.socket) : undefined
    finish(ctx, { sees: socket && isStalled(socket) ? 'stalled' : 'timeout', errno: 'ETIMEDOUT' })
  },
}

const configOf = (ctx: ProgramCtx) => ctx.app.config as ProbeConfig // written by whoever started the probe

function step(ctx: ProgramCtx, next: ResolverStep): void {
  if ('going' in next) return ctx.setState({ phase: 'resolving', resolving: next.going } satisfies ProbeState)
  const { rcode, addresses, log } = next.done
  const hasIpv6 = ctx.tx
    .by('addr', 'netns', ctx.app.netns)
    .some((row) => row.family === 'ipv6' && row.scope === 'global')
  const address = preferred(addresses, hasIpv6)
  ctx.setState({ phase: 'connecting', queries: log } satisfies ProbeState)
  if (address) return begin(ctx, address)
  const sees = rcode === 'TIMEOUT' ? 'timeout' : 'unreachable'
  finish(ctx, { sees, errno: rcode === 'NXDOMAIN' || rcode === 'NOERROR' ? 'EAI_NONAME' : 'EAI_AGAIN', dns: rcode })
}

/** The call that sends the first packet. */
function begin(ctx: ProgramCtx, dst: Ip): void {
  const config = configOf(ctx)
  const at = {
    netns: ctx.app.netns,
    app: ctx.app.id,
    process: config.process,
    dst,
    ...(config.src ? { src: config.src } : {}),
  }
  // Known before the packet leaves: its answer may come within this very call.
  const remember = (socket: string, phase: ProbeState['phase']) =>
    ctx.setState({ ...ctx.state<ProbeState>(), phase, address: dst, socket } satisfies ProbeState)
  if (config.proto === 'icmp') {
    const sent = sendEcho(ctx, { ...at, bytes: config.size ?? 56, seq: 1, packet: config.packet })
    if ('errno' in sent) return failed(ctx, sent.errno)
    remember(sent.id, 'waiting')
    return ctx.timer(ANSWER_TIMER, PATIENCE_US)
  }
  const made = connect(ctx, {
    ...at,
    proto: config.proto,
    port: config.port,
    packet: config.packet,
    ...(config.sport ? { sport: config.sport } : {}),
  })
  if ('errno' in made) return failed(ctx, made.errno)
  remember(made.id, config.proto === 'udp' ? 'waiting' : 'connecting')
  if (config.proto !== 'udp') return
  const sent = sendTo(ctx, made.id, undefined, { kind: 'data', ...request(config) }, config.packet)
  if ('errno' in sent) return failed(ctx, sent.errno)
  ctx.timer(ANSWER_TIMER, PATIENCE_US)
}

function onAnswer(ctx: ProgramCtx, event: SocketEvent): void {
  switch (event.type) {
    case 'connected':
      ctx.setState({ ...ctx.state<ProbeState>(), phase: 'waiting' } satisfies ProbeState)
      send(ctx, event.socket, { kind: 'data', ...request(configOf(ctx)) })
      return ctx.timer(ANSWER_TIMER, PATIENCE_US)
    case 'stream': {
      if (event.data.message === undefined) return
      const row = ctx.tx.get('socket', event.socket)
      const message = event.data.message as Message // the modelled programs speak `Message`
      return finish(ctx, {
        sees: 'answered',
        ...(row?.remoteIp ? { from: { ip: row.remoteIp, port: row.remotePort ?? 0 } } : {}),
        ...(message.kind === 'http-response' ? { http: message } : {}),
      })
    }
    case 'datagram':
      return finish(ctx, { sees: 'answered', from: event.from })
    case 'echo-reply':
      return finish(ctx, { sees: 'answered', from: { ip: event.from, port: 0 } })
    case 'closed':
      return finish(ctx, { sees: 'timeout', errno: 'ECONNRESET' })
    case 'error':
      return failed(ctx, event.errno, event.icmp?.code)
    default:
      return
  }
}

function failed(ctx: ProgramCtx, errno: Errno, code?: string): void {
  const refused =
    errno === 'ECONNREFUSED' ||
    errno === 'ECONNRESET' ||
    code === 'port' ||
    code === 'admin-prohibited' ||
    code === 'net-prohibited' ||
    code === 'host-prohibited'
  const socket = ctx.state<ProbeState>()?.socket
  const waiting = ctx.state<ProbeState>()?.phase === 'waiting'
  const sees = refused
    ? 'refused'
    : errno === 'ETIMEDOUT'
      ? waiting && socket && configOf(ctx).proto === 'tcp'
        ? 'stalled'
        : 'timeout'
      : errno === 'EPERM'
        ? 'timeout'
        : 'unreachable'
  finish(ctx, { sees, errno })
}

function finish(ctx: ProgramCtx, result: ProbeResult): void {
  ctx.cancelTimer(ANSWER_TIMER)
  const state = ctx.state<ProbeState>()
  const port = state?.socket ? ctx.tx.get('socket', state.socket)?.localPort : undefined
  ctx.setState({
    ...state,
    phase: 'done',
    resolving: undefined,
    result: { ...result, ...(port ? { sourcePort: port } : {}) },
  } satisfies ProbeState)
  if (state?.socket) close(ctx, state.socket)
}

function request(config: ProbeConfig): { bytes: number; message: Message } {
  if (!config.http) return { bytes: Math.max(1, config.size ?? SMALL_REQUEST), message: { kind: 'request' } }
  const message: HttpRequest = {
    kind: 'http-request',
    method: config.http.method ?? 'GET',
    host: config.http.host ?? config.host,
    path: config.http.path ?? '/',
    headers: { 'user-agent': 'podwalk', accept: '*/*', ...config.http.headers },
  }
  return { bytes: Math.max(config.size ?? 0, httpRequestBytes(message)), message }
}
