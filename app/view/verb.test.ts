import { describe, expect, it } from 'vitest'
import type { StepView } from '../../engine/index.ts'
import { verbOf } from './verb.ts'

const step = (end: StepView['end'], headers?: unknown): StepView => ({
  at: 0,
  packet: 'request',
  branch: '0',
  host: 'worker',
  netns: 'worker',
  stage: 'deliver',
  action: end?.disposition ?? 'routed',
  detail: '',
  summary: '',
  reply: true,
  headers,
  ...(end ? { end } : {}),
})
const tcp = (flags: string) => ({
  kind: 'ip',
  family: 'ipv4',
  src: '10.0.0.1',
  dst: '10.0.0.2',
  ttl: 64,
  body: { kind: 'tcp', sport: 80, dport: 40000, flags, data: { bytes: 0 } },
})

describe('the word for a step', () => {
  it.each([
    ['a SYN+ACK that arrives', { disposition: 'delivered' }, tcp('S.'), 'delivered', '✓', 'good'],
    ['a reset that arrives', { disposition: 'delivered' }, tcp('R.'), 'refusal arrives', '✗↩', 'bad'],
    ['a drop', { disposition: 'dropped' }, tcp('S'), 'dropped', '✗', 'bad'],
    ['a rejection', { disposition: 'rejected' }, tcp('S'), 'rejected', '✗↩', 'bad'],
    ['a step on the way', undefined, tcp('S'), 'routed', '', 'plain'],
  ] as const)('%s', (_name, end, headers, text, glyph, tone) =>
    expect(verbOf(step(end, headers))).toEqual({ text, glyph, tone }),
  )
})
