import { overlaps, type Point, type Rect } from './geometry.ts'

/** What a caption should not hide, and how much it matters. */
export interface Obstacle {
  readonly rect: Rect
  readonly weight: number
}

const GAPS = [14, 36, 70, 120, 180, 250]
const SIDES: readonly (readonly [number, number])[] = [
  [0.15, -1],
  [0.15, 1],
  [1, 0],
  [-1, 0],
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
]
const NEARNESS = 20

/** Where a caption stands: near the point that it is about, hiding as little as possible, wholly within the frame. */
export function placeCaption(
  about: Point,
  clear: { readonly w: number; readonly h: number },
  size: { readonly w: number; readonly h: number },
  frame: Rect,
  obstacles: readonly Obstacle[],
): Rect {
  let best: Rect = { x: frame.x, y: frame.y, w: size.w, h: size.h }
  let bestCost = Number.POSITIVE_INFINITY
  const own: Rect = { x: about.x - clear.w - 4, y: about.y - clear.h - 4, w: 2 * clear.w + 8, h: 2 * clear.h + 8 }
  for (const gap of GAPS) {
    for (const [dx, dy] of SIDES) {
      const x = about.x + dx * (size.w / 2 + (Math.abs(dx) === 1 ? clear.w + gap : 0)) - size.w / 2
      const y = about.y + dy * (size.h / 2 + clear.h + gap) - size.h / 2
      const at: Rect = {
        x: clamp(x, frame.x, frame.x + frame.w - size.w),
        y: clamp(y, frame.y, frame.y + frame.h - size.h),
        w: size.w,
        h: size.h,
      }
      const moved = Math.hypot(at.x + size.w / 2 - about.x, (at.y + size.h / 2 - about.y) * 1.5)
      let cost = moved * NEARNESS + common(at, own) * 50
      for (const { rect, weight } of obstacles) if (overlaps(at, rect)) cost += common(at, rect) * weight
      if (cost < bestCost) {
        bestCost = cost
        best = at
      }
    }
  }
  return best
}

function common(a: Rect, b: Rect): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y)
  return w > 0 && h > 0 ? w * h : 0
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most))
}
