import type { Ctx } from '../core/context.ts'
import { familyOf } from '../net/ip.ts'
import type { Ip } from '../net/address.ts'
import type { Dns, DnsRecord } from '../net/packet.ts'
import { hash32 } from '../core/rng.ts'
import { close, connect, send, sendTo } from '../kernel/socket/api.ts'
import type { SocketEvent } from '../kernel/socket/wake.ts'
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts'

/**
 * A libc's stub resolver as a state machine, for any program to embed: give it the program's socket events and timers.
 * Simplified: no /etc/hosts, no EDNS and no cache of its own, because names of Services come from DNS alone.
 * Models glibc resolv/res_query.c __res_context_search(), res_send.c send_dg(); musl src/network/lookup_name.c, res_msend.c.
 *
 *     candidates: name+search[0], name+search[1], ..., name     (the name itself first if it has >= ndots dots)
 *     each: A and AAAA at once from one socket; NXDOMAIN or no data -> next candidate; no answer -> next server, next attempt
 */
export interface Resolving {
  readonly name: string
  readonly types: readonly string[]
  readonly libc: Libc
  readonly conf: ResolvConf
  readonly candidates: readonly string[]
  readonly at: number
  readonly server: number
  readonly attempt: number
  readonly sockets: readonly string[]
  /** Queries of this round that are still to be sent. */
  readonly unsent: readonly { readonly socket: string; readonly server: string; readonly type: string }[]
  readonly transport: 'udp' | 'tcp'
  readonly replies: Readonly<Record<string, DnsReply>>
  readonly log: readonly DnsQuery[]
  readonly servfail: boolean
  readonly nodata: boolean
  /** Aliases that led to no address. */
  readonly aliases: readonly DnsRecord[]
  /** Packet ids are `<packet>/dns<n>`. */
  readonly packet: string
  readonly sent: number
}

export type Libc = 'glibc' | 'musl'

export interface DnsReply {
  readonly rcode: Dns['rcode']
  readonly answers: readonly DnsRecord[]
}

/** One query as it was really sent; `rcode` is null if no answer came. */
export interface DnsQuery {
  readonly name: string
  readonly type: string
  readonly server: string
  readonly transport: 'udp' | 'tcp'
  readonly rcode: string | null
  readonly atUs: number
  readonly packet: string
}

export interface Resolved {
  readonly rcode: Dns['rcode'] | 'TIMEOUT' | 'REFUSED'
  readonly answers: readonly DnsRecord[]
  readonly addresses: readonly Ip[]
  readonly log: readonly DnsQuery[]
}

export type ResolverStep = { readonly done: Resolved } | { readonly going: Resolving }

/** Timers of a program whose names begin so belong to `onResolverTimer`. */
export const RESOLVER_TIMER = 'resolver'
const ANSWER_TIMER = `${RESOLVER_TIMER}/answer`
const SECOND_TIMER = `${RESOLVER_TIMER}/second`
/** From one datagram of a sendmmsg() to the next: both are under way before any answer, but not at the same instant. */
const SECOND_US = 10

interface Host extends Ctx {
  readonly app: { readonly id: string; readonly netns: string }
  timer(name: string, delayUs: number): void
  cancelTimer(name: string): void
}

/** Begins: reads the resolv.conf of `files` (a scope of files; absent: the netns') and sends the first queries. */
export function startResolving(
  ctx: Host,
  ask: { name: string; types?: readonly string[]; libc?: Libc; packet: string; process: string; files?: string },
): ResolverStep {
  const files = ctx.tx.by('file', 'scope', ask.files ?? ctx.app.netns)
  const text = files.find((file) => file.path === '/etc/resolv.conf')?.text ?? ''
  const conf = parseResolvConf(text)
  const libc = ask.libc ?? 'glibc'
  const resolving: Resolving = {
    name: ask.name,
    types: ask.types ?? ['A', 'AAAA'],
    libc,
    // Without a nameserver line the resolver asks the host itself (resolv.conf(5)).
    conf: conf.nameservers.length > 0 ? conf : { ...conf, nameservers: ['127.0.0.1'] },
    candidates: candidatesOf(ask.name, conf, libc),
    at: 0,
    server: 0,
    attempt: 0,
    sockets: [],
    unsent: [],
    transport: 'udp',
    replies: {},
    log: [],
    servfail: false,
    nodata: false,
    aliases: [],
    packet: ask.packet,
    sent: 0,
  }
  return queryAll(ctx, resolving)
}

/** The names that are asked, in order. A trailing dot ends the search at once. */
export function candidatesOf(name: string, conf: Pick<ResolvConf, 'search' | 'ndots'>, libc: Libc): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const dots = name.split('.').length - 1
  const searched = conf.search.map((domain) => `${name}.${domain}`)
  if (dots < conf.ndots) return [...searched, name]
  return libc === 'musl' ? [name] : [name, ...searched]
}

