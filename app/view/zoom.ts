/** The four fixed levels of the map: 1 cluster, 2 node, 3 netns, 4 hooks. */
export type Level = 1 | 2 | 3 | 4
export const LEVELS: readonly Level[] = [1, 2, 3, 4]

/** Scale at which each level begins. Scale is the same measure at all levels; `UNIT` turns it into the level's own zoom. */
const BEGINS: Readonly<Record<Level, number>> = { 1: 0.12, 2: 0.45, 3: 0.95, 4: 1.8 }
const ENDS: Readonly<Record<Level, number>> = { 1: 0.45, 2: 0.95, 3: 1.8, 4: 3 }
const HYSTERESIS = 0.1

/**
 * Each level is laid out in pixels at the scale where it begins, so that its text is never smaller than designed:
 * zoom (what the viewport is set to) = scale x unit.
 */
const UNIT: Readonly<Record<Level, number>> = { 1: 1 / 0.3, 2: 1 / 0.47, 3: 1 / 0.98, 4: 1 / 1.85 }

export function zoomOf(scale: number, level: Level): number {
  return scale * UNIT[level]
}

export function scaleOf(zoom: number, level: Level): number {
  return zoom / UNIT[level]
}

/** The level at a scale, given where we are: a threshold is crossed only 10 % beyond it. */
export function levelAt(scale: number, now: Level): Level {
  let level = now
  while (level < 4 && scale > ENDS[level] * (1 + HYSTERESIS)) level = (level + 1) as Level
  while (level > 1 && scale < BEGINS[level] * (1 - HYSTERESIS)) level = (level - 1) as Level
  return level
}

/** Zoom range that the viewport is allowed while at a level: a little beyond it, so that the next level can be reached. */
export function zoomLimits(level: Level): { min: number; max: number } {
  return { min: zoomOf(level === 1 ? BEGINS[1] : BEGINS[level] * 0.8, level), max: zoomOf(ENDS[level] * 1.25, level) }
}

/** The zoom at which a level is entered by key or button: its text exactly as designed. */
export const ENTRY_ZOOM = 1
