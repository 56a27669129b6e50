import { useEffect, useRef } from 'react'
import { drawEnd, drawPacket } from './overlay/draw-packet.ts'
import { readPalette } from './overlay/palette.ts'
import type { PacketFace } from '../view/packet.ts'

const PLAIN: PacketFace = { wraps: ['ip', 'l4'], reply: false, refusal: false, line: [], outer: [], rewritten: [] }
const PACKETS: readonly (readonly [string, PacketFace])[] = [
  ['IP packet, its L4 ports as a tab', PLAIN],
  ['with data', { ...PLAIN, wraps: ['ip', 'l4', 'l7'] }],
  ['as an Ethernet frame', { ...PLAIN, wraps: ['l2', 'ip', 'l4'] }],
  ['inside a tunnel (VXLAN)', { ...PLAIN, wraps: ['l2', 'tunnel', 'ip', 'l4'] }],
  ['ARP: which MAC has this address?', { ...PLAIN, wraps: ['l2'] }],
  ['an answer: hollow', { ...PLAIN, reply: true }],
]
const ENDS = [
  ['dropped: nobody is told', 'dropped'],
  ['rejected: the sender is told', 'rejected'],
  ['delivered', 'delivered'],
] as const

/** What the shapes of the map mean, drawn by the same functions that draw them there. */
export function Legend({ onClose }: { onClose: () => void }) {
  return (
    <section className="map-legend" aria-label="Legend">
      <header>
        <strong>Legend</strong>
        <button type="button" aria-label="Close the legend" onClick={onClose}>
          ✕
        </button>
      </header>
      <ul>
        {PACKETS.map(([text, face]) => (
          <li key={text}>
            <Swatch draw={(pen, colours) => drawPacket(pen, { x: 28, y: 22 }, face, colours)} />
            {text}
          </li>
        ))}
        {ENDS.map(([text, how]) => (
          <li key={text}>
            <Swatch draw={(pen, colours) => drawEnd(pen, { x: 24, y: 22 }, how, colours)} />
            {text}
          </li>
        ))}
      </ul>
      <ul>
        <li>
          <span className="legend-box ghost" /> Service: an address that exists in rules only
        </li>
        <li>
          <span className="legend-box pod" /> pod, with a netns of its own
        </li>
        <li>
          <span className="legend-box hatch" /> tunnel
        </li>
        <li>
          <span className="legend-box notch mono">:30080</span> NodePort, open on every node
        </li>
        <li>
          <span className="legend-box changed mono">10.0.0.1</span> header field changed here
        </li>
        <li>
          <span className="legend-box flash" /> just changed by a controller
        </li>
      </ul>
    </section>
  )
}

function Swatch({ draw }: { draw: (pen: CanvasRenderingContext2D, colours: ReturnType<typeof readPalette>) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const pen = canvas.current?.getContext('2d')
    if (!pen || !canvas.current) return
    pen.setTransform(2, 0, 0, 2, 0, 0)
    pen.clearRect(0, 0, 56, 44)
    draw(pen, readPalette(canvas.current))
  })
  return <canvas ref={canvas} width={112} height={88} aria-hidden />
}
