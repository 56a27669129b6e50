import { describe, expect, it } from 'vitest'
import {
  type CommitView,
  OPENING_FILES,
  OPENING_QUESTION,
  type Question,
  type WorldUpdate,
} from '../../engine/index.ts'
import { Session } from '../../engine/session.ts'
import { beatsOf, firstBeatOfWalk, stepOf } from '../sim/beats.ts'
import { type Stop, withFolds } from './phases.ts'

/** The opening scene with another text and other questions, one after the other, each watched to its end. */
function asked(change: (text: string) => string, ...questions: readonly Question[]) {
  const updates: WorldUpdate[] = []
  const session = new Session((update) => update.type === 'world' && updates.push(update))
  const files = OPENING_FILES.map(({ name, text }) => ({ name, text: change(text) }))
  const commits = new Map<number, CommitView>()
  questions.forEach((question, index) => {
    session.handle(
      index === 0 ? { type: 'load', id: index, files, seed: 1, question } : { type: 'ask', id: index, question },
    )
    const { timeline } = updates[updates.length - 1]
    for (const commit of timeline?.commits ?? []) commits.set(commit.index, commit)
    session.handle({ type: 'seek', id: 100 + index, moment: Number.MAX_SAFE_INTEGER })
  })
  const answer = updates[updates.length - 1].answer ?? null
  const all = beatsOf([...commits.values()])
  const stops = (unfolded: readonly string[] = []) => withFolds(all, commits, answer, new Set(unfolded))
  const walk = (list: readonly Stop[]) => list.slice(firstBeatOfWalk(list, answer))
  const packets = (list: readonly Stop[]) => [
    ...new Set(list.filter((stop) => !stop.fold || stop.fold.open).map((stop) => stepOf(commits, stop)?.packet)),
  ]
  return { all, stops, walk, packets }
}

const fixed = (text: string) => text.replace('targetPort: 80', 'targetPort: 8080')

describe('a TCP exchange on the timeline', () => {
  it('shows the SYN and the answer to it hop by hop; the rest is a stop for each phase', () => {
    const { stops, walk, packets } = asked(fixed, OPENING_QUESTION)
    const shown = walk(stops())
    expect(packets(shown)).toEqual(['request', 'request/r1'])
    expect(shown.flatMap(({ fold }) => fold?.kind ?? [])).toEqual(['handshake', 'data', 'close'])
    expect(shown.find(({ fold }) => fold?.kind === 'data')?.fold?.note).toMatch(
      /^\d packets? there \(64 bytes\), \d packets? back \(64 bytes\)$/,
    )
    expect(shown.length).toBeLessThan(80)
  })

  it('unfolded, nothing is missing, and stops stay in the order of time', () => {
    const { all, stops, walk } = asked(fixed, OPENING_QUESTION)
    const ids = stops().flatMap(({ fold }) => fold?.id ?? [])
    const plain = ({ commit, step, at, lane }: Stop) => ({ commit, step, at, lane })
    expect(stops(ids).map(plain)).toEqual(all.map(plain))
    const one = walk(stops([ids[1]]))
    expect(one.filter(({ fold }) => fold?.open)).toHaveLength(1)
    expect(one.map(({ at }) => at)).toEqual(one.map(({ at }) => at).sort((a, b) => a - b))
  })

  it('a refusal is shown whole', () => {
    const { stops, packets, walk } = asked((text) => text, OPENING_QUESTION)
    expect(packets(walk(stops()))).toEqual(['request', 'request/rst'])
    expect(stops().every(({ fold }) => fold === undefined)).toBe(true)
  })

  it('a name that is looked up first is a stop of its own', () => {
    const { stops, walk, packets } = asked(fixed, { ...OPENING_QUESTION, to: 'backend' })
    expect(walk(stops())[0].fold?.kind).toBe('lookup')
    expect(packets(walk(stops()))).toEqual(['request', 'request/r1'])
  })

  it('a name that nobody knows is the story itself', () => {
    const { stops, walk, packets } = asked(fixed, { ...OPENING_QUESTION, to: 'nobody' })
    expect(packets(walk(stops()))[0]).toBe('request/dns1')
    expect(walk(stops()).some(({ fold }) => fold?.kind === 'lookup')).toBe(false)
  })

  it('questions asked before are a stop each', () => {
    const { stops, walk, packets } = asked(fixed, OPENING_QUESTION, OPENING_QUESTION, OPENING_QUESTION)
    expect(packets(walk(stops()))).toEqual(['request-3', 'request-3/r1'])
    const earlier = stops().filter(({ fold }) => fold?.kind === 'earlier')
    expect(earlier.map(({ fold }) => fold?.id)).toEqual(['request earlier', 'request-2 earlier'])
  })
})
