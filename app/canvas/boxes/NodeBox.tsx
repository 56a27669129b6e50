import { memo } from 'react'
import type { BoxOf } from '../../view/boxes.ts'
import { CLUSTER } from '../../view/metrics.ts'
import type { BoxProps } from './types.ts'

/** A node: header, and the frame of its root netns. What it holds are boxes of their own above it. */
export const NodeBox = memo(function NodeBox({ data }: BoxProps<BoxOf<'node'>>) {
  const { rect, netnsFrame, node, notches } = data.box
  const tunnelled = node.links.some((link) => link.kind === 'vxlan' || link.kind === 'ipip')
  return (
    <>
      <NodeHeader node={node} narrow={rect.w < 200} />
      <div
        // Where no tunnel stands, the cable comes down in the middle.
        className={tunnelled ? 'map-netns' : 'map-netns aside'}
        style={{
          left: netnsFrame.x - rect.x,
          top: netnsFrame.y - rect.y,
          width: netnsFrame.w,
          height: netnsFrame.h,
        }}
      >
        <span className="map-netns-label">root netns</span>
      </div>
      {notches.length > 0 && (
        <span className="map-notch mono" title="NodePort: every node takes packets for it">
          :{notches[0]}
          {notches.length > 1 ? ` +${notches.length - 1}` : ''}
        </span>
      )}
    </>
  )
})

/** A node at level 1: a tile with a dot for each pod. */
export const NodeTile = memo(function NodeTile({ data }: BoxProps<BoxOf<'nodeTile'>>) {
  const { rect, node, dots } = data.box
  return (
    <>
      <NodeHeader node={node} narrow={rect.w < 200} />
      <svg className="map-dots" width={rect.w} height={rect.h} aria-hidden>
        {dots.map(({ pod, at }) => (
          <PodDot key={pod.key} x={at.x - rect.x} y={at.y - rect.y} pod={pod} />
        ))}
      </svg>
    </>
  )
})

/** Filled: ready. Ring: of the system. Triangle: not ready. Cross: terminating. */
function PodDot({ x, y, pod }: { x: number; y: number; pod: BoxOf<'nodeTile'>['dots'][number]['pod'] }) {
  const r = CLUSTER.dot / 2
  const title = <title>{`${pod.key} ${pod.ip}`}</title>
  if (pod.terminating) {
    return (
      <path className="dot-gone" d={`M${x - r},${y - r}l${2 * r},${2 * r}M${x + r},${y - r}l${-2 * r},${2 * r}`}>
        {title}
      </path>
    )
  }
  if (!pod.ready) {
    return (
      <path className="dot-waiting" d={`M${x},${y - r}L${x + r},${y + r}H${x - r}Z`}>
        {title}
      </path>
    )
  }
  return (
    <circle className={pod.system ? 'dot-system' : 'dot-ready'} cx={x} cy={y} r={r - 1}>
      {title}
    </circle>
  )
}

function NodeHeader({ node, narrow }: { node: BoxOf<'node'>['node']; narrow: boolean }) {
  return (
    <div className="map-node-header">
      <span className="map-line">
        <span className={node.ready ? 'map-state ok' : 'map-state bad'} aria-hidden>
          {node.ready ? '●' : '✕'}
        </span>
        <strong className="map-name" title={node.name}>
          {node.name}
        </strong>
        {!node.ready && <span className="map-bad">not ready</span>}
      </span>
      <span className="map-line">
        <span className="mono">{node.address}</span>
        {!narrow && <span className="map-muted map-role">{node.controlPlane ? 'control plane' : 'worker'}</span>}
      </span>
    </div>
  )
}
