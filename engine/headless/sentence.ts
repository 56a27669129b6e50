import { REASONS } from '../kernel/trace/reasons.ts'
import type { Judgement } from './judge.ts'
import type { Receiver } from './receiver.ts'

/** The answer in one plain sentence. */
export function sentenceOf(judged: Judgement, to: Receiver | null): string {
  const where = to ? `${to.pod ?? to.node ?? to.ip}${to.port ? ` on port ${to.port}` : ''}` : undefined
  const why = judged.reason ? REASONS[judged.reason].text : undefined
  const at = judged.culprit ? ` (${judged.culprit.host}${judged.culprit.dev ? `, ${judged.culprit.dev}` : ''})` : ''
  switch (judged.verdict) {
    case 'delivered':
      return `Delivered${where ? ` to ${where}` : ''}, and the answer came back.`
    case 'refused':
      return `Refused${where ? ` at ${where}` : ''}: ${why ?? 'the far end said no'}.`
    case 'dropped':
      return `Dropped${at}: ${why ?? 'it vanished'}. The sender waits in vain.`
    case 'unreachable':
      return `Unreachable${at}: ${why ?? 'the network said so'}.`
    case 'timeout':
      return where
        ? `It arrived at ${where}, but the answer did not: ${why ?? 'nothing came back in time'}.`
        : `No answer in time: ${why ?? 'nothing came back'}.`
  }
}
