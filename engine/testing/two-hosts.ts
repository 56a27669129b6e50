import { schedulerOf } from '../core/event-queue.ts'
import { EventHeap } from '../core/event-heap.ts'
import type { Ctx, Handler } from '../core/context.ts'
import { draw } from '../core/rng.ts'
import { World } from '../core/world.ts'
import type { Ip } from '../net/address.ts'
import { ipLength } from '../net/length.ts'
import type { IpPacket } from '../net/packet.ts'
import type { IpOutput, RouteLookup } from '../kernel/contract.ts'
import { deliver } from '../kernel/socket/deliver.ts'
import { SOCKET_HANDLERS } from '../kernel/socket/handlers.ts'
import type { AppEventPayload } from '../kernel/socket/wake.ts'
import type { Step } from '../kernel/trace/step.ts'
import { TABLES } from '../tables.ts'

/** What the wire did to a packet: passed it on, lost it, or passed on another one. */
export type WireRule = (packet: IpPacket, id: string) => 'pass' | 'lose' | IpPacket

interface Wire {
  rule: WireRule
  mtu: number
  sent: { at: number; id: string; packet: IpPacket }[]
}

/**
 * Sockets without a network: two netns, `a` 10.0.0.1 (fd00::1) and `b` 10.0.0.2 (fd00::2), and a wire that a test bends.
 * Programs are the test: wake-ups are collected in `woken`. Use `below` in place of kernel/socket/below.ts.
 */
export class TwoHosts {
  readonly world = new World(TABLES)
  readonly steps: Step[] = []
  readonly woken: { at: number; event: AppEventPayload['event']; app: string }[] = []
  readonly ctx: Ctx
  readonly wire: Wire
  onWake: ((ctx: Ctx, payload: AppEventPayload) => void) | undefined
  private readonly heap: EventHeap

  constructor(wire: Wire) {
    this.wire = wire
    const clock = schedulerOf(this.world)
    this.world.put('clock', { id: 'clock', now: 0, seq: 0, seed: 1 })
    this.heap = new EventHeap(this.world)
    this.ctx = {
      tx: this.world,
      clock,
      random: (stream) => draw(this.world, 1, stream),
      emit: (step) => this.steps.push(step as Step), // only the kernel emits here
      note: () => {},
    }
    for (const [netns, last] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      this.world.put('host', { id: netns, kind: 'node', up: true })
      this.world.put('netns', { id: netns, host: netns, nextIfindex: 2 })
      for (const [family, address] of [
        ['ipv4', `10.0.0.${last}`],
        ['ipv6', `fd00::${last}`],
      ] as const) {
        this.world.put('addr', {
          id: `${netns}|${address}`,
          netns,
          link: `${netns}|eth0`,
          family,
          address: address as Ip,
          prefixLen: 24,
          scope: 'global',
          seq: last,
        })
      }
    }
  }

  /** Runs until no event is left, or until `untilUs`. */
  run(untilUs = Number.MAX_SAFE_INTEGER): this {
    const handlers: Record<string, Handler> = {
      ...SOCKET_HANDLERS,
      'app-event': (ctx, payload: AppEventPayload) => {
        this.woken.push({ at: ctx.clock.now, event: payload.event, app: payload.app })
        this.onWake?.(ctx, payload)
      },
    }
    for (let next = this.heap.peek(); next && next.at <= untilUs; next = this.heap.peek()) {
      this.world.patch('clock', 'clock', { now: next.at })
      this.world.delete('event', next.id)
      handlers[next.name](this.ctx, next.payload as never) // written by the module that owns the name
    }
    return this
  }

  get settled(): boolean {
    return this.heap.settled
  }

  /** `0 10.0.0.1 S`: when, from where, what, for every packet put on the wire. */
  get log(): string[] {
    return this.wire.sent.map(({ at, packet }) => {
      const body = packet.body
      const what =
        body.kind === 'tcp'
          ? `${body.flags}${body.data.bytes ? ` ${body.data.bytes}` : ''}`
          : body.kind === 'icmp'
            ? `icmp ${body.type}`
            : body.kind === 'sctp'
              ? `sctp ${body.chunk}`
              : body.kind
      return `${(at / 1e6).toFixed(1)} ${packet.src} ${what}`
    })
  }
}

export const newWire = (): Wire => ({ rule: () => 'pass', mtu: 1500, sent: [] })

/** The layers under the sockets over a wire: what a test mocks kernel/socket/below.ts with. */
export function belowOver(wire: () => Wire): { ipOutput: IpOutput; routeLookup: RouteLookup } {
  return {
    routeLookup: (ctx, flow) => {
      const family = flow.dst.includes(':') ? 'ipv6' : 'ipv4'
      const mine = ctx.tx.by('addr', 'netns', flow.netns).find((row) => row.family === family)
      const far = ctx.tx.oneBy('addr', 'address', flow.dst)
      if (!mine || !far) return { kind: 'none' }
      const mtu = ctx.tx.get('pmtu', `${flow.netns}|${flow.dst}`)?.mtu ?? wire().mtu
      return {
        kind: far.netns === flow.netns ? 'local' : 'unicast',
        route: undefined as never,
        dev: mine.link,
        src: flow.src ?? mine.address,
        mtu,
        by: { table: 'route', id: 'r' },
      }
    },
    ipOutput: (ctx, { packet, id }) => {
      wire().sent.push({ at: ctx.clock.now, id, packet })
      const passed = wire().rule(packet, id)
      if (passed === 'lose') return { ok: true }
      const ip = passed === 'pass' ? packet : passed
      const to = ctx.tx.oneBy('addr', 'address', ip.dst)
      if (to && ipLength(ip) <= 65_535)
        deliver(ctx, { packet: id, branch: '0', netns: to.netns, ip, mark: 0, priority: 0, depth: 0 })
      return { ok: true }
    },
  }
}
