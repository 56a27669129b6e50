import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import './Notices.css'

/** What the person must know at once: text refused, engine slow or restarted, our own failure. Nothing covers the map. */
export function Notices() {
  const { rejected, diagnostics, slow, restarted, failure, stopEngine, load, files } = useSimulation()
  const revealCause = useInterface((state) => state.revealCause)
  const first = diagnostics.find((d) => d.severity === 'error')
  return (
    <div className="notices" role="status">
      {first && (
        <p className="notice notice-error">
          <strong>
            {rejected
              ? 'The text has an error; the map shows the last good world.'
              : 'A part of the text was refused; the rest runs, and what was refused stays as it last was.'}
          </strong>{' '}
          {first.message}{' '}
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
          Still working on it.{' '}
          <button type="button" className="link" onClick={stopEngine}>
            Stop
          </button>
        </p>
      )}
      {restarted && (
        <p className="notice notice-warning">
          The engine took too long and was restarted. Your text is kept.{' '}
          <button type="button" className="link" onClick={() => load(files)}>
            Run it again
          </button>
        </p>
      )}
      {failure && <p className="notice notice-error">{failure}</p>}
    </div>
  )
}
