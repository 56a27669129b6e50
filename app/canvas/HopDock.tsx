import { useOnViewportChange, useReactFlow } from '@xyflow/react'
import { type ReactNode, type RefObject, useCallback, useLayoutEffect, useRef } from 'react'
import type { Point } from '../view/geometry.ts'

/** Holds a card beside a place of the map, within the frame, while the map moves under it. */
export function HopDock({
  at,
  frame,
  children,
}: {
  at: Point
  frame: RefObject<HTMLDivElement | null>
  children: ReactNode
}) {
  const card = useRef<HTMLDivElement>(null)
  const flow = useReactFlow()
  const place = useCallback(() => {
    const [dock, room] = [card.current, frame.current]
    if (!dock || !room) return
    const { x, y, zoom } = flow.getViewport()
    const here = { x: at.x * zoom + x, y: at.y * zoom + y }
    const right = here.x < room.clientWidth / 2
    const left = right ? here.x + 40 : here.x - 40 - dock.offsetWidth
    const top = here.y + 28
    const clamp = (value: number, most: number) => Math.max(8, Math.min(value, most - 8))
    dock.style.transform = `translate(${clamp(left, room.clientWidth - dock.offsetWidth)}px, ${clamp(top, room.clientHeight - dock.offsetHeight - 48)}px)`
  }, [at, flow, frame])
  useLayoutEffect(place)
  useOnViewportChange({ onChange: place })
  return (
    <div ref={card} className="map-hop-dock">
      {children}
    </div>
  )
}
