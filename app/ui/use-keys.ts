import { useEffect } from 'react'
import { useInterface } from '../stores/interface.ts'
import { currentStep, useSimulation } from '../stores/simulation.ts'

const SPEEDS = [0.25, 0.5, 1, 2, 4]

/** The keys that work anywhere but in a text field. */
export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || inTextField(event.target)) return
      if (handle(event)) event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function handle(event: KeyboardEvent): boolean {
  const sim = useSimulation.getState()
  const ui = useInterface.getState()
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== 'Enter') return false
    sim.ask(sim.question)
    return true
  }
  const direction = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : undefined
  if (direction) {
    if (onCanvas(event.target)) return false
    if (event.shiftKey) sim.stepPacket(direction)
    else if (event.altKey) sim.stepControl(direction)
    else sim.stepHop(direction)
    return true
  }
  switch (event.key) {
    case ' ':
      if (event.target instanceof HTMLButtonElement) return false
      if (sim.playing) sim.pause()
      else sim.play()
      return true
    case 'Home':
      sim.goTo(sim.posed - 1)
      return true
    case 'End':
      sim.goTo(sim.beats.length - 1)
      return true
    case '[':
    case ']': {
      const at = SPEEDS.indexOf(sim.speed) + (event.key === ']' ? 1 : -1)
      if (SPEEDS[at]) sim.setSpeed(SPEEDS[at])
      return true
    }
    case 'e':
    case 'E':
      ui.toggleEditor()
      return true
    case 'g':
    case 'G':
      ui.revealCause(currentStep(sim)?.decidedBy?.cause ?? sim.answer?.culprit?.cause)
      return true
    case 'Escape':
      ui.select(null)
      return true
    default:
      return false
  }
}

/** Monaco types through an EditContext: its focused element is neither a textarea nor contenteditable. */
function inTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) ||
    target.closest('.monaco-editor') !== null
  )
}

function onCanvas(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('.canvas-frame') !== null
}
