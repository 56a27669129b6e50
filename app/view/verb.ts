import type { StepView } from '../../engine/index.ts'
import { packetFace } from './packet.ts'

/** A step in a word, with the shape that goes beside its colour. */
export interface Verb {
  readonly text: string
  readonly glyph: '' | '✓' | '✗' | '✗↩'
  readonly tone: 'plain' | 'good' | 'bad'
}

/** Bad news that arrives is not a success: a reset or an ICMP error that reached its sender is a refusal. */
export function verbOf(step: StepView): Verb {
  switch (step.end?.disposition) {
    case 'dropped':
      return { text: step.action, glyph: '✗', tone: 'bad' }
    case 'rejected':
      return { text: step.action, glyph: '✗↩', tone: 'bad' }
    case 'delivered':
      return packetFace(step).refusal
        ? { text: 'refusal arrives', glyph: '✗↩', tone: 'bad' }
        : { text: step.action, glyph: '✓', tone: 'good' }
    default:
      return { text: step.action, glyph: '', tone: 'plain' }
  }
}
