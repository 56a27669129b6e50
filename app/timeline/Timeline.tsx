import { ChevronFirst, ChevronLast, Pause, Play, SkipBack, SkipForward, StepBack, StepForward } from 'lucide-react'
import { useMemo } from 'react'
import type { Beat } from '../sim/beats.ts'
import { stepOf } from '../sim/beats.ts'
import { useSimulation } from '../stores/simulation.ts'
import type { CommitView } from '../ui/types.ts'
import './Timeline.css'

const SPEEDS = [0.25, 0.5, 1, 2, 4]
/** A pause in simulated time that is drawn as a break, microseconds. */
const GAP_US = 1_000_000
/** So many control events before the packet are drawn; the rest is a count. */
const CONTROL_SHOWN = 400

/** Two lanes over one clock: what the control loops did, and what the packet did. Paced by events, not by seconds. */
export function Timeline() {
  const { beats, commits, playhead, posed, playing, speed, play, pause, setSpeed, goTo, stepHop, stepControl } =
    useSimulation()
  const marks = useMemo(() => marksOf(beats, commits, posed), [beats, commits, posed])
  const first = marks.length > 0 ? marks[0].index : 0
  const span = Math.max(1, beats.length - first)
  return (
    <footer className="timeline">
      <div className="timeline-controls">
        <Control
          label="To the packet's start (Home)"
          onClick={() => goTo(posed - 1)}
          icon={<ChevronFirst size={16} />}
        />
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
      <div className="timeline-track">
        <div className="timeline-lanes" aria-hidden>
          <span className="timeline-lane-name">control</span>
          <span className="timeline-lane-name lane-data">packets</span>
          {marks.map((mark) => (
            <span
              key={mark.index}
              className={`mark mark-${mark.lane} ${mark.kind}`}
              style={{ left: `${((mark.index - first + 0.5) / span) * 100}%` }}
              data-past={mark.index <= playhead}
              title={mark.title}
            >
              {mark.glyph}
            </span>
          ))}
          <span className="timeline-head" style={{ left: `${(Math.max(0, playhead - first + 1) / span) * 100}%` }} />
        </div>
        <input
          className="timeline-scrub"
          type="range"
          aria-label="Playhead"
          aria-valuetext={describe(beats, commits, playhead)}
          min={first - 1}
          max={Math.max(first, beats.length - 1)}
          value={Math.max(first - 1, playhead)}
          onChange={(event) => goTo(Number(event.target.value))}
        />
        <p className="timeline-now label">{describe(beats, commits, playhead)}</p>
      </div>
    </footer>
  )
}

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

interface Mark {
  readonly index: number
  readonly lane: Beat['lane']
  readonly kind: string
  readonly glyph: string
  readonly title: string
}

function marksOf(beats: readonly Beat[], commits: ReadonlyMap<number, CommitView>, posed: number): Mark[] {
  const from = Math.max(0, posed - CONTROL_SHOWN)
  const marks: Mark[] = []
  for (let index = from; index < beats.length; index++) {
    const beat = beats[index]
    const gap = index > from && beat.at - beats[index - 1].at > GAP_US
    if (beat.lane === 'control') {
      const note = commits.get(beat.commit)?.notes[0]
      marks.push({
        index,
        lane: 'control',
        kind: gap ? 'gap' : '',
        glyph: '',
        title: note ? `${note.actor}: ${note.text}` : 'event',
      })
    } else {
      const step = stepOf(commits, beat)
      const end = step?.end?.disposition
      const kind =
        end === 'dropped' || end === 'rejected'
          ? 'mark-drop'
          : end === 'delivered'
            ? 'mark-delivered'
            : step?.reply
              ? 'mark-reply'
              : ''
      marks.push({
        index,
        lane: 'data',
        kind: `${kind} ${gap ? 'gap' : ''}`,
        glyph: kind === 'mark-drop' ? '✗' : kind === 'mark-delivered' ? '✓' : '',
        title: step ? `${step.action}: ${step.summary}` : '',
      })
    }
  }
  return marks
}

function describe(beats: readonly Beat[], commits: ReadonlyMap<number, CommitView>, playhead: number): string {
  const beat = beats[playhead]
  if (!beat) return 'before the first event'
  const time = `${(beat.at / 1e6).toFixed(6)} s`
  const step = stepOf(commits, beat)
  if (step) return `${time}  ${step.action} · ${step.summary}`
  const note = commits.get(beat.commit)?.notes[0]
  return note ? `${time}  ${note.actor}: ${note.text}` : time
}
