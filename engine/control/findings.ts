import type { Diagnostic } from '../api/types.ts'
import type { Row, TableDef } from '../core/table.ts'
import type { Tx, WorldReader } from '../core/world.ts'

/** Something about the running world that its author should be told: a container that listens on nothing, a fight. */
export interface FindingRow extends Row {
  readonly diagnostic: Diagnostic
}

declare module '../core/tables.ts' {
  interface Tables {
    finding: FindingRow
  }
}

export const findingTable: TableDef<FindingRow> = { name: 'finding' }

/** Files a finding, once per id. */
export function find(tx: Tx, id: string, diagnostic: Diagnostic): void {
  if (!tx.get('finding', id)) tx.put('finding', { id, diagnostic })
}

/** Everything that was found out since the world began, in order of id. */
export function findings(tx: Pick<WorldReader, 'rows'>): readonly Diagnostic[] {
  return tx.rows('finding').map(({ diagnostic }) => diagnostic)
}
