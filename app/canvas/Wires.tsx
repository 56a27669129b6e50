import { ViewportPortal } from '@xyflow/react'
import { memo } from 'react'
import type { Topology, Wire } from '../view/boxes.ts'
import { centre, type Point, type Rect } from '../view/geometry.ts'
import { drawn } from '../view/path.ts'

export interface Thread {
  readonly id: string
  readonly from: Rect
  readonly to: Rect
  readonly ready: boolean
}

/**
 * All the lines of the map in one drawing that moves with the boxes: veths, ports, cables, the tunnel's pipe, and dotted threads
 * from a Service to its endpoints. They take no clicks; what they join is said by the labels of the boxes at their ends.
 */
export const Wires = memo(function Wires({ map, threads }: { map: Topology; threads: readonly Thread[] }) {
  const { bounds, pipe } = map
  return (
    <ViewportPortal>
      <svg
        className="map-wires"
        aria-hidden
        style={{ left: bounds.x - 50, top: bounds.y - 50 }}
        width={bounds.w + 200}
        height={bounds.h + 100}
        viewBox={`${bounds.x - 50} ${bounds.y - 50} ${bounds.w + 200} ${bounds.h + 100}`}
      >
        <defs>
          <pattern id="map-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="6" height="6" className="hatch-ground" />
            <line x1="0" y1="0" x2="0" y2="6" className="hatch-line" />
          </pattern>
        </defs>
        {map.wires.filter(drawn).map((wire) => (
          <WireLine key={wire.id} wire={wire} />
        ))}
        {pipe && (
          <>
            <rect
              className="wire-pipe"
              x={pipe.x}
              y={pipe.y}
              width={pipe.w}
              height={pipe.h}
              rx={7}
              fill="url(#map-hatch)"
            />
            <text className="wire-text" x={pipe.x + pipe.w + 8} y={pipe.y + pipe.h - 3}>
              VXLAN
            </text>
          </>
        )}
        {threads.map(({ id, from, to, ready }) => (
          <path key={id} className={ready ? 'wire-thread' : 'wire-thread waiting'} d={threadPath(from, to)} />
        ))}
      </svg>
    </ViewportPortal>
  )
})

const WireLine = memo(
  function WireLine({ wire }: { wire: Wire }) {
    const { kind, points, down } = wire
    const [first, last] = [points[0], points[points.length - 1]]
    const middle = points[Math.floor(points.length / 2)]
    return (
      <g className={`wire wire-${kind}${down ? ' down' : ''}`}>
        <path d={pathOf(points)} />
        {kind === 'veth' && (
          <>
            <rect x={first.x - 4} y={first.y - 3} width={8} height={6} rx={1} />
            <rect x={last.x - 4} y={last.y - 4} width={8} height={6} rx={1} />
          </>
        )}
        {down && (
          <text className="wire-text bad" x={middle.x + 4} y={middle.y}>
            ✕ down
          </text>
        )}
      </g>
    )
  },
  (a, b) =>
    a.wire.down === b.wire.down && a.wire.kind === b.wire.kind && pathOf(a.wire.points) === pathOf(b.wire.points),
)

function pathOf(points: readonly Point[]): string {
  return points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x},${y}`).join('')
}

function threadPath(from: Rect, to: Rect): string {
  const start = { x: centre(from).x, y: from.y + from.h }
  const end = { x: centre(to).x, y: to.y }
  const bend = Math.max(16, (end.y - start.y) / 2)
  return `M${start.x},${start.y}C${start.x},${start.y + bend} ${end.x},${end.y - bend} ${end.x},${end.y}`
}
