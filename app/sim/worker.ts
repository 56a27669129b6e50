/// <reference lib="webworker" />
import type { Command, Update } from '../../engine/protocol.ts'
import { Session } from '../../engine/session.ts'

/** So often at most the page hears that a long command goes on. */
const PROGRESS_MS = 200
let toldAt = 0

/** The engine in its worker: commands in, updates out. Everything that happens is in `Session`. */
const session = new Session((update: Update) => {
  if (update.type === 'progress') {
    const now = performance.now()
    if (now - toldAt < PROGRESS_MS) return
    toldAt = now
  }
  postMessage(update)
})

addEventListener('message', (event: MessageEvent<Command>) => session.handle(event.data))
