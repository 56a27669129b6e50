import { useReactFlow } from '@xyflow/react'
import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef } from 'react'
import type { Topology } from '../view/boxes.ts'
import { contains, type Point, type Rect } from '../view/geometry.ts'
import { ENTRY_ZOOM, type Level, levelAt, scaleOf, zoomOf } from '../view/zoom.ts'

/** Kept free around what is fitted. */
const MARGIN = { left: 12, right: 12, top: 12, bottom: 18 }
/** Below this zoom text is smaller than designed. */
export const READABLE = 0.96
const PAN_MS = 350
/** Height at the foot of the frame that the toolbar takes. */
const TOOLBAR = 44

export interface MapView {
  /** Changes the level, keeping what is at a point of the screen (the middle by default) in its place. */
  toLevel(level: Level, zoom?: number, screen?: Point): void
  /** After the viewport was moved by hand: the level that its scale asks for. */
  settleLevel(screen?: Point): void
  /** Shows a part of the map of a level. */
  show(map: Topology, rect: Rect, options?: { least?: number; most?: number; from?: Point }): void
  fitZoom(rect: Rect): number
  zoomBy(factor: number): void
  /** To a level with a point of the map in the middle of the frame. */
  levelAround(level: Level, at: Point): void
  /** Brings a point of the map into view if it is not. */
  follow(at: Point, gently: boolean): void
  /** Brings a box into view. */
  reveal(rect: Rect): void
}

export function useMapView(
  frame: RefObject<HTMLDivElement | null>,
  map: Topology,
  level: Level,
  setLevel: (level: Level) => void,
): MapView {
  const flow = useReactFlow()
  const shown = useRef({ map, level })
  const pending = useRef<((map: Topology) => void) | null>(null)

  // The viewport moves in the same frame as the boxes of the new level.
  useLayoutEffect(() => {
    shown.current = { map, level }
    if (pending.current && map.level === level) {
      const move = pending.current
      pending.current = null
      move(map)
    }
  }, [map, level])

  const size = useCallback(() => ({ w: frame.current?.clientWidth || 1, h: frame.current?.clientHeight || 1 }), [frame])

  return useMemo((): MapView => {
    const toLevel: MapView['toLevel'] = (next, zoom, screen) => {
      const { map: from, level: now } = shown.current
      const at = screen ?? { x: size().w / 2, y: size().h / 2 }
      const view = flow.getViewport()
      const target = zoom ?? ENTRY_ZOOM
      if (next === now) {
        const world = { x: (at.x - view.x) / view.zoom, y: (at.y - view.y) / view.zoom }
        flow.setViewport({ x: at.x - world.x * target, y: at.y - world.y * target, zoom: target })
        return
      }
      const hold = holdAt(from, { x: (at.x - view.x) / view.zoom, y: (at.y - view.y) / view.zoom })
      pending.current = (there) => {
        const world = hold(there)
        flow.setViewport({ x: at.x - world.x * target, y: at.y - world.y * target, zoom: target })
      }
      setLevel(next)
    }
    const fitZoom = (rect: Rect) => {
      const { w, h } = size()
      return Math.min((w - MARGIN.left - MARGIN.right) / rect.w, (h - MARGIN.top - MARGIN.bottom) / rect.h)
    }
    return {
      toLevel,
      fitZoom,
      settleLevel(screen) {
        const { zoom } = flow.getViewport()
        const now = shown.current.level
        const next = levelAt(scaleOf(zoom, now), now)
        if (next !== now) toLevel(next, zoomOf(scaleOf(zoom, now), next), screen)
      },
      show(to, rect, { least = 0.1, most = 1.5, from } = {}) {
        const { w, h } = size()
        const zoom = Math.min(most, Math.max(least, fitZoom(rect)))
        const room = { w: w - MARGIN.left - MARGIN.right, h: h - MARGIN.top - MARGIN.bottom }
        const place = (start: number, length: number, space: number, focus: number | undefined) => {
          if (length * zoom <= space || focus === undefined) return (space - length * zoom) / 2 - start * zoom
          const lowest = space - (start + length) * zoom
          return Math.min(-start * zoom, Math.max(lowest, space / 2 - focus * zoom))
        }
        const move = () => {
          flow.setViewport({
            x: MARGIN.left + place(rect.x, rect.w, room.w, from?.x),
            y: MARGIN.top + place(rect.y, rect.h, room.h, from?.y),
            zoom,
          })
        }
        if (to.level === shown.current.level) return move()
        pending.current = move
        setLevel(to.level)
      },
      zoomBy(factor) {
        const view = flow.getViewport()
        const [x, y] = [size().w / 2, size().h / 2]
        const zoom = view.zoom * factor
        const now = shown.current.level
        const next = levelAt(scaleOf(zoom, now), now)
        if (next !== now) return toLevel(next, zoomOf(scaleOf(zoom, now), next))
        flow.setViewport({ x: x - ((x - view.x) * zoom) / view.zoom, y: y - ((y - view.y) * zoom) / view.zoom, zoom })
      },
      levelAround(next, at) {
        const { map: from } = shown.current
        const hold = holdAt(from, at)
        const zoom = ENTRY_ZOOM
        const move = (to: Topology) =>
          flow.setViewport(withoutWaste(viewAround(to, hold(to), zoom, size()), to.bounds, size()))
        if (next === shown.current.level) return move(from)
        pending.current = move
        setLevel(next)
      },
      follow(at, gently) {
        const { w, h } = size()
        const view = flow.getViewport()
        const here = { x: at.x * view.zoom + view.x, y: at.y * view.zoom + view.y }
        const edge = { x: Math.min(60, w / 6), y: Math.min(40, h / 6) }
        const seenX = here.x > edge.x && here.x < w - edge.x
        const seenY = here.y > edge.y && here.y < h - edge.y - TOOLBAR
        if (seenX && seenY) return
        const around = viewAround(shown.current.map, at, view.zoom, { w, h })
        const moved = { ...view, ...(seenX ? {} : { x: around.x }), ...(seenY ? {} : { y: around.y }) }
        flow.setViewport(withoutWaste(moved, shown.current.map.bounds, { w, h }), { duration: gently ? PAN_MS : 0 })
      },
      reveal(rect) {
        const { w, h } = size()
        const view = flow.getViewport()
        const screen = {
          x: rect.x * view.zoom + view.x,
          y: rect.y * view.zoom + view.y,
          w: rect.w * view.zoom,
          h: rect.h * view.zoom,
        }
        if (contains({ x: 0, y: 0, w, h }, screen)) return
        flow.setViewport({
          x: w / 2 - (rect.x + rect.w / 2) * view.zoom,
          y: h / 2 - (rect.y + rect.h / 2) * view.zoom,
          zoom: view.zoom,
        })
      },
    }
  }, [flow, setLevel, size])
}

