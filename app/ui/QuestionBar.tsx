import { useEffect, useMemo, useState } from 'react'
import type { Question } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import { defaultPort, destinations, type EndpointChoice, sources } from './endpoints.ts'
import './QuestionBar.css'
import { VERDICT_GLYPH } from './words.ts'

/** From whom, to whom, which port: and below it the answer, in one sentence, with its cause. */
export function QuestionBar() {
  const { mirror, version, question, ask, answer, busy, playhead, posed, beats, play, goTo } = useSimulation()
  const revealCause = useInterface((state) => state.revealCause)
  const [draft, setDraft] = useState<Question>(question)
  useEffect(() => setDraft(question), [question])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mirror is the same object; `version` says that it changed
  const choices = useMemo(() => ({ from: sources(mirror), to: destinations(mirror) }), [mirror, version])
  const before = answer !== null && playhead < posed
  const finished = answer !== null && playhead >= beats.length - 1
  const icmp = draft.protocol === 'ICMP'
  return (
    <form
      className="question"
      onSubmit={(event) => {
        event.preventDefault()
        ask(draft)
      }}
    >
      <div className="question-fields">
        <Pick label="From" value={draft.from} choices={choices.from} onPick={(from) => setDraft({ ...draft, from })} />
        <Pick
          label="to"
          value={draft.to}
          choices={choices.to}
          onPick={(to) => setDraft({ ...draft, to, port: defaultPort(mirror, to) ?? draft.port })}
        />
        <label className="question-port">
          <span className="visually-hidden">Port</span>
          <input
            className="field mono"
            aria-label="Port"
            value={icmp ? '' : (draft.port ?? '')}
            disabled={icmp}
            size={5}
            onChange={(event) =>
              setDraft({
                ...draft,
                port: /^\d+$/.test(event.target.value) ? Number(event.target.value) : event.target.value || undefined,
              })
            }
          />
        </label>
        <select
          className="field"
          aria-label="Protocol"
          value={draft.protocol ?? 'TCP'}
          onChange={(event) => setDraft({ ...draft, protocol: event.target.value as Question['protocol'] })}
        >
          <option value="TCP">TCP</option>
          <option value="UDP">UDP</option>
          <option value="ICMP">ping</option>
        </select>
        <button type="submit" className="button primary" disabled={busy}>
          Send
        </button>
      </div>
      <p className="question-answer" aria-live="polite">
        {busy && !answer && <span className="label">The cluster is starting.</span>}
        {before && (
          <>
            <strong>{answer.verdict === 'delivered' ? 'Which way does it go?' : 'Where does it die?'}</strong>{' '}
            <button type="button" className="button" onClick={play}>
              Watch it walk
            </button>{' '}
            <button type="button" className="link" onClick={() => goTo(beats.length - 1)}>
              tell me
            </button>
          </>
        )}
        {answer && !before && !finished && <span className="label">On its way.</span>}
        {finished && (
          <>
            <strong className={`verdict-${answer.verdict}`}>
              <span aria-hidden>{VERDICT_GLYPH[answer.verdict]}</span> {answer.verdict}
            </strong>{' '}
            {answer.sentence}{' '}
            {answer.culprit?.cause?.file && (
              <button type="button" className="link" onClick={() => revealCause(answer.culprit?.cause)}>
                show cause
              </button>
            )}
          </>
        )}
      </p>
    </form>
  )
}

function Pick({
  label,
  value,
  choices,
  onPick,
}: {
  label: string
  value: string
  choices: readonly EndpointChoice[]
  onPick: (value: string) => void
}) {
  const groups = [...new Set(choices.map((choice) => choice.group))]
  const known = choices.some((choice) => choice.value === value)
  return (
    <label className="question-pick">
      <span className="label">{label}</span>
      <select className="field" value={value} onChange={(event) => onPick(event.target.value)}>
        {!known && <option value={value}>{value}</option>}
        {groups.map((group) => (
          <optgroup key={group} label={group}>
            {choices
              .filter((choice) => choice.group === group)
              .map((choice) => (
                <option key={choice.value} value={choice.value}>
                  {choice.label}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}
