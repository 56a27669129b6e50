import { assert } from '../core/assert.ts'
import type { Ctx, Handler } from '../core/context.ts'
import { EventHeap } from '../core/event-heap.ts'
import { clockTable, eventTable, schedulerOf } from '../core/event-queue.ts'
import type { Result } from '../core/result.ts'
import { draw, rngTable } from '../core/rng.ts'
import { World } from '../core/world.ts'
import type { Errno } from '../kernel/contract.ts'
import {
  addrAdd,
  fdbAppend,
  hostAdd,
  linkAdd,
  type LinkSpec,
  linkSet,
  neighReplace,
  netnsAdd,
  type RouteSpec,
  routeAdd,
  sysctlSet,
} from '../kernel/netlink.ts'
import { PATH_HANDLERS } from '../kernel/path/handlers.ts'
import { connect, listen, openUdp, send, sendEcho, sendTo } from '../kernel/socket/api.ts'
import { SOCKET_HANDLERS } from '../kernel/socket/handlers.ts'
import type { AppEventPayload, SocketEvent } from '../kernel/socket/wake.ts'
import { KERNEL_TABLES } from '../kernel/table-defs.ts'
import type { HostRow } from '../kernel/tables.ts'
import type { Step } from '../kernel/trace/step.ts'
import type { Ip, Mac } from '../net/address.ts'
import { anyOf, familyOf } from '../net/ip.ts'

/**
 * A kernel without Kubernetes: hosts, wires, pods as netns, programs that echo. Verbs throw where the kernel refuses, so
 * that a test that builds something impossible says so.
 *
 *     const lab = new Lab().host('n1').host('n2').switch('lan', ['n1', 'n2'])
 *     lab.pod('n1', 'client', { bridge: 'cni0', address: '10.244.1.10/24', via: '10.244.1.1' })
 */
export class Lab {
  readonly world = new World([clockTable, eventTable, rngTable, ...KERNEL_TABLES] as never) // tables of different rows
  readonly steps: Step[] = []
  readonly events: { readonly at: number; readonly app: string; readonly event: SocketEvent }[] = []
  readonly ctx: Ctx
  private readonly heap: EventHeap
  private readonly extra: Readonly<Record<string, Handler>>

  constructor(options: { seed?: number; handlers?: Readonly<Record<string, Handler>> } = {}) {
    const clock = schedulerOf(this.world)
    const seed = options.seed ?? 1
    this.extra = options.handlers ?? {}
    this.world.put('clock', { id: 'clock', now: 0, seq: 0, seed })
    this.heap = new EventHeap(this.world)
    this.ctx = {
      tx: this.world,
      clock,
      random: (stream) => draw(this.world, seed, stream),
      emit: (step) => this.steps.push(step as Step), // only the kernel emits here
      note: () => {},
    }
  }

  host(
    id: string,
    options: { kind?: HostRow['kind']; forward?: boolean; sysctls?: Readonly<Record<string, string>> } = {},
  ): this {
    const kind = options.kind ?? 'node'
    must(hostAdd(this.world, { id, kind }))
    must(linkSet(this.world, `${id}|lo`, { up: true }))
    if (options.forward ?? (kind === 'node' || kind === 'router')) {
      this.sysctl(id, 'net.ipv4.ip_forward', '1')
      this.sysctl(id, 'net.ipv6.conf.all.forwarding', '1')
    }
    if (kind === 'switch')
      for (const which of ['iptables', 'ip6tables']) this.sysctl(id, `net.bridge.bridge-nf-call-${which}`, '0')
    for (const [key, value] of Object.entries(options.sysctls ?? {})) this.sysctl(id, key, value)
    return this
  }

