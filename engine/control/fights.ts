import type { ObjectRow } from '../api/types.ts'
import type { Change } from '../core/change.ts'
import type { Ctx } from '../core/context.ts'
import { hash32 } from '../core/rng.ts'
import type { Row, TableDef } from '../core/table.ts'
import type { Tx } from '../core/world.ts'
import { find } from './findings.ts'
import { runId, type WorkItem } from './workqueue.ts'

/**
 * Two controllers that undo each other's writes would never let the world settle. Each one's rewrites of a key are
 * counted; once there are many, contents are compared, and who keeps returning to what was there before is paused.
 */
export interface RewriteRow extends Row {
  readonly writes: number
  /** Digests of the last contents that this key wrote, newest last. */
  readonly recent: readonly number[]
  /** Writes in a row that returned to a recent content. */
  readonly returns: number
}

/** A key that is not run until somebody from outside changes something. */
export interface PausedRow extends Row {}

declare module '../core/tables.ts' {
  interface Tables {
    rewrite: RewriteRow
    paused: PausedRow
  }
}

export const rewriteTable: TableDef<RewriteRow> = { name: 'rewrite' }
export const pausedTable: TableDef<PausedRow> = { name: 'paused' }

/** One rewrite in so many is looked at, by lot. */
const SAMPLE = 8
/** Samples that pass without suspicion: a large rollout makes many rewrites, each of them different. */
const UNSUSPECTED = 6
/** Returns to old contents, among the samples, that are taken for a fight: some fifty rewrites. */
const PROOF = 6
const REMEMBERED = 6

export function isPaused(tx: Tx, item: WorkItem): boolean {
  return tx.count('paused') > 0 && tx.get('paused', runId(item)) !== undefined
}

/** Somebody from outside changed something: the controller gets another chance. */
export function unpause(tx: Tx, item: WorkItem): void {
  tx.delete('paused', runId(item))
  tx.delete('rewrite', runId(item))
}

/** Counts a run that rewrote objects; pauses it and files a finding if it goes round in circles. */
export function afterWrites(ctx: Ctx, item: WorkItem, changes: readonly Change[]): void {
  const seq = ctx.tx.get('clock', 'clock')?.seq ?? 0
  if (hash32(seq, 'rewrite') % SAMPLE !== 0) return
  let last: Change | undefined
  for (const change of changes) if (change.table === 'object' && change.before && change.after) last = change
  if (!last) return
  const id = runId(item)
  const row = ctx.tx.get('rewrite', id)
  const writes = (row?.writes ?? 0) + 1
  if (writes < UNSUSPECTED) {
    ctx.tx.put('rewrite', { id, writes, recent: [], returns: 0 })
    return
  }
  const digest = digestOf(last.after as ObjectRow) // a change of table `object`
  const recent = row?.recent ?? []
  const returns = recent.includes(digest) ? (row?.returns ?? 0) + 1 : 0
  ctx.tx.put('rewrite', { id, writes, recent: [...recent, digest].slice(-REMEMBERED), returns })
  if (returns < PROOF) return
  ctx.tx.put('paused', { id })
  const object = (last.after as ObjectRow).id
  ctx.note({ actor: item.controller, text: `paused: it rewrites ${object} again and again without net change`, object })
  find(ctx.tx, `fight/${id}`, {
    severity: 'error',
    code: 'controller-fight',
    message: `${item.controller} rewrites ${object} again and again without net change: something undoes what it writes. It is paused until the next edit.`,
    object,
  })
}

/** Content without what differs in every write. */
function digestOf(row: ObjectRow): number {
  const text = JSON.stringify(row.object, (key, value) =>
    key === 'resourceVersion' || key === 'generation' || key === 'observedGeneration' ? undefined : value,
  )
  return hash32(0, text.replace(/"\d{4}-\d\d-\d\dT[^"]*"/g, '""'))
}
