import { memo } from 'react'
import { useInterface } from '../stores/interface.ts'
import { currentStep, useSimulation } from '../stores/simulation.ts'
import { useSim } from '../stores/use-sim.ts'
import type { Fold } from '../timeline/phases.ts'
import { envelopesOf } from '../view/envelope.ts'
import { verbOf } from '../view/verb.ts'
import './HopCard.css'
import type { CauseView, DecisionView, StepView } from './types.ts'
import { chainName, fieldName, placeOf, sentenceOf, VERDICT_GLYPH, VERDICT_WORD } from './words.ts'

/** What happened at this hop, to which header, decided by which row, asked for by which line of YAML. */
export function HopCard() {
  const step = useSimulation(currentStep)
  const fold = useSimulation((state) => state.beats[state.playhead]?.fold)
  if (step && fold && !fold.open) return <FoldCard fold={fold} />
  return step ? <HopContent step={step} /> : <BeforeWalk />
}

/** A phase of the exchange that is folded into one stop. */
function FoldCard({ fold }: { fold: Fold }) {
  const setFolded = useSimulation((state) => state.setFolded)
  return (
    <section className="hop" aria-label="Hop">
      <p className="hop-place label">
        {fold.packets} {fold.packets === 1 ? 'packet' : 'packets'}, {fold.stops} hops, folded
      </p>
      <h2 className="hop-verb">{fold.title}</h2>
      <p className="hop-sentence">{fold.note}.</p>
      <button type="button" className="button" onClick={() => setFolded(fold.id, false)}>
        Step through it
      </button>
    </section>
  )
}

/** What control loops did at the playhead, or the packet that waits to be sent. */
function BeforeWalk() {
  const { answer, playhead, posed, beats, commits, play, busy } = useSim(
    ...(['answer', 'playhead', 'posed', 'beats', 'commits', 'play', 'busy'] as const),
  )
  const beat = beats[playhead]
  const atNote = beat !== undefined && playhead !== posed - 1
  const notes = atNote ? (commits.get(beat.commit)?.notes ?? []) : []
  return (
    <section className="hop" aria-label="Hop">
      {notes.length > 0 && <p className="hop-place label">The cluster, at {(beat.at / 1e6).toFixed(3)} s</p>}
      {notes.map((note) => (
        <p key={`${note.actor}${note.text}`} className="hop-note">
          <strong className="mono">{note.actor}</strong> {note.text}
        </p>
      ))}
      {notes.length === 0 && answer && (
        <>
          <h2 className="hop-verb">A packet is about to leave</h2>
          <p className="hop-sentence">
            <span className="mono">{answer.question.from}</span> sends to{' '}
            <span className="mono">{answer.question.to}</span>
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

export const HopContent = memo(function HopContent({ step }: { step: StepView }) {
  const verb = verbOf(step)
  const died = step.end !== undefined && verb.tone === 'bad' && !step.reply
  return (
    <section className={`hop hop-${verb.tone}`} aria-label="Hop">
      <p className="hop-place label">
        <span>
          {placeOf(step)} · {step.stage}
        </span>
        {step.reply && <span className="hop-reply">answer</span>}
      </p>
      <h2 className="hop-verb">
        {verb.glyph && <span aria-hidden>{verb.glyph} </span>}
        {verb.text}
      </h2>
      <p className="hop-sentence">{sentenceOf(step)}</p>
      {step.end?.reason && (
        <p className="hop-reason">
          {step.end.verdict && (
            <strong>
              The sender sees: {VERDICT_GLYPH[step.end.verdict]} {VERDICT_WORD[step.end.verdict]}.{' '}
            </strong>
          )}
          <code>{step.end.reason}</code>
        </p>
      )}
      {died && <AskedFor step={step} />}
      {verb.tone === 'bad' && step.reply && <WhereItDied />}
      {step.decidedBy && <Decision decision={step.decidedBy} via={step.via} />}
      {step.after && <Changes before={step.before ?? {}} after={step.after} />}
      <Envelopes step={step} />
    </section>
  )
})

/** At the end of the request: the earlier decision that led here, when it is another one, and its line of YAML. */
function AskedFor({ step }: { step: StepView }) {
  const culprit = useSimulation((state) => state.answer?.culprit)
  const fix = culprit ?? step.decidedBy
  if (!culprit || !fix?.cause || sameRow(culprit, step.decidedBy)) return null
  return (
    <div className="hop-culprit">
      <p className="label">It was sent here by</p>
      <CauseChips cause={fix.cause} rule={fix} />
    </div>
  )
}

function WhereItDied() {
  const { death, goTo } = useSim('death', 'goTo')
  if (death < 0) return null
  return (
    <p>
      <button type="button" className="link" onClick={() => goTo(death)}>
        Go to where the packet died
      </button>
    </p>
  )
}

function sameRow(a: DecisionView | undefined, b: DecisionView | undefined): boolean {
  return a?.table === b?.table && a?.id === b?.id && a?.rule === b?.rule
}

/** The row that decided, the rows on the way to it, and the chain behind it as chips: author, object, line. */
function Decision({ decision, via = [] }: { decision: DecisionView; via?: readonly DecisionView[] }) {
  return (
    <div className="hop-decision">
      <p className="label">
        Decided by {decision.owner ? `a row that ${decision.owner} wrote` : `table ${decision.table}`}
      </p>
      <pre className="hop-row mono">{decision.text}</pre>
      {via.length > 0 && (
        <details className="hop-via">
          <summary className="label">
            after {via.length} earlier {via.length === 1 ? 'row' : 'rows'}
            {chainsOf(via)}
          </summary>
          <ol>
            {via.map((row) => (
              <li key={`${row.id}${row.rule}`}>
                <pre className="hop-row mono">{row.text}</pre>
                {row.cause && <CauseChips cause={row.cause} />}
              </li>
            ))}
          </ol>
        </details>
      )}
      {decision.cause && <CauseChips cause={decision.cause} />}
    </div>
  )
}

function chainsOf(via: readonly DecisionView[]): string {
  const chains = via.map(chainName).filter((name) => name !== undefined)
  return chains.length > 0 ? `: ${chains.join(' › ')}` : ''
}

export function CauseChips({ cause, rule }: { cause: CauseView; rule?: DecisionView }) {
  const revealCause = useInterface((state) => state.revealCause)
  const select = useInterface((state) => state.select)
  const chain = rule && chainName(rule)
  return (
    <p className="hop-chips">
      {rule && (
        <span className="chip chip-plain mono" title={rule.text}>
          {chain ? `${chain}${rule.rule === undefined ? '' : ` rule ${rule.rule + 1}`}` : rule.text}
        </span>
      )}
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