  /** A switch with a wire to `eth0` of each of these hosts. */
  switch(
    id: string,
    hosts: readonly (string | { host: string; dev: string })[],
    options: { latencyUs?: number; mtu?: number } = {},
  ): this {
    this.host(id, { kind: 'switch' })
    this.link({ netns: id, name: 'br0', kind: 'bridge', up: true, mtu: options.mtu })
    for (const end of hosts) {
      const { host, dev } = typeof end === 'string' ? { host: end, dev: 'eth0' } : end
      const port = `p-${host}${dev === 'eth0' ? '' : `-${dev}`}`.slice(0, 15)
      this.wire(
        { netns: id, name: port, mtu: options.mtu },
        { netns: host, name: dev, mtu: options.mtu },
        options.latencyUs ?? 50,
      )
      must(linkSet(this.world, `${id}|${port}`, { master: `${id}|br0` }))
    }
    return this
  }

  wire(
    a: { netns: string; name: string; mac?: string; mtu?: number },
    b: { netns: string; name: string; mac?: string; mtu?: number },
    latencyUs = 50,
  ): this {
    return this.link({
      ...a,
      mac: a.mac as Mac | undefined,
      kind: 'ether',
      latencyUs,
      up: true,
      peer: { ...b, mac: b.mac as Mac | undefined, up: true },
    })
  }

  netns(host: string, id: string, sysctls: Readonly<Record<string, string>> = {}): this {
    must(netnsAdd(this.world, { id, host, path: `/run/netns/${id}` }))
    this.sysctl(id, 'net.ipv4.ip_forward', '0')
    must(linkSet(this.world, `${id}|lo`, { up: true }))
    for (const [key, value] of Object.entries(sysctls)) this.sysctl(id, key, value)
    return this
  }

  /** A pod on a bridge: netns, veth pair, address, default route. */
  pod(
    host: string,
    id: string,
    on: { bridge: string; address: string; via: string; mtu?: number; hairpin?: boolean },
  ): this {
    this.netns(host, id)
    const veth = `veth-${id}`.slice(0, 15)
    const mtu = on.mtu ?? this.world.get('link', `${host}|${on.bridge}`)?.mtu
    this.link({
      netns: host,
      name: veth,
      kind: 'veth',
      mtu,
      up: true,
      peer: { netns: id, name: 'eth0', mtu, up: true },
    })
    must(linkSet(this.world, `${host}|${veth}`, { master: `${host}|${on.bridge}`, hairpin: on.hairpin ?? true }))
    return this.addr(id, 'eth0', on.address).route(id, 'default', { via: on.via })
  }

  link(spec: LinkSpec): this {
    must(linkAdd(this.world, spec))
    return this
  }

  addr(netns: string, dev: string, address: string): this {
    must(addrAdd(this.world, { link: `${netns}|${dev}`, address }))
    return this
  }

  route(
    netns: string,
    dst: string,
    how: { via?: string; dev?: string } & Omit<Partial<RouteSpec>, 'netns' | 'dst' | 'via' | 'dev'>,
  ): this {
    const { via, dev, ...rest } = how
    must(
      routeAdd(this.world, {
        netns,
        dst,
        ...rest,
        ...(via ? { via: via as Ip } : {}),
        ...(dev ? { dev: `${netns}|${dev}` } : {}),
      }),
    )
    return this
  }

  neigh(netns: string, dev: string, address: string, lladdr: string): this {
    must(neighReplace(this.world, { link: `${netns}|${dev}`, address: address as Ip, lladdr: lladdr as Mac }))
    return this
  }

  fdb(netns: string, dev: string, mac: string, dst?: string): this {
    must(fdbAppend(this.world, { link: `${netns}|${dev}`, mac: mac as Mac, ...(dst ? { dst: dst as Ip } : {}) }))
    return this
  }

  sysctl(netns: string, key: string, value: string): this {
    must(sysctlSet(this.world, { netns, key, value }))
    return this
  }

  /** Listens on a port and echoes what comes. */
  echo(netns: string, proto: 'tcp' | 'udp', port: number, address?: string): this {
    const on = { netns, proto, address: (address ?? '::') as Ip, port, app: `echo/${netns}`, process: 'echo' }
    const made = listen(this.ctx, address === undefined ? { ...on, address: anyOf('ipv6') } : on)
    assert('id' in made, `listen on ${netns}: ${'errno' in made ? made.errno : ''}`)
    return this
  }

