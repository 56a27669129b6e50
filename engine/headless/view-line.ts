import type { Line } from '../cli/types.ts'
import type { WorldReader } from '../core/world.ts'
import type { ShownLine } from '../protocol.ts'
import { authorOf, viewCause } from './decision.ts'

/** A line that a tool printed, with the row behind it. */
export function viewLine(world: WorldReader, line: Line): ShownLine {
  const { ref } = line
  if (!ref) return { text: line.text }
  const row = ref.row ?? world.get(ref.table as 'route', ref.id) // any table: only its author is read
  const { owner, cause } = authorOf(ref, row)
  return {
    text: line.text,
    table: ref.table,
    rowId: ref.id,
    ...(ref.rule === undefined ? {} : { rule: ref.rule }),
    ...(owner ? { owner } : {}),
    ...(cause ? { cause: viewCause(world, cause) } : {}),
  }
}
