import type { Change } from './core/change.ts'
import { Table, type Row } from './core/table.ts'
import type { RowOf, TableName } from './core/tables.ts'
import { TABLES } from './tables.ts'

/** The tables whose changes travel to the page. Rules, sources and the queue are asked for when somebody looks. */
export const MIRRORED = [
  'object',
  'host',
  'netns',
  'link',
  'addr',
  'route',
  'neigh',
  'fdb',
  'socket',
  'conntrack',
] as const satisfies readonly TableName[]
export type MirroredTable = (typeof MIRRORED)[number]

export const MIRRORED_NAMES: ReadonlySet<string> = new Set(MIRRORED)

/** Changes as they travel: those of mirrored tables, without the rows as they were, which the mirror has. */
export function mirrored(changes: readonly Change[]): Change[] {
  return changes.filter(({ table }) => MIRRORED_NAMES.has(table)).map(({ table, id, after }) => ({ table, id, after }))
}

/** The page's copy of some of a world's tables, kept equal by applying the same changes. */
export class Mirror {
  private tables = new Map<string, Table<Row>>()

  constructor() {
    this.reset()
  }

  reset(): void {
    this.tables = new Map(
      TABLES.filter((def) => MIRRORED_NAMES.has(def.name)).map((def) => [def.name, new Table<Row>(def as never)]), // rows of every kind
    )
  }

  apply(changes: readonly Change[]): void {
    for (const { table, id, after } of changes) {
      const target = this.tables.get(table)
      target?.write(id, target.get(id), after)
    }
  }

  get<N extends MirroredTable>(table: N, id: string): RowOf<N> | undefined {
    return this.tables.get(table)?.get(id) as RowOf<N> | undefined // rows arrive under their own table's name
  }

  rows<N extends MirroredTable>(table: N): readonly RowOf<N>[] {
    return (this.tables.get(table)?.rows() ?? []) as readonly RowOf<N>[]
  }

  by<N extends MirroredTable>(table: N, index: string, key: string): readonly RowOf<N>[] {
    return (this.tables.get(table)?.by(index, key) ?? []) as readonly RowOf<N>[]
  }
}
