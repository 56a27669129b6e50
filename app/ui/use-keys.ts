import { useEffect } from 'react'
import { useInterface } from '../stores/interface.ts'
import { currentStep, useSimulation } from '../stores/simulation.ts'
import { inTextField } from './text-field.ts'

const SPEEDS = [0.25, 0.5, 1, 2, 4]

/** The keys that work anywhere but in a text field. `Help` lists them. */
export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('dialog[open]') || inTextField(event.target)) return
      if (handle(event)) event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function handle(event: KeyboardEvent): boolean {
  const sim = useSimulation.getState()
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== 'Enter') return false
    sim.ask(sim.question)
    return true
  }
  const direction = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : undefined
  if (direction) {
    if (ownsArrows(event.target)) return false
    if (event.shiftKey) sim.stepPacket(direction)
    else if (event.altKey) sim.stepControl(direction)
    else sim.stepHop(direction)
    return true
  }
  if (event.altKey) return false
  if (event.key === ' ') {
    if (event.target instanceof HTMLButtonElement || event.target instanceof HTMLInputElement) return false
    if (sim.playing) sim.pause()
    else sim.play()
    return true
  }
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]
  act?.()
  return act !== undefined
}

const KEYS: Readonly<Record<string, () => void>> = {
  Home: () => useSimulation.getState().goTo(useSimulation.getState().posed - 1),
  End: () => useSimulation.getState().goTo(useSimulation.getState().beats.length - 1),
  '[': () => changeSpeed(-1),
  ']': () => changeSpeed(1),
  e: () => useInterface.getState().toggleEditor(),
  i: () => useInterface.getState().toggleInspector(),
  q: () => focusOn('[data-question="From"]'),
  '/': () => focusOn('.inspector-filter'),
  '?': () => useInterface.getState().setHelpOpen(true),
  g() {
    const sim = useSimulation.getState()
    useInterface.getState().revealCause(currentStep(sim)?.decidedBy?.cause ?? sim.answer?.culprit?.cause)
  },
  Escape: () => useInterface.getState().select(null),
}

function changeSpeed(by: 1 | -1): void {
  const { speed, setSpeed } = useSimulation.getState()
  const next = SPEEDS[SPEEDS.indexOf(speed) + by]
  if (next) setSpeed(next)
}

function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus()
}

/** Boxes of the map and tabs move by arrows themselves. */
function ownsArrows(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('.react-flow__node, [role="tab"], [type="range"]') !== null
}
