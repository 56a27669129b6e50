/// <reference lib="webworker" />
import type { Command, Update } from '../../engine/protocol.ts'
import { Session } from '../../engine/session.ts'

/** The engine in its worker: commands in, updates out. Everything that happens is in `Session`. */
const session = new Session((update: Update) => postMessage(update))

addEventListener('message', (event: MessageEvent<Command>) => session.handle(event.data))