/** Sends A and AAAA of the present candidate to the present server (musl: to all of them). */
function queryAll(ctx: Host, state: Resolving): ResolverStep {
  const servers = state.libc === 'musl' ? state.conf.nameservers : [state.conf.nameservers[state.server]]
  let next: Resolving = { ...state, sockets: [], unsent: [], replies: {}, transport: 'udp' }
  let refused = 0
  for (const server of servers) {
    const made = connect(ctx, {
      netns: ctx.app.netns,
      proto: 'udp',
      dst: server as Ip,
      port: 53,
      app: ctx.app.id,
      process: 'resolver',
    })
    if ('errno' in made) {
      refused++
      continue
    }
    const unsent = next.types.map((type) => ({ socket: made.id, server, type }))
    next = { ...next, sockets: [...next.sockets, made.id], unsent: [...next.unsent, ...unsent] }
  }
  if (refused === servers.length) return unanswered(ctx, next, true)
  ctx.timer(ANSWER_TIMER, timeoutOf(next))
  return { going: sendNext(ctx, next) }
}

/** Sends one of the round's queries; the next follows at once. */
function sendNext(ctx: Host, state: Resolving): Resolving {
  const [first, ...rest] = state.unsent
  if (!first) return state
  if (rest.length > 0) ctx.timer(SECOND_TIMER, SECOND_US)
  return query(ctx, { ...state, unsent: rest }, first.socket, first.server, first.type)
}

/** glibc doubles the wait per server and shares it between them; musl resends at once to all, `attempts` times within the timeout. */
function timeoutOf({ libc, conf, server }: Resolving): number {
  if (libc === 'musl') return Math.floor(conf.timeoutUs / conf.attempts)
  const us = conf.timeoutUs * 2 ** server
  return Math.max(1_000_000, Math.floor(server > 0 ? us / conf.nameservers.length : us))
}

function query(ctx: Host, state: Resolving, socket: string, server: string, type: string): Resolving {
  const name = state.candidates[state.at]
  const packet = `${state.packet}/dns${state.sent + 1}`
  const dns: Dns = {
    kind: 'dns',
    id: hash32(ctx.clock.seed, packet) & 0xffff,
    response: false,
    question: { name, type },
    rcode: 'NOERROR',
    answers: [],
  }
  const log = [
    ...state.log,
    { name, type, server, transport: state.transport, rcode: null, atUs: ctx.clock.now, packet },
  ]
  if (state.transport === 'tcp') send(ctx, socket, { kind: 'data', bytes: name.length + 20, message: dns })
  else sendTo(ctx, socket, undefined, dns, packet)
  return { ...state, sent: state.sent + 1, log }
}

/** Hand every socket event of the program here while it resolves. Undefined: it was not for the resolver. */
export function onResolverEvent(ctx: Host, state: Resolving, event: SocketEvent): ResolverStep | undefined {
  if (!('socket' in event) || !state.sockets.includes(event.socket)) return undefined
  switch (event.type) {
    case 'datagram':
      return event.body.kind === 'dns' ? onReply(ctx, state, event.body, event.socket) : { going: state }
    case 'stream':
      return isDns(event.data.message) ? onReply(ctx, state, event.data.message, event.socket) : { going: state }
    case 'connected': {
      let next = state
      for (const type of state.types) next = query(ctx, next, event.socket, state.conf.nameservers[state.server], type)
      return { going: next }
    }
    case 'error':
      // A server that refuses is left at once; musl waits on, it reads no errors.
      return state.libc === 'musl' && state.transport === 'udp' ? { going: state } : unanswered(ctx, state, true)
    default:
      return { going: state }
  }
}

/** The next query's turn, or the wait for an answer is over. */
export function onResolverTimer(ctx: Host, state: Resolving, name: string): ResolverStep {
  if (name === SECOND_TIMER) return { going: sendNext(ctx, state) }
  return unanswered(ctx, state, false)
}

function onReply(ctx: Host, state: Resolving, dns: Dns, socket: string): ResolverStep {
  const { name, type } = dns.question
  if (!dns.response || name !== state.candidates[state.at] || state.replies[type]) return { going: state }
  if (dns.truncated && state.transport === 'udp') return overTcp(ctx, noted(state, dns), socket)
  const next: Resolving = {
    ...noted(state, dns),
    replies: { ...state.replies, [type]: { rcode: dns.rcode, answers: dns.answers } },
  }
  if (next.types.some((wanted) => !next.replies[wanted])) return { going: next }
  hangUp(ctx, next)
  return conclude(ctx, next)
}

