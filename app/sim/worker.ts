/// <reference lib="webworker" />
import { type Command, Session, type Update } from '../../engine/index.ts'

/** The engine in its worker: commands in, updates out. Everything that happens is in `Session`. */
const session = new Session((update: Update) => postMessage(update))

addEventListener('message', (event: MessageEvent<Command>) => session.handle(event.data))
