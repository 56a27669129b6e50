import { memo } from 'react'
import type { BoxOf } from '../../view/boxes.ts'
import type { PodModel } from '../../view/model.ts'
import { shortPodName, splitPodName } from '../../view/names.ts'
import type { BoxProps } from './types.ts'

/** A pod: a netns of its own, with its containers, what they listen on, and the socket of eth0 at its foot. */
export const PodBox = memo(function PodBox({ data }: BoxProps<BoxOf<'pod'>>) {
  const { pod } = data.box
  const wide = data.level >= 3
  const { base, suffix } = splitPodName(pod.name)
  return (
    <>
      <strong className="map-name" title={pod.key}>
        {wide ? pod.name : base}
      </strong>
      <span className="mono map-address">{pod.ip || (pod.hostNetwork ? '' : 'no address')}</span>
      {wide && pod.namespace !== 'default' && <span className="map-muted">{pod.namespace}</span>}
      {wide && <Labels pod={pod} />}
      <PodFoot pod={pod} wide={wide} suffix={wide ? '' : suffix} />
      {pod.eth0 && <span className="map-socket" aria-hidden title="eth0" />}
    </>
  )
})

function PodFoot({ pod, wide, suffix }: { pod: PodModel; wide: boolean; suffix: string }) {
  if (pod.terminating) return <span className="map-bad map-foot">✕ terminating</span>
  if (!pod.ready) return <span className="map-warn map-foot">▲ {pod.reason || 'not ready'}</span>
  const most = wide ? 3 : pod.listening.length > 2 ? 1 : 2
  return (
    <span className="map-foot map-tiles">
      {wide && pod.containers.slice(0, 2).map((name) => <Tile key={name} text={name} />)}
      {pod.listening.length === 0 && <span className="map-muted">no listener</span>}
      {pod.listening.slice(0, most).map((port) => (
        <Tile key={port} text={`:${port.replace('/TCP', '')}`} mono />
      ))}
      {suffix && pod.listening.length < 2 && <span className="map-muted map-suffix">{suffix}</span>}
      {pod.listening.length > most && <span className="map-muted">+{pod.listening.length - most}</span>}
    </span>
  )
}

function Tile({ text, mono }: { text: string; mono?: boolean }) {
  return <span className={mono ? 'map-tile mono' : 'map-tile'}>{text}</span>
}

function Labels({ pod }: { pod: PodModel }) {
  if (pod.labels.length === 0) return null
  return (
    <span className="map-labels">
      {pod.labels.slice(0, 3).map((label) => (
        <span key={label} className="map-chip mono">
          {label}
        </span>
      ))}
      {pod.labels.length > 3 && <span className="map-muted">+{pod.labels.length - 3}</span>}
    </span>
  )
}

/** A pod in the host's network: a tile in the root netns, for it has no border of its own. */
export const HostPodBox = memo(function HostPodBox({ data }: BoxProps<BoxOf<'hostPod'>>) {
  const { pod } = data.box
  return (
    <span className="map-line">
      <span className="map-name" title={pod.key}>
        {data.level >= 3 ? pod.name : pod.owner}
      </span>
      <span className="map-muted map-host-tag">host</span>
    </span>
  )
})

export const FoldBox = memo(function FoldBox({ data }: BoxProps<BoxOf<'fold'>>) {
  return <span className="map-line">{data.box.text}</span>
})

export const CounterBox = memo(function CounterBox({ data }: BoxProps<BoxOf<'counter'>>) {
  const { pods, owner } = data.box
  const ready = pods.filter((pod) => pod.ready).length
  return (
    <>
      <strong className="map-name" title={`${pods[0].namespace}/${owner}`}>
        {owner}
      </strong>
      <span className="map-count">×{pods.length}</span>
      <span className={ready === pods.length ? 'map-muted map-foot' : 'map-warn map-foot'}>
        {ready === pods.length ? 'all ready' : `▲ ${ready} ready`}
      </span>
    </>
  )
})

const MOST_NAMED = 3

export const PendingBox = memo(function PendingBox({ data }: BoxProps<BoxOf<'pending'>>) {
  const { pods } = data.box
  return (
    <>
      <strong className="map-warn">▲ {pods.length} pending</strong>
      <ul className="map-pending">
        {pods.slice(0, MOST_NAMED).map((pod) => (
          <li key={pod.key} title={`${pod.key}: ${pod.reason}`}>
            {shortPodName(pod.name)}: {pod.reason}
          </li>
        ))}
      </ul>
    </>
  )
})
