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
            grouped(diagnostics.filter((d) => d.severity === severity)).map((group) => (
              <Problem key={`${severity}${group[0].message}`} group={group} glyph={glyph} />
            )),
          )}
        </ul>
      )}
    </section>
  )
}

/** The same message at many places is one entry: a stranger's file may hold forty objects of one kind. */
function grouped(diagnostics: readonly Diagnostic[]): Diagnostic[][] {
  const groups = new Map<string, Diagnostic[]>()
  for (const diagnostic of diagnostics) {
    const group = groups.get(diagnostic.message)
    if (group) group.push(diagnostic)
    else groups.set(diagnostic.message, [diagnostic])
  }
  return [...groups.values()]
}

function Problem({ group, glyph }: { group: readonly Diagnostic[]; glyph: string }) {
  const revealCause = useInterface((state) => state.revealCause)
  const { message, hint, severity } = group[0]
  return (
    <li className="problem">
      <span className={`problem-${severity}`} aria-hidden>
        {glyph}
      </span>
      <span>
        {message} {hint && <span className="label">{hint}</span>}
        {group.map(({ file, line }, index) =>
          file ? (
            <button
              key={index}
              type="button"
              className="link mono problem-place"
              onClick={() => revealCause({ kind: '', name: '', file, line: line ?? 1 })}
            >
              {file}
              {line ? `:${line}` : ''}
            </button>
          ) : null,
        )}
      </span>
    </li>
  )
}
