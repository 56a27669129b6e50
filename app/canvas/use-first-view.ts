import { useEffect, useRef } from 'react'
import type { Topology } from '../view/boxes.ts'
import { around, type Rect } from '../view/geometry.ts'
import { placesOf } from '../view/walk.ts'
import type { Level } from '../view/zoom.ts'
import { READABLE, type useMapView } from './use-viewport.ts'
import type { Walk } from './use-walk.ts'

/** The whole map is worth a little smaller text; nearer than that, and a part of it is shown. */
const STILL_READABLE = 0.85

/**
 * What is shown first: all of it if that is readable, else the hosts that the packet visits, else where it starts. As long as
 * nobody moved the map, another size of the frame, or a map that outgrew it, is another first view.
 */
export function useFirstView(
  ready: boolean,
  map: Topology,
  mapAt: (level: Level) => Topology,
  { steps, index }: Walk,
  view: ReturnType<typeof useMapView>,
  movedAt: { readonly current: number },
  size: { readonly w: number; readonly h: number },
): void {
  const shownFor = useRef('')
  const shownBounds = useRef<Rect | null>(null)
  const nodes = map.boxes
    .flatMap((box) => (box.kind === 'node' || box.kind === 'nodeTile' || box.kind === 'strip' ? [box.id] : []))
    .join()
  const key = `${nodes}${steps.length > 0} ${size.w} ${size.h}`
  useEffect(() => {
    if (!ready || nodes === '') return
    const whole = mapAt(2).bounds
    const before = shownBounds.current
    const grown = before !== null && (whole.w > before.w || whole.h > before.h)
    if (shownFor.current === key && !grown) return
    const again = shownFor.current.startsWith(nodes) && shownFor.current !== ''
    shownFor.current = key
    shownBounds.current = whole
    if (again && movedAt.current > 0) return
    for (const least of [READABLE, STILL_READABLE]) {
      for (const level of [2, 1] as const) {
        const all = mapAt(level)
        if (view.fitZoom(all.bounds) >= least) return view.show(all, all.bounds)
      }
    }
    const all = mapAt(2)
    const { hosts } = placesOf(steps)
    const here = steps[index]?.host ?? hosts[0]
    const places = all.boxes.filter((box) => box.kind === 'node')
    const visited = places.filter((box) => hosts.includes(box.id))
    const part = around((visited.length > 0 ? visited : places.slice(0, 2)).map((box) => box.rect))
    if (!part) return
    const first = all.boxes.find((box) => box.id === here)?.rect ?? part
    view.show(
      all,
      { x: part.x - 8, y: all.bounds.y, w: part.w + 16, h: all.bounds.h },
      { least: READABLE, from: { x: first.x + first.w / 2, y: first.y + first.h / 2 } },
    )
  }, [ready, key, nodes, mapAt, steps, index, view, movedAt])
}
