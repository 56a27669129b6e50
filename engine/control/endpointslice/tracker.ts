import type { ObjectRow } from '../../api/types.ts'
import type { Row, TableDef } from '../../core/table.ts'
import type { ControllerCtx } from '../types.ts'

/**
 * The version of each slice as the controller last wrote it, so that its own writes are not news to it.
 * Models staging endpointslice/util EndpointSliceTracker.
 */
export interface SliceVersionRow extends Row {
  readonly resourceVersion: number
}

declare module '../../core/tables.ts' {
  interface Tables {
    sliceVersion: SliceVersionRow
  }
}

export const sliceVersionTable: TableDef<SliceVersionRow> = { name: 'sliceVersion' }

export function track(ctx: ControllerCtx, { id, resourceVersion }: ObjectRow): void {
  if (ctx.tx.get('sliceVersion', id)?.resourceVersion !== resourceVersion) {
    ctx.tx.put('sliceVersion', { id, resourceVersion })
  }
}

export function isOwnWrite(ctx: ControllerCtx, { id, resourceVersion }: ObjectRow): boolean {
  return ctx.tx.get('sliceVersion', id)?.resourceVersion === resourceVersion
}
