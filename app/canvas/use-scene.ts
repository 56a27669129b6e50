import { type RefObject, useEffect, useState } from 'react'
import { readPalette } from './overlay/palette.ts'
import { Scene } from './overlay/scene.ts'

/** The canvas layer over a frame: made once the frame has a size, told of its size and of the theme. */
export function useScene(frame: RefObject<HTMLDivElement | null>): Scene | null {
  const [scene, setScene] = useState<Scene | null>(null)
  useEffect(() => {
    const parent = frame.current
    if (!parent) return
    const canvas = document.createElement('canvas')
    canvas.className = 'map-overlay'
    canvas.setAttribute('aria-hidden', 'true')
    parent.append(canvas)
    const made = new Scene(canvas, readPalette(parent))
    const resized = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = parent
      if (clientWidth === 0 || clientHeight === 0) return
      made.setSize(clientWidth, clientHeight)
      setScene(made)
    })
    resized.observe(parent)
    const themed = new MutationObserver(() => made.setColours(readPalette(parent)))
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] })
    return () => {
      resized.disconnect()
      themed.disconnect()
      made.dispose()
      canvas.remove()
      setScene(null)
    }
  }, [frame])
  return scene
}
