import { currentStep, useSimulation } from '../stores/simulation.ts'
import { verbOf } from '../view/verb.ts'
import { placeOf } from './words.ts'

/** Says the current hop, and nothing else, to those who listen: verdicts first. */
export function Announcer() {
  const step = useSimulation(currentStep)
  const fold = useSimulation((state) => state.beats[state.playhead]?.fold)
  const verb = step && verbOf(step)
  return (
    <p className="visually-hidden" aria-live="polite" data-testid="announcer">
      {fold && !fold.open
        ? `${fold.title}: ${fold.note}.`
        : step && verb && `${step.reply ? 'Answer, ' : ''}${verb.text}, ${placeOf(step)}. ${step.detail}`}
    </p>
  )
}
