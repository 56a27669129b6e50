import { describe, expect, test } from 'vitest'
import { answerLine } from './answer.ts'

const SCENARIO = `apiVersion: v1
kind: Pod
metadata: { name: a, labels: { app: a } }
spec:
  containers: [{ name: c, image: nginx, ports: [{ name: http, containerPort: 80 }] }]
---
apiVersion: v1
kind: Pod
metadata: { name: b }
spec: { containers: [{ name: c, image: nginx }] }
---
apiVersion: v1
kind: Service
metadata: { name: a }
spec: { selector: { app: a }, ports: [{ name: web, port: 80 }] }
`
const trace = (fields: object) => ({ trace: { from: 'default/b', to: 'svc/a.default', port: 80, ...fields } })

function answersTo(asks: readonly unknown[]): readonly Record<string, unknown>[] {
  const said = answerLine(JSON.stringify({ scenario: SCENARIO, asks }))
  expect(said).not.toHaveProperty('error')
  return (said as { answers: readonly Record<string, unknown>[] }).answers // no error, so it has answers
}

describe('an ask with a field that cannot be is told what to write', () => {
  const asks: readonly (readonly [unknown, string])[] = [
    [trace({ port: 0 }), '`port` is a whole number from 1 to 65535, not 0'],
    [trace({ port: -1 }), '`port` is a whole number from 1 to 65535, not -1'],
    [trace({ port: 70000 }), '`port` is a whole number from 1 to 65535, not 70000'],
    [trace({ port: '70000' }), '`port` is a whole number from 1 to 65535, not 70000'],
    [trace({ port: 8.5 }), '`port` is a whole number from 1 to 65535, not 8.5'],
    [trace({ port: true }), '`port` is a whole number from 1 to 65535, not true'],
    [trace({ port: [80] }), '`port` is a whole number from 1 to 65535, not [80]'],
    [trace({ port: '' }), '`port` is a number, or the name of a port of the Service or pod in `to`'],
    [trace({ port: 'abc' }), 'Service default/a has no port "abc"; it has "web" (80)'],
    [trace({ to: 'default/a', port: 'abc' }), 'pod default/a has no port named "abc"; it has "http"'],
    [trace({ to: 'default/b', port: 'abc' }), 'pod default/b has no port named "abc"; give the number'],
    [
      trace({ to: '10.96.0.1', port: 'https' }),
      'port "https" of 10.96.0.1: a name is only known for a Service or a pod; give the number',
    ],
    [trace({ protocol: 'tcp' }), '`protocol` is one of TCP, UDP, SCTP, ICMP, not "tcp"; did you mean "TCP"?'],
    [trace({ sourcePort: '80' }), '`sourcePort` is a whole number from 1 to 65535, not "80"'],
    [trace({ size: -1 }), '`size` is a number of bytes from 0 to 10000000, not -1'],
    [trace({ seed: 'a' }), '`seed` is a whole number, not "a"'],
    [trace({ branches: 'yes' }), '`branches` is true or false, not "yes"'],
    [trace({ http: '/' }), '`http` is an object such as {"path": "/"}, not "/"'],
    [trace({ http: { pth: '/' } }), '`http`: unknown field `pth`; did you mean `path`?'],
    [trace({ http: { headers: { a: 1 } } }), '`http`: `headers` maps names to texts, such as {"x-request-id": "1"}'],
    [trace({ protcol: 'TCP' }), 'unknown field `protcol`; did you mean `protocol`?'],
    [trace({ from: undefined }), '`from` is missing'],
    [trace({ to: null }), '`to` is missing'],
    [trace({ to: 5 }), '`to` is a text, not 5'],
    [{ matrix: { probes: [{ protocol: 'TCP' }] } }, '`probes`[0] needs `port`'],
    [{ matrix: { probes: [{ port: 'x y' }] } }, 'has no port named "x y"'],
    [{ matrix: { group: 'pods' } }, '`group` is one of pod, workload, not "pods"; did you mean "pod"?'],
    [{ show: {} }, '`command` is missing'],
    [{ kubectl: { args: 5 } }, '`args` is a list of words'],
    [{ dns: {} }, '`name` is missing'],
    [{ trac: {} }, 'unknown ask "trac"; did you mean "trace"?'],
    [{ constructor: {} }, 'unknown ask "constructor"; known: trace'],
    [{ trace: { from: 'a', to: 'b' }, reach: {} }, 'an ask is an object with one key'],
    [{ trace: [] }, '"trace" takes an object'],
    [5, 'an ask is an object with one key'],
  ]
  const answers = answersTo(asks.map(([ask]) => ask))
  test.each(asks.map(([ask, message], i) => [JSON.stringify(ask), message, answers[i]] as const))('%s', (...row) => {
    const [, message, answer] = row
    expect(answer).toEqual({ error: { code: 'bad-ask', message: expect.stringContaining(message) } })
  })
})

test('a number may be written as a text, a null field is an absent one, a port may be called by its name', () => {
  const asks = [{ port: '80' }, { port: null }, { port: 'web' }, { to: 'default/a', port: 'http' }, { size: null }]
  for (const answer of answersTo(asks.map(trace))) expect(answer).toMatchObject({ trace: { verdict: 'delivered' } })
})

test('an ask that is not modelled says so', () => {
  expect(answersTo([{ exec: { pod: 'default/a', command: 'ip route' } }])).toMatchObject([
    { error: { code: 'not-modelled' } },
  ])
})

test('words of kubectl in one text are split as a shell does', () => {
  const [{ kubectl }] = answersTo([{ kubectl: { args: "get pod a -o 'jsonpath={.metadata.name}'" } }])
  expect(kubectl).toMatchObject({ exitCode: 0, text: expect.stringMatching(/^a\s*$/) })
})

test('a field like none of ours is ignored and told, once', () => {
  const mine = trace({ comment: 'after the move' })
  const asks = [mine, mine, { kubectl: { args: ['get', 'pods'], 'asked-by': 'ci' } }]
  expect(answerLine(JSON.stringify({ scenario: SCENARIO, asks }))).toMatchObject({
    answers: [{ trace: { verdict: 'delivered' } }, { trace: { verdict: 'delivered' } }, { kubectl: { exitCode: 0 } }],
    diagnostics: ['trace.comment', 'kubectl.asked-by'].map((field) => ({
      severity: 'warning',
      code: 'ask-field-ignored',
      message: expect.stringContaining(field),
    })),
  })
})

test.each([undefined, null, 3, 'x', [1]])('a patch that is %j is refused before anything runs', (patch) => {
  const step = { patch: [{ kind: 'Namespace', name: 'default', patch }] }
  expect(answerLine(JSON.stringify({ steps: [step] }))).toMatchObject({
    error: { code: 'bad-request', message: expect.stringContaining('`steps[0].patch[0].patch` is an object') },
  })
})
