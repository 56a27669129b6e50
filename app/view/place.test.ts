import fc from 'fast-check'
import { expect, it } from 'vitest'
import { overlaps, type Rect } from './geometry.ts'
import { placeCaption } from './place.ts'

const frame: Rect = { x: 8, y: 8, w: 630, h: 520 }
const size = { w: 200, h: 64 }
const clear = { w: 16, h: 12 }

it('a caption stays near the packet where nothing is in the way', () => {
  const at = placeCaption({ x: 300, y: 200 }, clear, size, frame, [])
  expect(Math.abs(at.y + at.h / 2 - 200)).toBeLessThan(80)
})

it('a row of pods is not hidden while there is room elsewhere, however near', () => {
  const pods = [0, 1, 2].map((i) => ({ rect: { x: 20 + i * 200, y: 120, w: 180, h: 300 }, weight: 1, hard: true }))
  const at = placeCaption({ x: 300, y: 260 }, clear, size, frame, pods)
  expect(pods.filter(({ rect }) => overlaps(at, rect))).toEqual([])
})

it('wherever it stands, it is wholly within the frame and beside its packet', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 620 }), fc.integer({ min: 20, max: 510 }), (x, y) => {
      const at = placeCaption({ x, y }, clear, size, frame, [])
      expect(at.x).toBeGreaterThanOrEqual(frame.x)
      expect(at.y + at.h).toBeLessThanOrEqual(frame.y + frame.h)
      expect(overlaps(at, { x: x - clear.w, y: y - clear.h, w: 2 * clear.w, h: 2 * clear.h })).toBe(false)
    }),
  )
})
