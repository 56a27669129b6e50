import { describe, expect, it } from 'vitest'
import { OPENING_FILES, OPENING_QUESTION, type Update } from '../../engine/index.ts'
import type { Part, PartName } from '../../engine/parts.ts'
import { Desk } from './desk.ts'
import { PARTS } from './parts.ts'

/** A desk whose parts come when the test says so. */
function deskOf() {
  const updates: Update[] = []
  const asked: PartName[] = []
  const arrivals: { name: PartName; come: () => Promise<void>; fail: () => void }[] = []
  const later = (name: PartName) => () =>
    new Promise<Part>((resolve, reject) => {
      asked.push(name)
      arrivals.push({ name, come: () => PARTS[name]().then(resolve), fail: () => reject(new Error('no network')) })
    })
  const desk = new Desk((update) => update.type !== 'progress' && updates.push(update), {
    tools: later('tools'),
    language: later('language'),
  })
  desk.handle({ type: 'load', id: 1, files: OPENING_FILES, seed: 1, question: OPENING_QUESTION })
  const answered = () => updates.map(({ id }) => id)
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  return { desk, updates, answered, asked, arrivals, settle }
}

const show = (id: number, command = 'ip route') => ({ type: 'show', id, where: { node: 'worker' }, command }) as const

describe('parts of the engine that come after the world', () => {
  it('a world loads without any of them', () => {
    const { answered, asked } = deskOf()
    expect([answered(), asked]).toEqual([[1], []])
  })

  it('commands wait for their part, and are answered in the order in which they came', async () => {
    const { desk, answered, asked, arrivals, settle, updates } = deskOf()
    desk.handle(show(2))
    desk.handle(show(3, 'ip addr'))
    expect([answered(), asked]).toEqual([[1], ['tools']])
    await arrivals[0].come()
    await settle()
    desk.handle(show(4))
    expect(answered()).toEqual([1, 2, 3, 4])
    expect(updates[1]).toMatchObject({ type: 'shown', exitCode: 0 })
  })

  it('what needs no part, or another one, is not held up', async () => {
    const { desk, answered, arrivals, settle } = deskOf()
    desk.handle(show(2))
    desk.handle({ type: 'seek', id: 3, moment: 5 })
    desk.handle({ type: 'complete', id: 4, file: 'a.yaml', text: 'ki', offset: 2 })
    expect(answered()).toEqual([1, 3])
    await arrivals[1].come()
    await settle()
    expect(answered()).toEqual([1, 3, 4])
  })

  it('a part that does not come fails its commands, and is sent for again', async () => {
    const { desk, updates, asked, arrivals, settle } = deskOf()
    desk.handle(show(2))
    arrivals[0].fail()
    await settle()
    expect(updates[1]).toMatchObject({ type: 'failed', id: 2 })
    desk.handle(show(3))
    await arrivals[1].come()
    await settle()
    expect(asked).toEqual(['tools', 'tools'])
    expect(updates[2]).toMatchObject({ type: 'shown', id: 3 })
  })

  it('sent for ahead of time, each comes once', async () => {
    const { desk, asked, arrivals, settle, answered } = deskOf()
    desk.fetchAll()
    desk.fetchAll()
    expect(asked).toEqual(['tools', 'language'])
    for (const { come } of arrivals) await come()
    await settle()
    desk.handle(show(2))
    expect(answered()).toEqual([1, 2])
  })
})
