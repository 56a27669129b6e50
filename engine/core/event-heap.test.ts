import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventHeap } from './event-heap.ts'
import { clockTable, eventTable, schedulerOf } from './event-queue.ts'
import { World } from './world.ts'

const newWorld = () => new World([clockTable, eventTable] as never)

describe('the queue of events', () => {
  it('gives them back by time, then in the order they were scheduled, through cancel and undo', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ delay: fc.nat(5), cancel: fc.boolean(), undo: fc.boolean() }), { maxLength: 40 }),
        fc.nat(12),
        (list, least) => {
          const world = newWorld()
          const clock = schedulerOf(world)
          const heap = new EventHeap(world, least)
          for (const { delay, cancel, undo } of list) {
            const before = world.position
            const id = clock.after(delay, 'tick', null)
            if (cancel) clock.cancel(id)
            if (undo) world.seek(before)
            if (undo) world.forget()
          }
          const expected = world.rows('event').map((row) => row.id)
          const popped: string[] = []
          for (let next = heap.peek(); next; next = heap.peek()) {
            popped.push(next.id)
            world.delete('event', next.id)
          }
          expect(popped).toEqual(expected)
          expect(heap.settled).toBe(true)
        },
      ),
      { numRuns: Number(process.env.LAW_RUNS ?? 100) },
    )
  })

  it('keeps at most one pending event per id: the earlier one', () => {
    const world = newWorld()
    const clock = schedulerOf(world)
    clock.after(10, 'sync', 1, { id: 'sync' })
    clock.after(20, 'sync', 2, { id: 'sync' })
    clock.after(5, 'sync', 3, { id: 'sync' })
    expect(world.rows('event').map((row) => [row.at, row.payload])).toEqual([[5, 3]])
  })

  it('is settled when only background events are pending', () => {
    const world = newWorld()
    const clock = schedulerOf(world)
    const heap = new EventHeap(world)
    clock.after(1, 'resync', null, { background: true })
    expect(heap.settled).toBe(true)
    clock.after(1, 'work', null, { id: 'work' })
    expect(heap.settled).toBe(false)
    clock.cancel('work')
    expect(heap.settled).toBe(true)
  })
})
