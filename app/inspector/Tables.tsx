import { memo, useCallback, useEffect, useMemo, useState } from 'react'
import type { ShownLine } from '../../engine/index.ts'
import { useSim } from '../stores/use-sim.ts'
import { CauseChips } from '../ui/HopCard.tsx'
import { CopyButton } from './CopyButton.tsx'
import { rowsOfWalk } from './used-rows.ts'

/** What a tool prints there, at this moment, line by line with the row behind each. */
export function Tables({ where, command }: { where: { node?: string; pod?: string }; command: string }) {
  const { show, moment, version, beats, commits, posed, playhead } = useSim(
    ...(['show', 'moment', 'version', 'beats', 'commits', 'posed', 'playhead'] as const),
  )
  const [shown, setShown] = useState<{ lines: readonly ShownLine[]; stderr: string }>()
  const [filter, setFilter] = useState('')
  const [onlyMet, setOnlyMet] = useState(false)
  const [picked, setPicked] = useState<number | null>(null)
  const used = useMemo(() => rowsOfWalk(beats, commits, posed, playhead), [beats, commits, posed, playhead])
  const place = where.node ?? where.pod
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again when the world has moved
  useEffect(() => {
    let current = true
    show(where, command).then((update) => {
      if (current && update.type === 'shown') setShown({ lines: update.lines, stderr: update.stderr })
    })
    return () => {
      current = false
    }
  }, [place, command, moment, version])
  const pick = useCallback((index: number) => setPicked((old) => (old === index ? null : index)), [])

  const lines = shown?.lines ?? []
  const all = lines.map((line, index) => ({ line, index, met: line.table !== undefined && used.has(keyOf(line)) }))
  const met = all.filter((row) => row.met).length
  const rows = all.filter(
    (row) => (!onlyMet || met === 0 || row.met) && row.line.text.toLowerCase().includes(filter.toLowerCase()),
  )
  return (
    <>
      <p className="inspector-copy">
        <input
          className="field inspector-filter mono"
          type="search"
          aria-label="Only lines with"
          placeholder="filter (/)"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        {met > 0 && (
          <button
            type="button"
            className="inspector-met"
            aria-pressed={onlyMet}
            title="A bar marks the rows that this packet met so far; this shows only them"
            onClick={() => setOnlyMet(!onlyMet)}
          >
            {met} met
          </button>
        )}
        <CopyButton text={lines.map((line) => line.text).join('\n')} />
      </p>
      {lines.some((line) => line.table) && (
        <p className="inspector-hint label">A row, clicked, names who wrote it and the YAML behind it.</p>
      )}
      {shown?.stderr && <p className="inspector-note mono">{shown.stderr}</p>}
      {shown && lines.length === 0 && !shown.stderr && <p className="inspector-note">The tool prints nothing here.</p>}
      {lines.length > 0 && rows.length === 0 && <p className="inspector-note">No line has that.</p>}
      <ol className="inspector-lines">
        {rows.map(({ line, index, met }) => (
          <Line key={index} line={line} index={index} met={met} picked={picked === index} onPick={pick} />
        ))}
      </ol>
    </>
  )
}

const Line = memo(
  function Line({
    line,
    index,
    met,
    picked,
    onPick,
  }: {
    line: ShownLine
    index: number
    met: boolean
    picked: boolean
    onPick: (index: number) => void
  }) {
    const author = line.owner ?? (line.table ? 'the kernel itself' : undefined)
    return (
      <li className={met ? 'line met' : 'line'}>
        <button
          type="button"
          className="line-text mono"
          aria-expanded={line.table ? picked : undefined}
          title={author ? `written by ${author}` : undefined}
          onClick={() => onPick(index)}
        >
          {met && <span className="visually-hidden">met by this packet: </span>}
          {line.text || ' '}
        </button>
        {picked && author && (
          <div className="line-author">
            <p className="label">
              written by <strong>{author}</strong>
              {line.cause ? ', asked for by' : ''}
            </p>
            {line.cause && <CauseChips cause={line.cause} />}
          </div>
        )}
      </li>
    )
  },
  (a, b) =>
    a.met === b.met &&
    a.picked === b.picked &&
    a.index === b.index &&
    (a.line === b.line || (!a.picked && a.line.text === b.line.text && keyOf(a.line) === keyOf(b.line))),
)

function keyOf(line: ShownLine): string {
  return line.rule === undefined ? `${line.table}\n${line.rowId}` : `${line.table}\n${line.rowId}\n${line.rule}`
}
