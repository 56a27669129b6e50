import { useEffect, useRef } from 'react'
import { useSimulation } from '../stores/simulation.ts'
import { stepOf } from '../sim/beats.ts'
import { placeOf } from './words.ts'
import './Walk.css'

/** The walk as an ordered list: the same steps as the canvas, as text. */
export function Walk() {
  const { beats, commits, playhead, posed, goTo, detail, setDetail } = useSimulation()
  const current = useRef<HTMLLIElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when the playhead moves
  useEffect(() => void current.current?.scrollIntoView({ block: 'nearest' }), [playhead])
  const shown = beats
    .map((beat, index) => ({ beat, index }))
    .filter(({ beat, index }) => index >= posed && index <= playhead && beat.lane === 'data')
  if (shown.length === 0) return null
  return (
    <section className="walk" aria-label="The walk so far">
      <header className="walk-head">
        <h2 className="walk-title">The walk so far</h2>
        <label className="label">
          <input type="checkbox" checked={detail} onChange={(event) => setDetail(event.target.checked)} /> with ARP and
          copies
        </label>
      </header>
      <ol className="walk-list">
        {shown.map(({ beat, index }) => {
          const step = stepOf(commits, beat)
          if (!step) return null
          const end = step.end?.disposition
          return (
            <li
              key={index}
              ref={index === playhead ? current : undefined}
              className={index === playhead ? 'walk-current' : undefined}
            >
              <button
                type="button"
                className="walk-step"
                aria-current={index === playhead ? 'step' : undefined}
                onClick={() => goTo(index)}
              >
                <span className={end === 'dropped' || end === 'rejected' ? 'walk-verb dropped' : 'walk-verb'}>
                  {end === 'dropped' || end === 'rejected' ? '✗ ' : end === 'delivered' ? '✓ ' : ''}
                  {step.reply ? '↩ ' : ''}
                  {step.action}
                </span>
                <span className="walk-place label">{placeOf(step)}</span>
                <span className="walk-summary mono">{step.summary}</span>
              </button>
            </li>
          )
        })}
      </ol>
    </section>
  )
}
