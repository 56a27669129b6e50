import type { Data } from '../net/packet.ts'
import { close, send, sendTo } from '../kernel/socket/api.ts'
import { type AnswerMessage, type HttpResponse, httpResponseBytes, type Message } from './message.ts'
import type { Program, ProgramCtx } from './program.ts'

/** What a server is told at its start. */
export interface ListenerConfig {
  /** Who it says it is: `namespace/name` of its pod, or its host's name. */
  readonly name: string
  /** Size of a plain answer, bytes. */
  readonly answerBytes?: number
  readonly cluster?: string
  /** Of its HTTP answers; absent: 200. */
  readonly status?: number
  /** Of its HTTP answers, instead of a plain text's. */
  readonly headers?: Readonly<Record<string, string>>
}

const ANSWER_BYTES = 64

/**
 * A server: takes connections and datagrams, and answers each whole request. HTTP gets 200 with the backend's name.
 * Simplified: one program stands for every server image, because the network does not care what they say.
 */
export const listener: Program = {
  onEvent(ctx, event) {
    switch (event.type) {
      case 'stream': {
        // The message rides on the last segment of the client's write: then the request is complete.
        if (event.data.message === undefined) return
        return send(ctx, event.socket, answerTo(ctx, event.data.message))
      }
      case 'datagram':
        if (event.body.kind === 'data')
          sendTo(
            ctx,
            event.socket,
            { ...event.from, src: event.to },
            answerTo(ctx, event.body.message),
            `${event.packet}/r1`,
          )
        return
      case 'closed':
        return close(ctx, event.socket)
      default:
        return
    }
  },
}

function answerTo(ctx: ProgramCtx, message: unknown): Data {
  const config = ctx.app.config as ListenerConfig // written by `startListeners`
  const request = message as Message | undefined // the modelled programs speak `Message` only
  if (request?.kind !== 'http-request') {
    const answer: AnswerMessage = { kind: 'answer', from: config.name }
    return { kind: 'data', bytes: config.answerBytes ?? ANSWER_BYTES, message: answer }
  }
  const response: HttpResponse = {
    kind: 'http-response',
    status: config.status ?? 200,
    backend: config.name,
    requestHeaders: { host: request.host, ...request.headers },
    responseHeaders: config.headers ?? { 'content-type': 'text/plain', 'content-length': String(config.name.length) },
  }
  return { kind: 'data', bytes: httpResponseBytes(response), message: response }
}
