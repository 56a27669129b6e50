import { useInterface } from '../stores/interface.ts'
import { currentStep, useSimulation } from '../stores/simulation.ts'
import { envelopesOf } from '../view/envelope.ts'
import './HopCard.css'
import type { CauseView, DecisionView, StepView } from './types.ts'
import { fieldName, placeOf, VERDICT_GLYPH } from './words.ts'

/** What happened at this hop, to which header, decided by which row, asked for by which line of YAML. */
export function HopCard() {
  const step = useSimulation(currentStep)
  const { answer, playhead, posed, beats, commits, play, busy } = useSimulation()
  if (!step) {
    const beat = beats[playhead]
    const notes = beat && playhead >= posed ? (commits.get(beat.commit)?.notes ?? []) : []
    return (
      <section className="hop" aria-label="Hop">
        {notes.map((note) => (
          <p key={`${note.actor}${note.text}`} className="hop-note">
            <strong className="mono">{note.actor}</strong> {note.text}
          </p>
        ))}
        {notes.length === 0 && answer && (
          <>
            <h2 className="hop-verb">A packet is about to leave</h2>
            <p className="hop-sentence">
              {answer.question.from} sends to {answer.question.to}
              {answer.question.port ? ` port ${answer.question.port}` : ''}. Play it, or step with the arrow keys.
            </p>
            <button type="button" className="button primary" onClick={play}>
              Play
            </button>
          </>
        )}
        {notes.length === 0 && !answer && (
          <p className="label">
            {busy ? 'The cluster is starting.' : 'Ask a question above: from whom, to whom, which port.'}
          </p>
        )}
      </section>
    )
  }
  return <HopContent step={step} />
}

export function HopContent({ step }: { step: StepView }) {
  const ended = step.end?.disposition === 'dropped' || step.end?.disposition === 'rejected'
  return (
    <section className="hop" aria-label="Hop">
      <p className="hop-place label">
        {placeOf(step)} · {step.stage}
        {step.reply && <span className="hop-reply">answer</span>}
      </p>
      <h2
        className={`hop-verb ${ended ? 'hop-ended' : ''} ${step.end?.disposition === 'delivered' ? 'hop-delivered' : ''}`}
      >
        {ended && <span aria-hidden>✗ </span>}
        {step.end?.disposition === 'delivered' && <span aria-hidden>✓ </span>}
        {step.action}
      </h2>
      <p className="hop-sentence">{step.detail}</p>
      {step.end?.reason && (
        <p className="hop-reason">
          <code>{step.end.reason}</code> {step.end.reasonText}
          {step.end.verdict && (
            <>
              {' '}
              The sender sees: {VERDICT_GLYPH[step.end.verdict]} {step.end.verdict}.
            </>
          )}
        </p>
      )}
      {step.decidedBy && <Decision decision={step.decidedBy} />}
      {step.after && <Changes before={step.before ?? {}} after={step.after} />}
      <Envelopes step={step} />
    </section>
  )
}

/** The row that decided, and the chain behind it as chips: rule, author, object, line. */
function Decision({ decision }: { decision: DecisionView }) {
  return (
    <div className="hop-decision">
      <p className="label">
        Decided by {decision.owner ? `a row that ${decision.owner} wrote` : `table ${decision.table}`}
      </p>
      <pre className="hop-row mono">{decision.text}</pre>
      {decision.cause && <CauseChips cause={decision.cause} />}
    </div>
  )
}

export function CauseChips({ cause }: { cause: CauseView }) {
  const revealCause = useInterface((state) => state.revealCause)
  const select = useInterface((state) => state.select)
  return (
    <p className="hop-chips">
      <button
        type="button"
        className="chip"
        onClick={() => select({ kind: 'object', id: `${cause.kind}/${cause.namespace ?? ''}/${cause.name}` })}
      >
        {cause.kind} {cause.namespace ? `${cause.namespace}/` : ''}
        {cause.name}
      </button>
      {cause.field && <span className="chip chip-plain mono">{cause.field}</span>}
      {cause.file && (
        <button type="button" className="chip chip-line mono" onClick={() => revealCause(cause)}>
          {cause.file}
          {cause.line === null ? '' : `:${cause.line}`}
        </button>
      )}
    </p>
  )
}

function Changes({
  before,
  after,
}: {
  before: Readonly<Record<string, string | number>>
  after: Readonly<Record<string, string | number>>
}) {
  return (
    <table className="hop-changes">
      <caption className="visually-hidden">Header fields that changed here</caption>
      <tbody>
        {Object.entries(after).map(([key, value]) => (
          <tr key={key}>
            <th scope="row">{fieldName(key)}</th>
            <td className="mono">
              {before[key] !== undefined && (
                <>
                  <s>{before[key]}</s> <span aria-hidden>→</span>{' '}
                </>
              )}
              <b>{value}</b>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Nested headers, outermost first. */
function Envelopes({ step }: { step: StepView }) {
  const envelopes = envelopesOf(step.headers)
  if (envelopes.length === 0) return <p className="mono hop-summary">{step.summary}</p>
  return (
    <ol className="envelopes" aria-label="Headers, outermost first">
      {envelopes.map((envelope, depth) => (
        <li
          key={`${depth}${envelope.title}`}
          className={`envelope layer-${envelope.layer}`}
          style={{ marginInlineStart: `${depth * 8}px` }}
        >
          <span className="envelope-title">{envelope.title}</span>
          {envelope.fields.map((field) => (
            <span
              key={field.label}
              className={
                field.key && step.after && field.key in step.after ? 'envelope-field changed' : 'envelope-field'
              }
            >
              <span className="label">{field.label}</span> <span className="mono">{field.value}</span>
            </span>
          ))}
        </li>
      ))}
    </ol>
  )
}
