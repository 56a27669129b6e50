/** Places on the map. One unit is one CSS pixel at scale 1 of the level (`zoom.ts`); all coordinates are integers. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Rect {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export function centre(rect: Rect): Point {
  return { x: Math.round(rect.x + rect.w / 2), y: Math.round(rect.y + rect.h / 2) }
}

export function contains(outer: Rect, inner: Rect): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.w <= outer.x + outer.w &&
    inner.y + inner.h <= outer.y + outer.h
  )
}

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/** The smallest rectangle around some; null around none. */
export function around(rects: readonly Rect[]): Rect | null {
  if (rects.length === 0) return null
  const x = Math.min(...rects.map((r) => r.x))
  const y = Math.min(...rects.map((r) => r.y))
  return {
    x,
    y,
    w: Math.max(...rects.map((r) => r.x + r.w)) - x,
    h: Math.max(...rects.map((r) => r.y + r.h)) - y,
  }
}

export function lengthOf(line: readonly Point[]): number {
  let sum = 0
  for (let i = 1; i < line.length; i++) sum += Math.hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y)
  return sum
}

/** The point at a share (0 to 1) of a line's length. */
export function pointAlong(line: readonly Point[], share: number): Point {
  let rest = lengthOf(line) * Math.min(1, Math.max(0, share))
  for (let i = 1; i < line.length; i++) {
    const [from, to] = [line[i - 1], line[i]]
    const piece = Math.hypot(to.x - from.x, to.y - from.y)
    if (rest <= piece && piece > 0) {
      return { x: from.x + ((to.x - from.x) * rest) / piece, y: from.y + ((to.y - from.y) * rest) / piece }
    }
    rest -= piece
  }
  return line[line.length - 1]
}

/** A line without points that repeat. */
export function tidyLine(line: readonly Point[]): Point[] {
  return line.filter((point, i) => i === 0 || point.x !== line[i - 1].x || point.y !== line[i - 1].y)
}

/** The part of a line from its start to a share of its length. */
export function cutLine(line: readonly Point[], share: number): Point[] {
  const end = pointAlong(line, share)
  const reach = lengthOf(line) * share
  const kept = line.filter((_, i) => lengthOf(line.slice(0, i + 1)) <= reach)
  return [...kept, end]
}
