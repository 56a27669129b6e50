import type { Ip } from '../net/address.ts'
import { dnsLength } from '../net/length.ts'
import type { Data, Dns } from '../net/packet.ts'
import { firstCluster } from '../api/names.ts'
import { close, send, sendTo } from '../kernel/socket/api.ts'
import type { ListenerConfig } from '../apps/listener.ts'
import type { AnswerMessage } from '../apps/message.ts'
import type { Program, ProgramCtx } from '../apps/program.ts'
import { answerQuestion } from './records.ts'

/** CoreDNS in a pod: answers over UDP, and over TCP what did not fit. */
export const dnsServer: Program = {
  onEvent(ctx, event) {
    switch (event.type) {
      case 'datagram':
        if (event.body.kind === 'dns' && event.body.response) return
        sendTo(
          ctx,
          event.socket,
          { ...event.from, src: event.to as Ip },
          event.body.kind === 'dns' ? truncate(answerTo(ctx, event.body)) : formatError(ctx),
          `${event.packet}/r1`,
        )
        return
      case 'stream': {
        const query = event.data.message as Dns | undefined // what a resolver wrote
        if (query === undefined) return
        if (query.kind !== 'dns') return send(ctx, event.socket, formatError(ctx))
        const answer = answerTo(ctx, query)
        return send(ctx, event.socket, { kind: 'data', bytes: dnsLength(answer) + 2, message: answer })
      }
      case 'closed':
        return close(ctx, event.socket)
      default:
        return
    }
  },
}

function answerTo(ctx: ProgramCtx, query: Dns): Dns {
  const config = ctx.app.config as ListenerConfig // written by `startListeners`
  const { rcode, answers, authority, outside } = answerQuestion(
    ctx.tx,
    config.cluster ?? firstCluster(ctx.tx),
    query.question,
  )
  return {
    kind: 'dns',
    id: query.id,
    response: true,
    question: query.question,
    rcode,
    answers,
    ...(outside ? {} : { authoritative: true }),
    ...(authority ? { authority } : {}),
  }
}

/** What is no DNS message is answered by a bare header with FORMERR. */
function formatError(ctx: ProgramCtx): Data {
  const config = ctx.app.config as ListenerConfig // written by `startListeners`
  return { kind: 'data', bytes: 12, message: { kind: 'answer', from: config.name } satisfies AnswerMessage }
}

/** 512 bytes without EDNS, which glibc and musl do not send by themselves (RFC 1035 4.2.1). */
const UDP_LIMIT = 512

function truncate(answer: Dns): Dns {
  let cut = answer
  while (dnsLength(cut) > UDP_LIMIT && cut.answers.length > 0)
    cut = { ...cut, answers: cut.answers.slice(0, -1), truncated: true }
  return cut
}
