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
  readonly paused?: boolean
}

declare module '../core/tables.ts' {
  interface Tables {
    rewrite: RewriteRow
  }
}

export const rewriteTable: TableDef<RewriteRow> = { name: 'rewrite' }

/** Rewrites that pass without suspicion: a large rollout makes many, each of them different. */
const UNSUSPECTED = 50
/** Returns to old contents that are taken for a fight. */
const PROOF = 50
const REMEMBERED = 6

export function isPaused(tx: Tx, item: WorkItem): boolean {
  return tx.get('rewrite', runId(item))?.paused === true
}

/** Somebody from outside changed something: the controller gets another chance. */
export function unpause(tx: Tx, item: WorkItem): void {
  tx.delete('rewrite', runId(item))
}

/** Counts a run that rewrote objects; pauses it and files a finding if it goes round in circles. */
export function afterWrites(ctx: Ctx, item: WorkItem, changes: readonly Change[]): void {
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
  const paused = returns >= PROOF
  ctx.tx.put('rewrite', { id, writes, recent: [...recent, digest].slice(-REMEMBERED), returns, ...(paused ? { paused } : {}) })
  if (!paused) return
  const object = (last.after as ObjectRow).id
  ctx.note({ actor: item.controller, text: `paused: it rewrote ${object} ${PROOF} times without net change`, object })
  find(ctx.tx, `fight/${id}`, {
    severity: 'error',
    code: 'controller-fight',
    message: `${item.controller} rewrote ${object} ${PROOF} times without net change: something undoes what it writes. It is paused until the next edit.`,
    object,
  })
}

/** Content without what differs in every write. */
function digestOf(row: ObjectRow): number {
  const text = JSON.stringify(row.object, (key, value) => (key === 'resourceVersion' || key === 'generation' || key === 'observedGeneration' ? undefined : value))
  return hash32(0, text.replace(/"\d{4}-\d\d-\d\dT[^"]*"/g, '""'))
}
