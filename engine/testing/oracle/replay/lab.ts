import type { Ctx, Handler } from '../../../core/context.ts'
import { EventHeap } from '../../../core/event-heap.ts'
import { schedulerOf } from '../../../core/event-queue.ts'
import { draw } from '../../../core/rng.ts'
import { World } from '../../../core/world.ts'
import { fdbLearn } from '../../../kernel/bridge/fdb.ts'
import { PATH_HANDLERS } from '../../../kernel/path/handlers.ts'
import { close, listen, send, sendTo } from '../../../kernel/socket/api.ts'
import { SOCKET_HANDLERS } from '../../../kernel/socket/handlers.ts'
import type { AppEventPayload, SocketEvent } from '../../../kernel/socket/wake.ts'
import type { Step } from '../../../kernel/trace/step.ts'
import type { Ip } from '../../../net/address.ts'
import { TABLES } from '../../../tables.ts'
import type { Listener, Recording, ServerSees } from '../types.ts'
import { buildTopology } from './build.ts'

const SEED = 1

/** A recorded network in the simulator, with the recorder's echo servers in it. The probe is an application named `client`. */
export class OracleLab {
  readonly world = new World(TABLES)
  readonly ctx: Ctx
  readonly steps: Step[] = []
  /** What the listeners saw, in order. */
  readonly seen: ServerSees[] = []
  /** The running probe: its application's name, and what it does when it is woken. */
  client: { readonly app: string; readonly on: (event: SocketEvent) => void } | undefined
  /** Bytes that connections have brought at this instant: a server reads all that is there, then writes it back. */
  private readonly unread = new Map<string, number>()
  private readonly heap: EventHeap
  private readonly handlers: Readonly<Record<string, Handler>>

  constructor(recording: Recording) {
    this.world.put('clock', { id: 'clock', now: 0, seq: 0, seed: SEED })
    this.heap = new EventHeap(this.world)
    this.ctx = {
      tx: this.world,
      clock: schedulerOf(this.world),
      random: (stream) => draw(this.world, SEED, stream),
      emit: (step) => this.steps.push(step as Step), // only the kernel emits here
      note: () => {},
    }
    this.handlers = {
      ...PATH_HANDLERS,
      ...SOCKET_HANDLERS,
      'app-event': (_ctx, payload: AppEventPayload) => this.wake(payload),
    }
    buildTopology(this.world, recording.topology)
    this.announce()
    for (const listener of recording.listeners) this.listen(listener)
  }

  get now(): number {
    return this.ctx.clock.now
  }

  /** Runs events until `done()` holds, or until that much time has passed. */
  run(forUs: number, done: () => boolean = () => false): void {
    const until = this.now + forUs
    while (!done()) {
      const next = this.heap.peek()
      if (this.unread.size > 0 && next?.at !== this.now) {
        this.writeBack()
        continue
      }
      if (!next || next.at > until) {
        this.world.patch('clock', 'clock', { now: until })
        return
      }
      this.world.patch('clock', 'clock', { now: next.at })
      this.world.delete('event', next.id)
      this.handlers[next.name](this.ctx, next.payload as never) // written by the module that owns the name
    }
  }

  private writeBack(): void {
    const unread = [...this.unread]
    this.unread.clear()
    for (const [socket, bytes] of unread) send(this.ctx, socket, { kind: 'data', bytes })
  }

  /** IPv6 hosts report their groups as soon as a device is up (MLD): bridges know them from the start. */
  private announce(): void {
    for (const link of this.world.rows('link')) {
      const port = link.peer === undefined ? undefined : this.world.get('link', link.peer)
      const bridge = port?.master === undefined ? undefined : this.world.get('link', port.master)
      const speaks = this.world.by('addr', 'link', link.id).some((row) => row.scope === 'link')
      if (port && bridge && speaks && link.master === undefined) fdbLearn(this.ctx, bridge, port, link.mac)
    }
  }

  private listen({ netns, proto, address, port }: Listener): void {
    const app = `echo/${netns}`
    const made = listen(this.ctx, { netns, proto, address: address as Ip, port, app, process: 'echo' })
    if ('errno' in made) throw new Error(`listen on ${netns} ${address}:${port}: ${made.errno}`)
  }

  private wake({ app, event }: AppEventPayload): void {
    if (event.type === 'start' || event.type === 'timer') return
    if (app === this.client?.app) this.client.on(event)
    if (app.startsWith('echo/')) this.echo(app.slice('echo/'.length), event)
  }

  /** Answers with what it got; a connection stays open until the client closes it. */
  private echo(netns: string, event: SocketEvent): void {
    const row = this.world.get('socket', event.socket)
    if (event.type === 'accepted' && row?.remoteIp !== undefined) {
      this.seen.push({
        netns,
        proto: 'tcp',
        src: row.remoteIp,
        sport: row.remotePort ?? 0,
        dst: row.localIp,
        dport: row.localPort,
      })
    } else if (event.type === 'stream') {
      this.unread.set(event.socket, (this.unread.get(event.socket) ?? 0) + event.data.bytes)
    } else if (event.type === 'datagram') {
      // The recorder writes the address that the server bound.
      const { from, body } = event
      this.seen.push({
        netns,
        proto: 'udp',
        src: from.ip,
        sport: from.port,
        dst: row?.localIp ?? event.to,
        dport: row?.localPort ?? 0,
      })
      sendTo(this.ctx, event.socket, from, body)
    } else if (event.type === 'closed' || event.type === 'error') {
      close(this.ctx, event.socket)
    }
  }
}