function noted(state: Resolving, dns: Dns): Resolving {
  const log = state.log.map((entry) =>
    entry.name === dns.question.name &&
    entry.type === dns.question.type &&
    entry.rcode === null &&
    entry.transport === state.transport
      ? { ...entry, rcode: dns.truncated ? 'NOERROR TC' : dns.rcode }
      : entry,
  )
  return { ...state, log }
}

/** The answer did not fit a datagram: the same questions over TCP. */
function overTcp(ctx: Host, state: Resolving, _socket: string): ResolverStep {
  hangUp(ctx, state)
  const made = connect(ctx, {
    netns: ctx.app.netns,
    proto: 'tcp',
    dst: state.conf.nameservers[state.server] as Ip,
    port: 53,
    app: ctx.app.id,
    process: 'resolver',
    packet: `${state.packet}/dns${state.sent + 1}`,
  })
  if ('errno' in made) return unanswered(ctx, state, true)
  ctx.timer(ANSWER_TIMER, timeoutOf(state))
  return { going: { ...state, transport: 'tcp', sockets: [made.id], unsent: [], replies: {}, sent: state.sent + 1 } }
}

/** All types of one candidate are answered: done, or the next candidate. */
function conclude(ctx: Host, state: Resolving): ResolverStep {
  const replies = state.types.map((type) => state.replies[type])
  const answers = replies.flatMap((reply) => reply.answers)
  const addresses = answers
    .filter((record) => record.type === 'A' || record.type === 'AAAA')
    .map((record) => record.data as Ip)
  const wantsAddress = state.types.includes('A') || state.types.includes('AAAA')
  if (wantsAddress ? addresses.length > 0 : answers.length > 0)
    return { done: { rcode: 'NOERROR', answers, addresses, log: state.log } }
  const servfail = replies.some((reply) => reply.rcode === 'SERVFAIL' || reply.rcode === 'REFUSED')
  const nodata = replies.some((reply) => reply.rcode === 'NOERROR')
  const next = {
    ...state,
    servfail: state.servfail || servfail,
    nodata: state.nodata || nodata,
    aliases: [...state.aliases, ...answers],
  }
  // musl ends the search at the first name that exists, and at a server's failure; glibc goes on.
  if (state.libc === 'musl' && (servfail || nodata)) return finish(next)
  if (servfail && state.libc === 'glibc' && state.server + 1 < state.conf.nameservers.length)
    return queryAll(ctx, { ...next, server: state.server + 1 })
  return nextCandidate(ctx, next)
}

function nextCandidate(ctx: Host, state: Resolving): ResolverStep {
  if (state.at + 1 >= state.candidates.length) return finish(state)
  return queryAll(ctx, { ...state, at: state.at + 1, server: 0, attempt: 0 })
}

function finish(state: Resolving): ResolverStep {
  const rcode = state.servfail ? 'SERVFAIL' : state.nodata ? 'NOERROR' : 'NXDOMAIN'
  return { done: { rcode, answers: state.aliases, addresses: [], log: state.log } }
}

/** No answer: the next server, then the next attempt; then the name itself is tried as it is, unless nobody even listened. */
function unanswered(ctx: Host, state: Resolving, refused: boolean): ResolverStep {
  hangUp(ctx, state)
  const servers = state.libc === 'musl' ? 1 : state.conf.nameservers.length
  if (state.server + 1 < servers) return queryAll(ctx, { ...state, server: state.server + 1 })
  if (!refused && state.attempt + 1 < state.conf.attempts)
    return queryAll(ctx, { ...state, server: 0, attempt: state.attempt + 1 })
  const asIs = state.candidates.lastIndexOf(state.name)
  if (!refused && state.libc === 'glibc' && asIs > state.at)
    return queryAll(ctx, { ...state, at: asIs, server: 0, attempt: 0 })
  return { done: { rcode: refused ? 'REFUSED' : 'TIMEOUT', answers: [], addresses: [], log: state.log } }
}

function hangUp(ctx: Host, state: Resolving): void {
  ctx.cancelTimer(ANSWER_TIMER)
  ctx.cancelTimer(SECOND_TIMER)
  for (const socket of state.sockets) close(ctx, socket)
}

const isDns = (message: unknown): message is Dns =>
  typeof message === 'object' && message !== null && (message as { kind?: unknown }).kind === 'dns'

/** Which C library a container image brings. */
export function libcOf(image: string | undefined): Libc {
  return /alpine|curlimages\/curl|netshoot|(^|\/)busybox(:|$)/.test(image ?? '') ? 'musl' : 'glibc'
}

/** The address a program takes first: IPv6 where the netns has a global one (RFC 6724), else IPv4. */
export function preferred(addresses: readonly Ip[], hasIpv6: boolean): Ip | undefined {
  const six = hasIpv6 ? addresses.find((ip) => familyOf(ip) === 'ipv6') : undefined
  return six ?? addresses.find((ip) => familyOf(ip) === 'ipv4') ?? addresses[0]
}
