import { describe, expect, test } from 'vitest'
import { Session } from '../session.ts'
import type { Update } from '../protocol.ts'
import { PAGE_LIMITS } from '../limits.ts'
import { eventsAllowed, HOSTILE, pod, workload } from '../testing/hostile.ts'
import { type Answer, answerLine, type Failure } from './answer.ts'

const ASKS = [{ kubectl: { args: ['get', 'pods', '-A'] } }, { trace: { from: 'default/p', to: 'default/p', port: 80 } }]

describe('a stranger pastes', () => {
  test.each(HOSTILE.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const said = answerLine(JSON.stringify({ ...each.request, asks: ASKS }))
    expect(JSON.stringify(said)).not.toContain('"internal"')
    if ('error' in said) {
      expect(each.refused, said.error.message).toBeDefined()
      expect(said.error.message).toContain(each.refused)
      return
    }
    expect(each.refused, 'the text runs').toBeUndefined()
    expect(said.answers).toHaveLength(ASKS.length)
    expect(said.events).toBeLessThanOrEqual(eventsAllowed(each))
    const messages = said.diagnostics.map(({ message }) => message)
    if (each.told) expect(messages.filter((message) => message.includes(each.told as string))).not.toEqual([])
    else expect(said.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    for (const message of messages) expect(message.length).toBeLessThan(2_000)
  })
})

describe('what is too much is told at its line', () => {
  const told = (said: Answer | Failure, code: string) =>
    (said as Answer).diagnostics.filter((diagnostic) => diagnostic.code === code)

  test('replicas beyond the budget', () => {
    const said = answerLine(JSON.stringify({ scenario: workload('Deployment', 1e9), limits: { pods: 50 } }))
    expect(told(said, 'pod-budget')).toMatchObject([
      { severity: 'error', file: 'scenario.yaml', line: 5, object: 'Deployment/default/a' },
    ])
    const [{ message }] = told(said, 'pod-budget')
    expect(message).toMatch(/^showing \d\d of 1,000,000,000 replicas: a cluster holds at most 50 Pods here$/)
    expect((said as Answer).settled).toBe(true)
  })

  test('a Pod of the text beyond the budget, in the words of a quota', () => {
    const said = answerLine(
      JSON.stringify({
        scenario: Array.from({ length: 60 }, (_, i) => pod(`p${i}`)).join('---\n'),
        limits: { pods: 50 },
      }),
    )
    const refused = told(said, 'api-forbidden')
    const shown = 60 - refused.length
    expect(refused.map(({ line }) => line)).toEqual(refused.map((_, i) => (shown + i) * 5 + 1))
    expect(refused[0].message).toBe(
      `pods "p${shown}" is forbidden: exceeded quota: playground, requested: pods=1, used: pods=50, limited: pods=50`,
    )
  })

  test("the system's own pods start all the same", () => {
    const said = answerLine(
      JSON.stringify({
        scenario: workload('Deployment', 1e9),
        limits: { pods: 50 },
        asks: [{ kubectl: { args: ['get', 'pods', '-n', 'kube-system'] } }],
      }),
    ) as Answer
    const [{ kubectl }] = said.answers as [{ kubectl: { text: string } }]
    expect(kubectl.text).toMatch(/coredns/)
    expect(kubectl.text).toMatch(/kube-proxy/)
    expect(kubectl.text).not.toMatch(/Pending/)
  })

  test('a larger budget is asked for', () => {
    const pods = (limits: object) =>
      told(answerLine(JSON.stringify({ scenario: workload('Deployment', 100), limits })), 'pod-budget').length
    expect([pods({ pods: 50 }), pods({ pods: 500 })]).toEqual([1, 0])
  })

  test.each([
    [{ pod: 3 }, '`limits` knows nodes, pods, objects, events, changes, not "pod"'],
    [{ pods: 0 }, '`limits.pods` is a whole number above 0'],
    [{ pods: '3' }, '`limits.pods` is a whole number above 0'],
  ])('limits of %j are refused', (limits, message) => {
    expect(answerLine(JSON.stringify({ limits }))).toMatchObject({ error: { code: 'bad-request', message } })
  })

  test.each([
    ['events', { events: 40 }, /did not come to rest within 40 events/],
    ['changes', { changes: 500 }, /did not come to rest within \d+ events/],
  ])('a world that uses up its %s, with who is busy', (_, limits, message) => {
    const said = answerLine(JSON.stringify({ scenario: workload('Deployment', 3), limits })) as Answer
    expect(said.settled).toBe(false)
    expect(told(said, 'unsettled')).toMatchObject([{ severity: 'warning', message: expect.stringMatching(message) }])
    expect(told(said, 'unsettled')[0].message).toMatch(/Still busy: .*(kubelet|controller|scheduler)/)
  })
})

describe('one text, one answer', () => {
  const line = JSON.stringify({
    scenario: `${workload('Deployment', 3)}---\n${workload('Deployment', 2, { name: 'b' })}`,
    asks: [
      { kubectl: { args: ['get', 'pods', '-A', '-o', 'wide'] } },
      { show: { node: 'worker', command: 'iptables-save' } },
      { trace: { from: 'default/deploy/a', to: 'default/deploy/b', port: 80 } },
    ],
  })
  const bytes = () => JSON.stringify(answerLine(line))

  test('twice in a row, and after fifty other requests', () => {
    const first = bytes()
    expect(bytes()).toBe(first)
    const others = HOSTILE.filter(({ request, events }) => events === undefined && size(request) < 20_000)
    for (let i = 0; i < 50; i++) answerLine(JSON.stringify(others[i % others.length].request))
    expect(bytes()).toBe(first)
  })
})

const size = (request: object) => JSON.stringify(request).length

describe('the page', () => {
  const say = (command: object, session?: Session) => {
    const updates: Update[] = []
    const made = session ?? new Session((update) => updates.push(update), { ...PAGE_LIMITS, pods: 300 })
    made.handle({ type: 'load', id: 1, seed: 1, ...command } as never)
    return updates
  }

  test('hears that a long command goes on, before its answer', () => {
    const updates = say({ files: [{ name: 'a.yaml', text: workload('Deployment', 1e9) }] })
    const progress = updates.filter((update) => update.type === 'progress')
    expect(progress.length).toBeGreaterThan(3)
    expect(progress.every(({ id }) => id === 1)).toBe(true)
    expect(progress.at(-1)?.pods).toBeGreaterThanOrEqual(300)
    expect(updates.at(-1)).toMatchObject({ type: 'world', id: 1, settled: true })
    expect(progress.map(({ events }) => events)).toEqual(progress.map(({ events }) => events).sort((a, b) => a - b))
  })

  test('shows a world that does not come to rest, and goes on from there', () => {
    const updates: Update[] = []
    const session = new Session((update) => updates.push(update), { ...PAGE_LIMITS, events: 60 })
    const files = [{ name: 'a.yaml', text: workload('Deployment', 3) }]
    session.handle({ type: 'load', id: 1, files, seed: 1 })
    expect(updates.at(-1)).toMatchObject({ type: 'world', settled: false })
    for (let id = 2; id < 12; id++) session.handle({ type: 'edit', id, files })
    expect(updates.at(-1)).toMatchObject({ type: 'world', settled: true })
  })
})
