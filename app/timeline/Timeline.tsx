import { ChevronFirst, ChevronLast, Pause, Play, SkipBack, SkipForward, StepBack, StepForward } from 'lucide-react'
import { memo, type PointerEvent, useMemo, useRef, useState } from 'react'
import { useSim } from '../stores/use-sim.ts'
import { beatAt, describeBeat, duration, layoutOf, type TimelineLayout } from './layout.ts'
import './Timeline.css'

/** More breaks than this are drawn without their times; the text under the lanes has them. */
const LABELLED_BREAKS = 6
const SPEEDS = [0.25, 0.5, 1, 2, 4]

/** Two lanes over one clock: what the cluster did, and what the packet did. Paced by events, not by seconds. */
export function Timeline() {
  return (
    <footer className="timeline">
      <Controls />
      <Track />
    </footer>
  )
}

const Controls = memo(function Controls() {
  const { beats, posed, playing, speed, play, pause, setSpeed, goTo, stepHop, stepControl } = useSim(
    ...(['beats', 'posed', 'playing', 'speed', 'play', 'pause', 'setSpeed', 'goTo', 'stepHop', 'stepControl'] as const),
  )
  return (
    <div className="timeline-controls">
      <Control label="To the packet's start (Home)" onClick={() => goTo(posed - 1)} icon={<ChevronFirst size={16} />} />
      <Control
        label="Previous control event (Alt+Left)"
        onClick={() => stepControl(-1)}
        icon={<SkipBack size={14} />}
        wide
      />
      <Control label="Step back (Left)" onClick={() => stepHop(-1)} icon={<StepBack size={16} />} />
      <button
        type="button"
        className="button primary timeline-play"
        onClick={playing ? pause : play}
        aria-label={playing ? 'Pause (Space)' : 'Play (Space)'}
        title={playing ? 'Pause (Space)' : 'Play (Space)'}
      >
        {playing ? <Pause size={16} aria-hidden /> : <Play size={16} aria-hidden />}
      </button>
      <Control label="Step (Right)" onClick={() => stepHop(1)} icon={<StepForward size={16} />} />
      <Control
        label="Next control event (Alt+Right)"
        onClick={() => stepControl(1)}
        icon={<SkipForward size={14} />}
        wide
      />
      <Control label="To the end (End)" onClick={() => goTo(beats.length - 1)} icon={<ChevronLast size={16} />} />
      <label className="timeline-speed">
        <span className="visually-hidden">Speed</span>
        <select className="field" value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
          {SPEEDS.map((value) => (
            <option key={value} value={value}>
              {value}×
            </option>
          ))}
        </select>
      </label>
    </div>
  )
})

function Control({
  label,
  onClick,
  icon,
  wide,
}: {
  label: string
  onClick: () => void
  icon: React.ReactNode
  wide?: boolean
}) {
  return (
    <button
      type="button"
      className={wide ? 'button icon timeline-wide' : 'button icon'}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      {icon}
    </button>
  )
}

/** The lanes, the playhead on them, and the slider that moves it. */
function Track() {
  const { beats, commits, posed, playhead, editedAt, goTo } = useSim(
    ...(['beats', 'commits', 'posed', 'playhead', 'editedAt', 'goTo'] as const),
  )
  const layout = useMemo(() => layoutOf({ beats, commits, posed, editedAt }), [beats, commits, posed, editedAt])
  const lanes = useRef<HTMLDivElement>(null)
  const [hovered, setHovered] = useState<{ index: number; x: number } | null>(null)

  const place = (event: PointerEvent) => {
    const rect = lanes.current?.getBoundingClientRect()
    return rect && rect.width > 0 ? (event.clientX - rect.left) / rect.width : 0
  }
  const headAt = playhead < 0 ? 0 : playhead === posed - 1 ? layout.packetAt : (layout.at[playhead] ?? 1)
  return (
    <div className="timeline-track">
      <span className="timeline-lane-name lane-control" aria-hidden>
        control plane
      </span>
      <span className="timeline-lane-name lane-data" aria-hidden>
        data plane
      </span>
      <div
        ref={lanes}
        className="timeline-lanes"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          goTo(beatAt(layout, place(event)))
        }}
        onPointerMove={(event) => {
          const x = place(event)
          const index = beatAt(layout, x)
          setHovered((old) => (old?.index === index ? old : { index, x: Math.max(0, Math.min(1, x)) }))
          if (event.buttons === 1 && index !== playhead) goTo(index)
        }}
        onPointerLeave={() => setHovered(null)}
      >
        <Marks layout={layout} />
        <span className="timeline-future" style={{ left: `${headAt * 100}%` }} />
        <span className="timeline-head" style={{ left: `${headAt * 100}%` }} />
        {hovered && (
          <span
            className="timeline-tip mono"
            style={{ left: `${hovered.x * 100}%`, translate: `${-hovered.x * 100}% 0` }}
          >
            {describeBeat(beats, commits, hovered.index)}
          </span>
        )}
        <input
          className="timeline-scrub"
          type="range"
          aria-label="Playhead"
          aria-valuetext={describeBeat(beats, commits, playhead, posed)}
          min={-1}
          max={Math.max(0, beats.length - 1)}
          value={playhead}
          onChange={(event) => goTo(Number(event.target.value))}
        />
      </div>
      <p className="timeline-now label">{describeBeat(beats, commits, playhead, posed)}</p>
    </div>
  )
}

/** All marks, drawn once per history: playing moves only what lies above them. */
const Marks = memo(function Marks({ layout }: { layout: TimelineLayout }) {
  const percent = (x: number) => `${(x * 100).toFixed(2)}%`
  return (
    <div aria-hidden>
      {layout.packetAt < 1 && <span className="mark-packet" style={{ left: percent(layout.packetAt) }} />}
      {layout.breaks.map(({ x, us }) => (
        <span key={x} className="mark-break" style={{ left: percent(x) }}>
          {layout.breaks.length <= LABELLED_BREAKS ? duration(us) : ''}
        </span>
      ))}
      {layout.edits.map((x) => (
        <span key={x} className="mark-edit" style={{ left: percent(x) }}>
          <span>✎</span>
        </span>
      ))}
      {layout.marks.map(({ x, lane, kind }) => (
        <span key={`${lane}${x}`} className={`mark mark-${lane} mark-${kind}`} style={{ left: percent(x) }}>
          {GLYPHS[kind] ?? ''}
        </span>
      ))}
    </div>
  )
})

const GLYPHS: Readonly<Record<string, string>> = { death: '✗', refusal: '✗', delivered: '✓', fold: '⋯' }
