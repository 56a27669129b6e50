import { describe, expect, it } from 'vitest'
import { Mirror, OPENING_FILES, OPENING_QUESTION, type SourceFile, type Update } from '../../engine/index.ts'
import { MIRRORED } from '../../engine/mirror.ts'
import { loadScenario } from '../../engine/scenario.ts'
import { Session } from '../../engine/session.ts'
import { withNetwork } from './network-option.ts'

type World = Extract<Update, { type: 'world' }>

/** A session with a page's mirror that follows it, and the session's own world beside it to compare with. */
function pageOf() {
  const mirror = new Mirror()
  const updates: World[] = []
  const session = new Session((update) => {
    if (update.type === 'failed') throw new Error(update.message)
    if (update.type !== 'world') return
    // As it travels: what does not survive a structured clone does not reach the page.
    const received = structuredClone(update)
    if (received.reset) mirror.reset()
    mirror.apply(received.changes)
    updates.push(received)
  })
  const world = () =>
    (session as unknown as { running: { sim: { world: ReturnType<typeof worldOf> } } }).running.sim.world // looked at, never touched
  const expectEqual = (when: string) => {
    for (const table of MIRRORED) expect(mirror.rows(table), `${table}, ${when}`).toEqual(world().rows(table))
  }
  return { mirror, session, updates, expectEqual, last: () => updates.at(-1) as World }
}

function worldOf() {
  const loaded = loadScenario({ files: [] })
  if (!loaded.ok) throw new Error('nothing loads')
  return loaded.running.sim.world
}

const edited = (from: string, to: string): SourceFile[] =>
  OPENING_FILES.map(({ name, text }) => ({ name, text: text.replace(from, to) }))

describe("the page's mirror equals the engine's world", () => {
  it('after a load, through seeks to everywhere, edits, a broken text, a branch, a question and another network', () => {
    const { session, expectEqual, last, mirror } = pageOf()
    let id = 0
    session.handle({ type: 'load', id: ++id, files: OPENING_FILES, seed: 1, question: OPENING_QUESTION })
    expectEqual('loaded')
    expect(mirror.rows('object').length).toBeGreaterThan(20)

    const start = last().moment
    const end = last().answer?.lastCommit ?? 0
    expect(end).toBeGreaterThan(start)
    const seek = (moment: number) => {
      session.handle({ type: 'seek', id: ++id, moment })
      expectEqual(`at moment ${moment}`)
    }
    for (const moment of [end, 0, 1, Math.floor(start / 2), start - 1, start, end, start + 3]) seek(moment)

    session.handle({ type: 'edit', id: ++id, files: edited('replicas: 2', 'replicas: 5') })
    expectEqual('after an edit in the middle of the walk: a branch')
    expect(mirror.rows('object').filter((row) => row.kind === 'Pod' && row.name.startsWith('backend-'))).toHaveLength(5)
    seek(start - 20)
    session.handle({ type: 'edit', id: ++id, files: edited('replicas: 2', 'replicas: 1') })
    expectEqual('after an edit in the past')

    session.handle({ type: 'edit', id: ++id, files: edited('  replicas: 2', ' replicas: 2') })
    expect(last().rejected).toBe(true)
    expectEqual('after a text that could not be read')

    session.handle({ type: 'ask', id: ++id, question: { from: 'external', to: 'svc/backend.default', port: 80 } })
    expectEqual('after another question')

    session.handle({
      type: 'edit',
      id: ++id,
      files: withNetwork(edited('targetPort: 80', 'targetPort: 8080'), 'kubenet'),
    })
    expect(last().reset).toBe(true)
    expectEqual('in a world made anew')
    seek(last().answer?.lastCommit ?? 0)
    seek(0)
  })

  it('says what an edit wrote: the objects, and the rules on the nodes', () => {
    const { session, last } = pageOf()
    session.handle({ type: 'load', id: 1, files: OPENING_FILES, seed: 1, question: OPENING_QUESTION })
    expect(last().wrote).toBeUndefined()
    session.handle({ type: 'edit', id: 2, files: edited('targetPort: 80', 'targetPort: 8080') })
    const { updated = [], created, deleted, rules } = last().wrote ?? {}
    expect(updated).toContain('Service/default/backend')
    expect([created, deleted]).toEqual([[], []])
    // One DNAT rule per endpoint and node became another: two endpoints, four nodes.
    expect(rules?.hosts).toBe(4)
    expect(rules?.added).toBe(rules?.removed)
    expect(rules?.added).toBeGreaterThanOrEqual(8)
    session.handle({ type: 'edit', id: 3, files: edited('targetPort: 80', 'targetPort: 8080 # nothing') })
    expect(last().wrote).toEqual({ created: [], updated: [], deleted: [], rules: { added: 0, removed: 0, hosts: 0 } })
  })
})
