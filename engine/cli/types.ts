import type { WorldReader } from '../core/world.ts'
import type { RecordRef } from '../kernel/tables.ts'

/** A line a tool prints, and the row behind it. */
export interface Line {
  readonly text: string
  readonly ref?: RecordRef
}

export interface Output {
  readonly lines: readonly Line[]
  readonly stderr: string
  readonly exitCode: number
}

/** The netns a command looks at, and the host whose files it reads. */
export interface Place {
  readonly netns: string
  readonly host: string
  /** Scope of its own files, where that is neither: a pod with hostNetwork. */
  readonly files?: string
}

/** A tool that reads tables. `run` gets the words after the name. */
export interface Command {
  readonly name: string
  readonly usage: string
  run(world: WorldReader, place: Place, args: readonly string[]): Output
}

export const printed = (lines: readonly Line[]): Output => ({ lines, stderr: '', exitCode: 0 })
export const failed = (stderr: string, exitCode: number): Output => ({ lines: [], stderr: `${stderr}\n`, exitCode })
export const notModelled = (flag: string): Output => failed(`not modelled: ${flag}`, 2)
