/// <reference lib="webworker" />
import type { Command, Update } from '../../engine/protocol.ts'
import { Desk } from './desk.ts'
import { PARTS } from './parts.ts'

/** So often at most the page hears that a long command goes on. */
const PROGRESS_MS = 200
/** So long after the first picture the parts that were not needed for it are sent for. */
const IDLE_MS = 300
let toldAt = 0
let pictured = false

/** The engine in its worker: commands in, updates out. Everything that happens is in `Session`. */
const desk = new Desk((update: Update) => {
  if (update.type === 'progress') {
    const now = performance.now()
    if (now - toldAt < PROGRESS_MS) return
    toldAt = now
  }
  postMessage(update)
  if (update.type !== 'world' || pictured) return
  pictured = true
  setTimeout(() => desk.fetchAll(), IDLE_MS)
}, PARTS)

addEventListener('message', (event: MessageEvent<Command>) => desk.handle(event.data))
