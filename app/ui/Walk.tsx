import { memo, useEffect, useMemo, useRef } from 'react'
import { stepOf } from '../sim/beats.ts'
import { useSim } from '../stores/use-sim.ts'
import type { Fold } from '../timeline/phases.ts'
import { verbOf } from '../view/verb.ts'
import type { StepView } from './types.ts'
import './Walk.css'
import { placeOf } from './words.ts'

/** The walk as an ordered list: the same steps as the canvas, as text. */
export function Walk() {
  const { beats, commits, playhead, posed, goTo, detail, setDetail, setFolded } = useSim(
    ...(['beats', 'commits', 'playhead', 'posed', 'goTo', 'detail', 'setDetail', 'setFolded'] as const),
  )
  const steps = useMemo(() => {
    const all: { step: StepView; fold?: Fold; index: number; first: boolean }[] = []
    for (let index = posed; index < beats.length; index++) {
      const step = stepOf(commits, beats[index])
      const { fold } = beats[index]
      if (step) all.push({ step, fold, index, first: step.packet !== all.at(-1)?.step.packet })
    }
    return all
  }, [beats, commits, posed])
  const shown = steps.filter(({ index }) => index <= playhead)
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
        {shown.map(({ step, fold, index, first }) => (
          <Item
            key={index}
            step={step}
            fold={fold}
            index={index}
            first={first}
            current={index === playhead}
            onPick={goTo}
            onFold={setFolded}
          />
        ))}
      </ol>
    </section>
  )
}

const Item = memo(function Item({
  step,
  fold,
  index,
  first,
  current,
  onPick,
  onFold,
}: {
  step: StepView
  fold?: Fold
  index: number
  /** Of its packet. */
  first: boolean
  current: boolean
  onPick: (index: number) => void
  onFold: (id: string, folded: boolean) => void
}) {
  const item = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (current) item.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  const verb = verbOf(step)
  return (
    <li ref={item} className={`${first ? 'walk-first' : ''} ${current ? 'walk-current' : ''}`}>
      {fold && (
        <button
          type="button"
          className="walk-fold label"
          aria-expanded={fold.open}
          onClick={() => onFold(fold.id, fold.open)}
        >
          <span aria-hidden>{fold.open ? '▾' : '▸'}</span> {fold.title}: {fold.note}
        </button>
      )}
      {fold && !fold.open ? null : (
        <button
          type="button"
          className="walk-step"
          aria-current={current ? 'step' : undefined}
          onClick={() => onPick(index)}
        >
          <span className={`walk-verb tone-${verb.tone}`}>
            {verb.glyph ? `${verb.glyph} ` : ''}
            {step.reply && verb.tone !== 'bad' ? '↩ ' : ''}
            {verb.text}
          </span>
          <span className="walk-place label">{placeOf(step)}</span>
          <span className="walk-summary mono">{step.summary}</span>
        </button>
      )}
    </li>
  )
})
