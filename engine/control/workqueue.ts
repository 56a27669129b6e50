import type { Ctx } from '../core/context.ts'
import type { Row, TableDef } from '../core/table.ts'
import type { Tx } from '../core/world.ts'
import { timeCosts } from './time-costs.ts'
import type { Controller } from './types.ts'

/** One key of one controller in one cluster: the payload of event `reconcile`. */
export interface WorkItem {
  readonly controller: string
  readonly cluster: string
  readonly key: string
}

/** What is remembered of a key between runs; absent where nothing needs to be. */
export interface ControllerRunRow extends Row {
  /** When it last ran; kept only for controllers that coalesce. */
  readonly lastUs?: number
  /** Refusals of the API in a row. */
  readonly failures?: number
}

declare module '../core/tables.ts' {
  interface Tables {
    controllerRun: ControllerRunRow
  }
}

export const controllerRunTable: TableDef<ControllerRunRow> = { name: 'controllerRun' }

export function runId(item: WorkItem): string {
  return `${item.controller}/${item.cluster}/${item.key}`
}

/**
 * Schedules a run of the key unless an earlier one is pending already. A run that something waits for replaces a pending
 * background one, at the earlier of the two times. Without `when`, the key keeps its distance from its last run.
 */
export function enqueue(
  ctx: Ctx,
  controller: Controller,
  item: WorkItem,
  when?: { delayUs?: number; background?: boolean },
): void {
  const id = `reconcile/${runId(item)}`
  const { now } = ctx.clock
  const pending = ctx.tx.get('event', id)
  const latency =
    when?.delayUs ?? microseconds(ctx, item.cluster, controller.latencyUs) ?? timeCosts(ctx.tx, item.cluster).watchUs
  if (pending && !pending.background && pending.at <= now + latency) return
  const at = now + (when ? latency : Math.max(latency, restUs(ctx, controller, item)))
  const background = when?.background
  if (pending) {
    if (pending.at <= at && (background || !pending.background)) return
    if (pending.at <= at) ctx.clock.cancel(id)
    ctx.clock.after(Math.min(at, pending.at) - now, 'reconcile', item, {
      id,
      background: background && pending.background,
    })
    return
  }
  ctx.clock.after(at - now, 'reconcile', item, { id, background })
}

/** Takes back a pending run of a key: somebody did its work already. */
export function cancelRun(ctx: Ctx, item: WorkItem): void {
  ctx.clock.cancel(`reconcile/${runId(item)}`)
}

/** How long the key has to keep its distance from its last run. */
function restUs(ctx: Ctx, controller: Controller, item: WorkItem): number {
  if (controller.coalesceUs === undefined) return 0
  const lastUs = ctx.tx.get('controllerRun', runId(item))?.lastUs
  return lastUs === undefined
    ? 0
    : lastUs + (microseconds(ctx, item.cluster, controller.coalesceUs) ?? 0) - ctx.clock.now
}

function microseconds(ctx: Ctx, cluster: string, value: Controller['latencyUs']): number | undefined {
  return typeof value === 'function' ? value(timeCosts(ctx.tx, cluster)) : value
}

/** Remembers the run where the next one has to keep its distance. */
export function noteRun(ctx: Ctx, controller: Controller, item: WorkItem): void {
  if (controller.coalesceUs === undefined) return
  const id = runId(item)
  ctx.tx.put('controllerRun', { ...ctx.tx.get('controllerRun', id), id, lastUs: ctx.clock.now })
}

const FIRST_RETRY_US = 5_000
const LAST_RETRY_US = 1_000_000_000
/** So many refusals in a row, and nobody waits for the next try any more. */
const PATIENCE = 5

/** Models client-go util/workqueue DefaultTypedControllerRateLimiter: 5 ms, doubled up to 1000 s. */
export function nextBackoff(tx: Tx, item: WorkItem): { delayUs: number; background: boolean } {
  const id = runId(item)
  const row = tx.get('controllerRun', id)
  const failures = row?.failures ?? 0
  tx.put('controllerRun', { ...row, id, failures: failures + 1 })
  return {
    delayUs: Math.min(FIRST_RETRY_US * 2 ** Math.min(failures, 30), LAST_RETRY_US),
    background: failures >= PATIENCE,
  }
}

export function forgetFailures(tx: Tx, item: WorkItem): void {
  const row = tx.get('controllerRun', runId(item))
  if (!row?.failures) return
  if (row.lastUs === undefined) tx.delete('controllerRun', row.id)
  else tx.put('controllerRun', { id: row.id, lastUs: row.lastUs })
}
