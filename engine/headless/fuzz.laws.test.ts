import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OPENING_FILES } from '../opening.ts'
import { HOSTILE } from '../testing/hostile.ts'
import { answerLine } from './answer.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }
const LIMITS = { pods: 60, nodes: 12, events: 6_000, changes: 60_000 }

/** Texts that are near to ones that work: every mutation of them is what somebody's typing looks like halfway. */
const FIXTURES = [
  ...OPENING_FILES.map(({ text }) => text),
  ...HOSTILE.flatMap(({ request: { scenario } }) => (scenario && scenario.length < 1_500 ? [scenario] : [])),
]

const SNIPPETS = [
  ...[
    'null',
    '[]',
    '{}',
    '-1',
    '1e99',
    '0x7fffffff',
    '"',
    "'",
    '|\n',
    '>-\n',
    '- ',
    '? ',
    ': ',
    '&a ',
    '*a',
    '<<: ',
    '!!int ',
  ],
  ...[
    '\t',
    '\u0000',
    '\ufeff',
    '\r',
    '---\n',
    '...\n',
    '__proto__: ',
    '#',
    '{{ x }}',
    '%YAML 1.2\n',
    '65536',
    '0.0.0.0/0',
    '::',
  ],
  ...[
    'spec:\n',
    'metadata:\n',
    'kind: Pod\n',
    'kind: List\nitems:\n',
    'name: ',
    'true',
    '2020-01-01',
    'default',
    'None',
    'ExternalName',
  ],
]

const mutation = fc.record({
  kind: fc.constantFrom('cut', 'insert', 'swap', 'repeat', 'value' as const),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.nat(40),
  snippet: fc.oneof(fc.constantFrom(...SNIPPETS), fc.string({ maxLength: 6 })),
})

type Mutation = { kind: string; at: number; length: number; snippet: string }

function mutated(text: string, { kind, at, length, snippet }: Mutation): string {
  const from = Math.floor(at * text.length)
  const [head, middle, tail] = [text.slice(0, from), text.slice(from, from + length), text.slice(from + length)]
  switch (kind) {
    case 'cut':
      return head + tail
    case 'insert':
      return head + snippet + middle + tail
    case 'swap':
      return head + snippet + tail
    case 'repeat':
      return head + middle.repeat(3) + tail
    default: {
      // The value of the line after `from` becomes the snippet.
      const colon = text.indexOf(': ', from)
      if (colon < 0) return text
      const end = text.indexOf('\n', colon)
      return text.slice(0, colon + 2) + snippet + (end < 0 ? '' : text.slice(end))
    }
  }
}

const scenario = fc
  .tuple(fc.constantFrom(...FIXTURES), fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([text, mutations]) => mutations.reduce(mutated, text))

const steps = fc.array(
  fc.dictionary(
    fc.constantFrom('apply', 'delete', 'patch', 'asks'),
    fc.array(
      fc.record(
        {
          apiVersion: fc.constantFrom('v1', 'apps/v1'),
          kind: fc.constantFrom('Pod', 'Service', 'Deployment', 'Node', 'Namespace'),
          name: fc.constantFrom('a', 'worker', 'kube-system', 'default'),
          namespace: fc.constantFrom('default', 'kube-system'),
          patch: fc.jsonValue(),
          metadata: fc.oneof(fc.constant({ name: 'a' }), fc.jsonValue()),
          spec: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 2 },
    ),
  ),
  { maxLength: 2 },
)

const ASKS = [
  { kubectl: { args: ['get', 'pods', '-A', '-o', 'wide'] } },
  { trace: { from: 'default/deploy/frontend', to: 'svc/backend.default', port: 80 } },
  { show: { node: 'worker', command: 'ip route' } },
]

/** The answer as the door would print it. What goes wrong in us is a failure of the law. */
function printed(request: object): string {
  const bytes = JSON.stringify(answerLine(JSON.stringify({ ...request, limits: LIMITS, asks: ASKS })))
  expect(bytes).not.toContain('"internal"')
  return bytes
}

describe('whatever somebody types', () => {
  test('is answered in JSON, and the second time in the same bytes', () => {
    fc.assert(
      fc.property(scenario, fc.boolean(), (text, admission) => {
        const first = printed({ scenario: text, admission })
        expect(JSON.parse(first)).toBeTypeOf('object')
        expect(printed({ scenario: text, admission })).toBe(first)
      }),
      RUNS,
    )
  }, 120_000)

  test('a line that is no request is answered all the same', () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom(...FIELDS), fc.oneof(fc.jsonValue(), steps))
        .map((request) => JSON.stringify(request)),
    )
    fc.assert(
      fc.property(line, (text) => {
        const bytes = JSON.stringify(answerLine(text))
        expect(bytes).not.toContain('"internal"')
      }),
      RUNS,
    )
  }, 120_000)
})

const FIELDS = [
  'id',
  'scenario',
  'files',
  'objects',
  'components',
  'admission',
  'seed',
  'untilMs',
  'asks',
  'steps',
  'limits',
]
