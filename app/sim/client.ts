import type { Command, ProgressUpdate, Update } from '../../engine/index.ts'

/** A command without its id: the client numbers them. */
export type Request = Command extends infer C ? (C extends { readonly id: number } ? Omit<C, 'id'> : never) : never

export interface ClientEvents {
  readonly onUpdate: (update: Update) => void
  /** A command has been under way for 2 s. */
  readonly onSlow: (slow: boolean) => void
  /** A command is under way, and lives: told now and then, before `onUpdate`. */
  readonly onProgress?: (progress: ProgressUpdate) => void
  /** The worker was given up after 5 s of silence, or died; a fresh one is ready and has been told nothing yet. */
  readonly onRestart: (lost: Request | undefined) => void
}

const SLOW_MS = 2_000
const DEAD_MS = 5_000

/** Owns the worker: numbers commands, watches for silence, restarts it. The user's text lives elsewhere and is never at risk. */
export class EngineClient {
  private worker: Worker
  private nextId = 1
  private readonly pending = new Map<number, { request: Request; resolve: (update: Update) => void }>()
  private slowTimer: ReturnType<typeof setTimeout> | undefined
  private deadTimer: ReturnType<typeof setTimeout> | undefined
  /** Somebody chose to wait for what is under way: silence is no reason to give up, only Stop is. */
  private patient = false
  private readonly events: ClientEvents
  private readonly start: () => Worker

  constructor(start: () => Worker, events: ClientEvents) {
    this.start = start
    this.events = events
    this.worker = this.spawn()
  }

  /** Sends a command; resolves with the update that answers it, never if the worker was restarted meanwhile. */
  send(request: Request, options: { readonly patient?: boolean } = {}): Promise<Update> {
    const id = this.nextId++
    if (options.patient) {
      this.patient = true
      this.unwatch()
    }
    return new Promise((resolve) => {
      this.pending.set(id, { request, resolve })
      this.worker.postMessage({ ...request, id })
      this.watch()
    })
  }

  dispose(): void {
    this.unwatch()
    this.worker.terminate()
  }

  /** Gives the running worker up at once (the person asked to stop). */
  restart(): void {
    this.unwatch()
    this.patient = false
    this.worker.terminate()
    const lost = [...this.pending.values()].at(-1)?.request
    this.pending.clear()
    this.worker = this.spawn()
    this.events.onSlow(false)
    this.events.onRestart(lost)
  }

  private spawn(): Worker {
    const worker = this.start()
    worker.onmessage = (event: MessageEvent<Update>) => this.receive(event.data)
    worker.onerror = () => this.restart()
    return worker
  }

  private receive(update: Update): void {
    if (update.type === 'progress') {
      if (!this.pending.has(update.id)) return
      this.expectLife()
      return this.events.onProgress?.(update)
    }
    const entry = this.pending.get(update.id)
    this.pending.delete(update.id)
    this.unwatch()
    this.patient = false
    this.events.onSlow(false)
    if (this.pending.size > 0) this.watch()
    this.events.onUpdate(update)
    entry?.resolve(update)
  }

  private watch(): void {
    if (this.slowTimer) return
    this.slowTimer = setTimeout(() => this.events.onSlow(true), SLOW_MS)
    this.expectLife()
  }

  /** From now on the worker has 5 s to say something. */
  private expectLife(): void {
    clearTimeout(this.deadTimer)
    this.deadTimer = this.patient ? undefined : setTimeout(() => this.restart(), DEAD_MS)
  }

  private unwatch(): void {
    clearTimeout(this.slowTimer)
    clearTimeout(this.deadTimer)
    this.slowTimer = undefined
    this.deadTimer = undefined
  }
}
