import { useState } from 'react'
import type { Diagnostic } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { useSim } from '../stores/use-sim.ts'
import './editor.css'

const KINDS = [
  ['error', '✗', 'error', 'errors'],
  ['warning', '▲', 'warning', 'warnings'],
  ['info', 'ℹ', 'note', 'notes'],
] as const

/** Errors and warnings first, then what is stored but not modelled; each leads to its line. */
export function Problems() {
  const { diagnostics } = useSim('diagnostics')
  const [open, setOpen] = useState(false)
  if (diagnostics.length === 0) return null
  return (
    <section className="problems" aria-label="Problems">
      <button type="button" className="problems-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden>{open ? '▾' : '▸'}</span>
        {KINDS.map(([severity, glyph, one, many]) => {
          const count = diagnostics.filter((d) => d.severity === severity).length
          if (count === 0) return null
          return (
            <span key={severity} className={`problem-${severity}`}>
              <span aria-hidden>{glyph}</span> {count} {count === 1 ? one : many}
            </span>
          )
        })}
      </button>
      {open && (
        <ul className="problems-list">
          {KINDS.flatMap(([severity, glyph]) =>
            diagnostics
              .filter((d) => d.severity === severity)
              .map((diagnostic, index) => (
                <Problem key={`${severity}${index}`} diagnostic={diagnostic} glyph={glyph} />
              )),
          )}
        </ul>
      )}
    </section>
  )
}

function Problem({ diagnostic, glyph }: { diagnostic: Diagnostic; glyph: string }) {
  const revealCause = useInterface((state) => state.revealCause)
  const { file, line, message, hint, severity } = diagnostic
  return (
    <li>
      <button
        type="button"
        className="problem"
        disabled={!file}
        onClick={() => revealCause({ kind: '', name: '', file: file ?? null, line: line ?? 1 })}
      >
        <span className={`problem-${severity}`} aria-hidden>
          {glyph}
        </span>
        <span>
          {message} {hint && <span className="label">{hint}</span>}{' '}
          {file && (
            <span className="mono problem-place">
              {file}
              {line ? `:${line}` : ''}
            </span>
          )}
        </span>
      </button>
    </li>
  )
}
