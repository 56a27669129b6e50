import type { Row } from './table.ts'

/**
 * The catalogue of tables. It is empty here: each folder that owns a table adds it by declaration merging,
 *
 *     declare module '../core/tables.ts' { interface Tables { route: Route } }
 *
 * and exports a `TableDef` for it, which `engine/tables.ts` lists. That gives `tx.put('route', row)` its type
 * without core knowing what a route is.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface Tables {}

export type TableName = keyof Tables & string
export type RowOf<N extends TableName> = Tables[N] extends Row ? Tables[N] : never
