import { memo, useEffect, useMemo, useRef, useState } from 'react'
import type { Question } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import { useSim } from '../stores/use-sim.ts'
import { defaultPort, destinations, type EndpointChoice, sources } from './endpoints.ts'
import './QuestionBar.css'
import { VERDICT_GLYPH } from './words.ts'

/** From whom, to whom, which port: and below it the answer, in one sentence, with its cause. */
export function QuestionBar() {
  const { mirror, version, question, ask, busy } = useSim('mirror', 'version', 'question', 'ask', 'busy')
  const [draft, setDraft] = useState<Question>(question)
  useEffect(() => setDraft(question), [question])
  const choices = useChoices(mirror, version)
  const icmp = draft.protocol === 'ICMP'
  return (
    <form
      className="question"
      aria-label="Question"
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
        <input
          className="field mono question-port"
          aria-label="Port"
          placeholder="port"
          value={icmp ? '' : (draft.port ?? '')}
          disabled={icmp}
          onChange={(event) =>
            setDraft({
              ...draft,
              port: /^\d+$/.test(event.target.value) ? Number(event.target.value) : event.target.value || undefined,
            })
          }
        />
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
        <button type="submit" className="button primary" disabled={busy} title="Send (Ctrl+Enter)">
          Send
        </button>
      </div>
      <Result />
    </form>
  )
}

/** The lists of the two fields; the same objects as long as they say the same, so that playing does not draw them again. */
function useChoices(mirror: Parameters<typeof sources>[0], version: number) {
  const last = useRef<{ from: EndpointChoice[]; to: EndpointChoice[]; sign: string }>(undefined)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mirror is the same object; `version` says that it changed
  return useMemo(() => {
    const [from, to] = [sources(mirror), destinations(mirror)]
    const sign = JSON.stringify([from, to])
    if (last.current?.sign !== sign) last.current = { from, to, sign }
    return last.current
  }, [mirror, version])
}

/** Before the walk the question, after it the answer: one sentence, and the way to its cause. */
function Result() {
  const { answer, busy, posed, outcome, beats, play, goTo, editedAt } = useSim(
    ...(['answer', 'busy', 'posed', 'outcome', 'beats', 'play', 'goTo', 'editedAt'] as const),
  )
  const before = useSimulation((state) => state.playhead < state.posed)
  const known = useSimulation((state) => state.playhead >= outcome)
  const revealCause = useInterface((state) => state.revealCause)
  if (!answer) return <p className="question-answer label">{busy ? 'The cluster is starting.' : ''}</p>
  if (before)
    return (
      <p className="question-answer">
        <strong>{editedAt.length > 0 ? 'What happens now?' : askedAs(answer.verdict)}</strong>
        <button type="button" className="button" onClick={play} disabled={posed >= beats.length}>
          Watch it walk
        </button>
        <button type="button" className="link" onClick={() => goTo(outcome)}>
          tell me
        </button>
      </p>
    )
  if (!known) return <p className="question-answer label">On its way.</p>
  return (
    <p className="question-answer">
      <span>
        <strong className={`verdict-${answer.verdict}`}>
          <span aria-hidden>{VERDICT_GLYPH[answer.verdict]}</span> {answer.verdict}
        </strong>{' '}
        {answer.sentence}{' '}
        {answer.culprit?.cause?.file && (
          <button type="button" className="link" onClick={() => revealCause(answer.culprit?.cause)}>
            show cause
          </button>
        )}
      </span>
    </p>
  )
}

function askedAs(verdict: string): string {
  return verdict === 'delivered' ? 'Which way does it go?' : 'Where does it die?'
}

const Pick = memo(function Pick({
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
      <select
        className="field"
        data-question={label}
        value={value}
        title={choices.find((choice) => choice.value === value)?.label}
        onChange={(event) => onPick(event.target.value)}
      >
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
})
