import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Table, type Row, type TableDef } from './table.ts'
import { World } from './world.ts'

interface Thing extends Row {
  readonly group: string
  readonly weight: number
  readonly tags: readonly string[]
}

declare module './tables.ts' {
  interface Tables {
    thing: Thing
  }
}

const thingTable: TableDef<Thing> = {
  name: 'thing',
  order: (a, b) => a.weight - b.weight,
  indexes: { group: (row) => row.group, tag: (row) => row.tags },
}
const runs = { numRuns: Number(process.env.LAW_RUNS ?? 100) }
/** Checkpoints so close together that sixty writes meet, thin out and cross many of them. */
const newWorld = () => new World([thingTable] as never, { nearby: 2, interval: 3 })

const write = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
  remove: fc.boolean(),
  read: fc.boolean(),
  group: fc.constantFrom('x', 'y', 'z'),
  weight: fc.integer({ min: 0, max: 3 }),
  tags: fc.subarray(['p', 'q', 'r']),
})
const writes = fc.array(write, { maxLength: 60 })
type Write = typeof write extends fc.Arbitrary<infer W> ? W : never

function play(world: World, list: readonly Write[]): void {
  for (const { id, remove, read, group, weight, tags } of list) {
    if (remove) world.delete('thing', id)
    else world.put('thing', { id, group, weight, tags })
    if (read) everything(world)
  }
}

/** All that can be read of a world, so that two can be compared: rows, every index, every memo. */
function everything(world: World): unknown {
  const groups = ['x', 'y', 'z'].map((key) => [
    world.by('thing', 'group', key),
    world.memo('thing', 'group', key, 'sum', (rows) => rows.reduce((sum, row) => sum + row.weight, 0)),
  ])
  const tags = ['p', 'q', 'r'].map((key) => world.by('thing', 'tag', key))
  return structuredClone([world.rows('thing'), groups, tags])
}

describe('laws of the world', () => {
  it('undo-all is genesis, redo-all is the end, and seek(t) equals replay to t', () => {
    fc.assert(
      fc.property(writes, fc.nat(), (list, cut) => {
        const world = newWorld()
        play(world, list)
        const end = everything(world)
        const at = cut % (world.end + 1)
        const log = world.changes(0)
        world.seek(at)
        const replayed = newWorld()
        for (const { id, after } of log.slice(0, at))
          after ? replayed.put('thing', after as Thing) : replayed.delete('thing', id)
        expect(everything(world)).toEqual(everything(replayed))
        world.seek(0)
        expect(world.rows('thing')).toEqual([])
        world.seek(world.end)
        expect(everything(world)).toEqual(end)
      }),
      runs,
    )
  })

  it('the net changes of a seek, applied to a copy, make it equal', () => {
    fc.assert(
      fc.property(writes, fc.array(fc.nat(), { maxLength: 6 }), (list, stops) => {
        const world = newWorld()
        play(world, list)
        const seen = new Table<Thing>(thingTable)
        for (const row of world.rows('thing')) seen.write(row.id, undefined, row)
        world.observe('thing', ({ id, before, after }) => seen.write(id, before as Thing, after as Thing))
        const copy = new Table<Thing>(thingTable)
        for (const row of world.rows('thing')) copy.write(row.id, undefined, row)
        for (const stop of stops) {
          for (const { id, after } of world.seek(stop % (world.end + 1)))
            copy.write(id, copy.get(id), after as Thing | undefined)
          expect(copy.rows()).toEqual(world.rows('thing'))
          expect(seen.rows()).toEqual(world.rows('thing'))
        }
      }),
      runs,
    )
  })

  it('explaining at any moment leaves past and future as they were', () => {
    fc.assert(
      fc.property(writes, writes, fc.nat(), (list, asked, cut) => {
        const world = newWorld()
        play(world, list)
        const log = world.changes(0)
        const at = cut % (world.end + 1)
        world.seek(at)
        const before = everything(world)
        const future = world.takeFuture()
        play(world, asked)
        world.rewind(at)
        world.restoreFuture(future)
        expect(everything(world)).toEqual(before)
        world.seek(world.end)
        expect(world.changes(0)).toEqual(log)
        world.seek(at)
        expect(everything(world)).toEqual(before)
      }),
      runs,
    )
  })

  it('a copy has the same present, tells its observers, and goes its own way', () => {
    fc.assert(
      fc.property(writes, writes, (list, later) => {
        const world = newWorld()
        play(world, list)
        const before = everything(world)
        const copy = newWorld()
        const seen = new Table<Thing>(thingTable)
        copy.observe('thing', ({ id, before: old, after }) => seen.write(id, old as Thing, after as Thing))
        copy.copy(world)
        expect(everything(copy)).toEqual(before)
        expect(seen.rows()).toEqual(copy.rows('thing'))
        play(copy, later)
        expect(everything(world)).toEqual(before)
        copy.seek(0)
        expect(everything(copy)).toEqual(before)
        expect(seen.rows()).toEqual(copy.rows('thing'))
      }),
      runs,
    )
  })

  it('an index holds exactly the rows that have its key, in the order of the table', () => {
    fc.assert(
      fc.property(writes, (list) => {
        const world = newWorld()
        play(world, list)
        const rows = world.rows('thing')
        expect(rows).toEqual([...rows].sort((a, b) => a.weight - b.weight || (a.id < b.id ? -1 : 1)))
        for (const key of ['x', 'y', 'z'])
          expect(world.by('thing', 'group', key)).toEqual(rows.filter((row) => row.group === key))
        for (const key of ['p', 'q', 'r'])
          expect(world.by('thing', 'tag', key)).toEqual(rows.filter((row) => row.tags.includes(key)))
      }),
      runs,
    )
  })

  it('a table that is held takes no writes, also if the body throws; afterwards it does', () => {
    const world = newWorld()
    const row = { id: 'a', group: 'x', weight: 1, tags: [] }
    const held = () => world.holding(new Set(['thing']), () => world.put('thing', row))
    held()
    expect([world.rows('thing'), world.end]).toEqual([[], 0])
    expect(() =>
      world.holding(new Set(['thing']), () => {
        throw new Error('stop')
      }),
    ).toThrow('stop')
    world.put('thing', row)
    expect(world.rows('thing')).toEqual([row])
  })

  it('a write after a seek back forgets what lay ahead', () => {
    fc.assert(
      fc.property(writes, fc.nat(), (list, cut) => {
        const world = newWorld()
        play(world, list)
        const at = cut % (world.end + 1)
        world.seek(at)
        world.put('thing', { id: 'new', group: 'x', weight: 9, tags: [] })
        expect(world.end).toBe(at + 1)
      }),
      runs,
    )
  })
})
