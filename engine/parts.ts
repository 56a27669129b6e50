import type { Command, Update } from './protocol.ts'
import type { Simulation } from './simulation.ts'

/** A command that only looks at the world, or at no world at all. */
export type Look = Extract<Command, { type: 'show' | 'headless' | 'complete' | 'hover' }>

/** What answers looks. It is not needed for a world to run, so it may be given to a session later. */
export interface Part {
  /** `sim` is absent as long as no world is loaded. Throws what the page is told as a failure. */
  answer(look: Look, sim: Simulation | undefined): Update
}

/** `tools`: `tools.ts`, what is run on a host or in a pod, and the headless asks. `language`: `language.ts`, help in the editor. */
export type PartName = 'tools' | 'language'

const PART_OF: Readonly<Record<Look['type'], PartName>> = {
  show: 'tools',
  headless: 'tools',
  complete: 'language',
  hover: 'language',
}

/** The part that answers a command; undefined if the session does so itself. */
export function partOf(command: Command): PartName | undefined {
  return isLook(command) ? PART_OF[command.type] : undefined
}

export function isLook(command: Command): command is Look {
  return Object.hasOwn(PART_OF, command.type)
}
