import { type RefObject, useEffect } from 'react'
import { inTextField } from '../ui/text-field.ts'
import type { Topology } from '../view/boxes.ts'
import { LEVELS, type Level } from '../view/zoom.ts'
import { containmentOrder } from './use-boxes.ts'

export interface MapActions {
  readonly map: Topology
  readonly focused: string
  focus(id: string): void
  activate(id: string): void
  toLevel(level: Level): void
  zoomBy(factor: number): void
  plain(): void
  fit(): void
}

/** Keys of the map: levels and zoom from anywhere but a text field, arrows, Enter and Backspace while a box has the focus. */
export function useMapKeys(frame: RefObject<HTMLDivElement | null>, actions: MapActions): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || inTextField(event.target)) return
      const box =
        event.target instanceof Element && frame.current?.contains(event.target)
          ? event.target.closest('[data-id]')
          : null
      const handled = box ? boxKey(event, box.getAttribute('data-id') ?? '', actions) : false
      if (handled || mapKey(event, actions)) event.preventDefault()
    }
    // Before the page's own keys: arrows on the map are not steps of the walk.
    addEventListener('keydown', onKey, { capture: true })
    return () => removeEventListener('keydown', onKey, { capture: true })
  }, [frame, actions])
}

function boxKey(event: KeyboardEvent, id: string, { map, focus, activate }: MapActions): boolean {
  switch (event.key) {
    case 'ArrowRight':
    case 'ArrowDown':
    case 'ArrowLeft':
    case 'ArrowUp': {
      if (event.shiftKey) return false
      const order = containmentOrder(map)
      const step = event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : -1
      const next = order[order.findIndex((box) => box.id === id) + step]
      if (next) focus(next.id)
      return true
    }
    case 'Enter':
      activate(id)
      return true
    case 'Backspace': {
      const parent = map.boxes.find((box) => box.id === id)?.parent
      if (parent) focus(parent)
      return true
    }
    default:
      return false
  }
}

function mapKey(event: KeyboardEvent, actions: MapActions): boolean {
  const level = LEVELS.find((each) => String(each) === event.key)
  if (level) actions.toLevel(level)
  else if (event.key === '+' || event.key === '=') actions.zoomBy(1.25)
  else if (event.key === '-') actions.zoomBy(1 / 1.25)
  else if (event.key === '0') actions.plain()
  else if (event.key === 'f' || event.key === 'F') actions.fit()
  else return false
  return true
}
