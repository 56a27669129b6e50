import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CommitView, StepView } from '../../engine/index.ts'
import { beatsOf } from '../sim/beats.ts'
import { beatAt, duration, layoutOf } from './layout.ts'

const control = (index: number, at: number): CommitView => ({ index, at, lane: 'control', notes: [], steps: [] })
const data = (index: number, at: number, end?: StepView['end']): CommitView => ({
  index,
  at,
  lane: 'data',
  notes: [],
  steps: [
    {
      at,
      packet: 'request',
      branch: '0',
      host: 'worker',
      netns: 'worker',
      stage: 'routing',
      action: 'routed',
      detail: '',
      summary: '',
      reply: false,
      ...(end ? { end } : {}),
    },
  ],
})
const laidOut = (commits: readonly CommitView[], posed: number, editedAt: readonly number[] = []) =>
  layoutOf({ beats: beatsOf(commits), commits: new Map(commits.map((c) => [c.index, c])), posed, editedAt })

describe('beats on the timeline', () => {
  it('hundreds of events before the packet leave it most of the line', () => {
    const commits = [
      ...Array.from({ length: 900 }, (_, i) => control(i, i)),
      ...Array.from({ length: 40 }, (_, i) => data(900 + i, 1_000 + i)),
    ]
    const { packetAt, marks } = laidOut(commits, 900)
    expect(packetAt).toBeLessThan(0.35)
    expect(marks.filter((mark) => mark.lane === 'control').length).toBeLessThan(200)
    expect(marks.reduce((sum, mark) => sum + mark.count, 0)).toBe(940)
  })

  it('what the last edit set off is not squeezed with the rest', () => {
    const commits = [
      ...Array.from({ length: 500 }, (_, i) => control(i, i)),
      ...Array.from({ length: 7 }, (_, i) => control(500 + i, 600 + i)),
      ...Array.from({ length: 40 }, (_, i) => data(507 + i, 1_000 + i)),
    ]
    const { at, edits } = laidOut(commits, 507, [500])
    expect(at[506] - at[505]).toBeCloseTo(at[530] - at[529])
    expect(at[2] - at[1]).toBeLessThan((at[506] - at[505]) / 5)
    expect(edits).toHaveLength(1)
  })

  it('a pause of more than a second is a break with its own room', () => {
    const { breaks, at } = laidOut([data(0, 0), data(1, 10), data(2, 3_000_010), data(3, 3_000_020)], 0)
    expect(breaks.map(({ us }) => us)).toEqual([3_000_000])
    expect(at[2] - at[1]).toBeGreaterThan(at[1] - at[0])
    expect(breaks[0].x).toBeGreaterThan(at[1])
    expect(breaks[0].x).toBeLessThan(at[2])
  })

  it('a drop and a delivery are never merged away', () => {
    const commits = [data(0, 0), data(1, 1, { disposition: 'dropped' }), data(2, 2, { disposition: 'delivered' })]
    expect(laidOut(commits, 0).marks.map(({ kind }) => kind)).toEqual(['step', 'death', 'delivered'])
  })

  it('a place leads to the beat that is drawn there, and beats stay in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.integer({ min: 0, max: 2_000_000 }), packet: fc.boolean() }), { maxLength: 60 }),
        fc.nat(60),
        fc.nat(60),
        (shape, posed, edit) => {
          let now = 0
          const commits = shape.map(({ wait, packet }, index) => {
            now += wait
            return packet ? data(index, now) : control(index, now)
          })
          const layout = laidOut(commits, Math.min(posed, commits.length), [edit])
          layout.at.forEach((x, index) => {
            expect(x).toBeGreaterThanOrEqual(index > 0 ? layout.at[index - 1] : 0)
            expect(x).toBeLessThanOrEqual(1)
            expect(layout.at[beatAt(layout, x)]).toBeCloseTo(x)
          })
          expect(beatAt(layout, -1)).toBe(-1)
          expect(beatAt(layout, 2)).toBe(commits.length - 1)
        },
      ),
    )
  })

  it.each([
    [1_800_000, '1.8 s'],
    [3_000_000, '3 s'],
    [131_000_000, '2 min 11 s'],
  ])('%i microseconds read as %s', (us, text) => expect(duration(us)).toBe(text))
})
