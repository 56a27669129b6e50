import { describe, expect, it } from 'vitest'
import { clockTable } from './event-queue.ts'
import { draw, hash32, nameOf, rngTable } from './rng.ts'
import { World } from './world.ts'

const newWorld = () => new World([clockTable, rngTable] as never)

describe('seeded streams', () => {
  it('the same seed and name give the same numbers; another stream does not shift them', () => {
    const alone = newWorld()
    const first = [draw(alone, 7, 'wire'), draw(alone, 7, 'wire')]
    const mixed = newWorld()
    const second = [draw(mixed, 7, 'wire'), draw(mixed, 7, 'other'), draw(mixed, 7, 'wire')]
    expect([second[0], second[2]]).toEqual(first)
    expect(second[1]).not.toBe(second[0])
  })

  it('undo takes a draw back', () => {
    const world = newWorld()
    const before = world.position
    const first = draw(world, 1, 's')
    world.seek(before)
    expect(draw(world, 1, 's')).toBe(first)
  })

  it('draws are spread evenly enough for a dice: each tenth within 20 % of its share', () => {
    const world = newWorld()
    const counts = new Array(10).fill(0)
    for (let i = 0; i < 10_000; i++) counts[Math.floor(draw(world, 3, 'dice') * 10)]++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200)
  })

  it('neighbouring names do not collide', () => {
    const seen = new Set<number>()
    for (let i = 0; i < 5000; i++) seen.add(hash32(1, `pod-${i}`))
    expect(seen.size).toBe(5000)
    expect(nameOf(1, 'a', 5)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })
})