  tcp(
    netns: string,
    dst: string,
    port: number,
    options: { src?: string; sport?: number; packet?: string } = {},
  ): { id: string } | { errno: Errno } {
    const { src, ...rest } = options
    return connect(this.ctx, {
      netns,
      proto: 'tcp',
      dst: dst as Ip,
      port,
      app: `client/${netns}`,
      process: 'client',
      ...(src ? { src: src as Ip } : {}),
      ...rest,
    })
  }

  udp(
    netns: string,
    dst: string,
    port: number,
    options: { src?: string; sport?: number; bytes?: number; packet?: string } = {},
  ): { id: string } | { errno: Errno } {
    const { src, bytes, packet, ...rest } = options
    const made = connect(this.ctx, {
      netns,
      proto: 'udp',
      dst: dst as Ip,
      port,
      app: `client/${netns}`,
      process: 'client',
      ...(src ? { src: src as Ip } : {}),
      ...rest,
    })
    if ('errno' in made) return made
    const sent = sendTo(this.ctx, made.id, undefined, { kind: 'data', bytes: bytes ?? 5 }, packet)
    return 'errno' in sent ? sent : made
  }

  ping(
    netns: string,
    dst: string,
    options: { bytes?: number; seq?: number; packet?: string } = {},
  ): { id: string } | { errno: Errno } {
    return sendEcho(this.ctx, {
      netns,
      dst: dst as Ip,
      bytes: options.bytes ?? 56,
      seq: options.seq ?? 1,
      app: `client/${netns}`,
      process: 'ping',
      ...(options.packet ? { packet: options.packet } : {}),
    })
  }

  /** Writes bytes to a connection. */
  say(socket: string, bytes: number): this {
    send(this.ctx, socket, { kind: 'data', bytes })
    return this
  }

  /** Runs until nothing but background work is pending, or until the given simulated time. */
  run(untilUs = Number.MAX_SAFE_INTEGER): this {
    const handlers: Readonly<Record<string, Handler>> = {
      ...PATH_HANDLERS,
      ...SOCKET_HANDLERS,
      'app-event': (ctx, payload: AppEventPayload) => this.wake(ctx, payload),
      ...this.extra,
    }
    for (let next = this.heap.peek(); next && !this.heap.settled && next.at <= untilUs; next = this.heap.peek()) {
      this.world.patch('clock', 'clock', { now: next.at })
      this.world.delete('event', next.id)
      const handler = handlers[next.name]
      assert(handler, `no handler for ${next.name}`)
      handler(this.ctx, next.payload as never) // written by the module that owns the name
    }
    if (untilUs < Number.MAX_SAFE_INTEGER) this.world.patch('clock', 'clock', { now: untilUs })
    return this
  }

  /** What a client was told last. */
  heard(netns: string): SocketEvent | undefined {
    return this.events.filter((row) => row.app === `client/${netns}`).at(-1)?.event
  }

  /** Steps of one packet (the walk itself unless another branch is named). */
  walk(packet: string, branch = '0'): Step[] {
    return this.steps.filter((step) => step.packet === packet && step.branch === branch)
  }

  private wake(ctx: Ctx, { app, event }: AppEventPayload): void {
    if (event.type === 'start' || event.type === 'timer') return
    this.events.push({ at: ctx.clock.now, app, event })
    if (!app.startsWith('echo/')) return
    if (event.type === 'stream') send(ctx, event.socket, event.data)
    if (event.type === 'datagram')
      sendTo(ctx, event.socket, { ip: event.from.ip, port: event.from.port, src: event.to }, event.body)
  }
}

export { openUdp }

function must<T>(result: Result<T, { message: string }>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** Is the text an IPv6 address? For labs that build both families alike. */
export const isV6 = (ip: string): boolean => familyOf(ip) === 'ipv6'