/** Remembers which box a point of one map is in, and where in it; answers with the same place on another map. */
function holdAt(from: Topology, point: Point): (to: Topology) => Point {
  const around = from.boxes
    .filter((box) => contains(box.rect, { ...point, w: 0, h: 0 }))
    .sort((a, b) => a.rect.w * a.rect.h - b.rect.w * b.rect.h)
  return (to) => {
    for (const box of around) {
      const other = to.boxes.find(({ id }) => id === box.id)
      if (other) return scaled(point, box.rect, other.rect)
    }
    return scaled(point, from.bounds, to.bounds)
  }
}

function scaled(point: Point, from: Rect, to: Rect): Point {
  return { x: to.x + ((point.x - from.x) / from.w) * to.w, y: to.y + ((point.y - from.y) / from.h) * to.h }
}

/** A viewport around a point: its whole node in the middle where that fits, else the point itself. */
function viewAround(
  map: Topology,
  at: Point,
  zoom: number,
  size: { w: number; h: number },
): { x: number; y: number; zoom: number } {
  const inside = { ...at, w: 0, h: 0 }
  const node = map.boxes.find(
    (box) => (box.kind === 'node' || box.kind === 'nodeTile') && contains(box.rect, inside),
  )?.rect
  const middle = { x: at.x, y: at.y }
  if (node && node.w * zoom <= size.w) middle.x = node.x + node.w / 2
  if (node && node.h * zoom <= size.h) middle.y = node.y + node.h / 2
  return { x: size.w / 2 - middle.x * zoom, y: size.h / 2 - middle.y * zoom, zoom }
}

/** A viewport that shows no empty space beside the map while more of the map could be seen. */
function withoutWaste(view: { x: number; y: number; zoom: number }, bounds: Rect, size: { w: number; h: number }) {
  const axis = (offset: number, start: number, length: number, before: number, after: number, space: number) => {
    const most = before - start * view.zoom
    const least = space - after - (start + length) * view.zoom
    return least > most ? (least + most) / 2 : Math.max(least, Math.min(most, offset))
  }
  return {
    x: axis(view.x, bounds.x, bounds.w, MARGIN.left, MARGIN.right, size.w),
    y: axis(view.y, bounds.y, bounds.h, MARGIN.top, MARGIN.bottom + TOOLBAR, size.h),
    zoom: view.zoom,
  }
}
