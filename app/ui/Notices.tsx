import { useState } from 'react'
import type { Wrote } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import { useSim } from '../stores/use-sim.ts'
import { headlineOf } from './headline.ts'
import './Notices.css'

/** What the person must know at once: text refused, engine slow or restarted, our own failure. Nothing covers the map. */
export function Notices() {
  const { rejected, diagnostics, slow, restarted, heldBack, failure, progress, stopEngine, runAgain } = useSim(
    ...([
      'rejected',
      'diagnostics',
      'slow',
      'restarted',
      'heldBack',
      'failure',
      'progress',
      'stopEngine',
      'runAgain',
    ] as const),
  )
  const revealCause = useInterface((state) => state.revealCause)
  const first = diagnostics.find((d) => d.severity === 'error')
  return (
    <div className="notices" role="status">
      {rejected && first && (
        <p className="notice notice-error">
          <strong>The text has an error; the map shows the last good world.</strong> {first.message}{' '}
          {first.file && (
            <button
              type="button"
              className="link mono"
              onClick={() => revealCause({ kind: '', name: '', file: first.file ?? null, line: first.line ?? null })}
            >
              {first.file}
              {first.line ? `:${first.line}` : ''}
            </button>
          )}
          {first.hint && <span className="hint"> {first.hint}</span>}
        </p>
      )}
      {slow && (
        <p className="notice notice-warning">
          Still working on it
          {progress &&
            `: ${progress.events.toLocaleString('en')} events, ${progress.pods.toLocaleString('en')} pods so far`}
          .{' '}
          <button type="button" className="link" onClick={stopEngine}>
            Stop
          </button>
        </p>
      )}
      {heldBack ? (
        <p className="notice notice-warning">
          This text did not come to an end last time, so it was not run by itself. It is kept as it was.{' '}
          <RunAgain onRun={runAgain} />
        </p>
      ) : (
        restarted && (
          <p className="notice notice-warning">
            The engine was silent for too long and was restarted. Your text is kept. <RunAgain onRun={runAgain} />
          </p>
        )
      )}
      {failure && <p className="notice notice-error">{failure}</p>}
    </div>
  )
}

function RunAgain({ onRun }: { onRun: () => void }) {
  return (
    <button type="button" className="link" onClick={onRun}>
      Run it, and wait
    </button>
  )
}

/** What the last edit came to, until it is closed or the packet leaves. */
export function Headline() {
  const { wrote, goTo, beats, editedAt } = useSim('wrote', 'goTo', 'beats', 'editedAt')
  const walking = useSimulation((state) => state.playhead >= state.posed)
  const [closed, setClosed] = useState<Wrote | null>(null)
  if (!wrote || walking || closed === wrote) return null
  const edit = editedAt.at(-1)
  const start = edit === undefined ? -1 : beats.findIndex((beat) => beat.commit >= edit && beat.lane === 'control')
  return (
    <p className="notice notice-change" role="status">
      <span>
        <strong>Applied:</strong> {headlineOf(wrote)}.
      </span>
      <span className="notice-actions">
        {start >= 0 && (
          <button type="button" className="link" onClick={() => goTo(start)}>
            see it happen
          </button>
        )}
        <button type="button" className="notice-close" aria-label="Close this message" onClick={() => setClosed(wrote)}>
          ×
        </button>
      </span>
    </p>
  )
}
