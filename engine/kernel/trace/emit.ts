import type { Ctx } from '../../core/context.ts'
import { frameSummary, ipSummary } from '../../net/summary.ts'
import { hostOfNetns, ifnameOf } from '../ids.ts'
import type { Skb } from '../path/skb.ts'
import type { ReasonCode } from './reasons.ts'
import type { Disposition, Step } from './step.ts'

/** What a stage reports; the rest of the step follows from the packet. `dev` is a link id. */
export type Report = Pick<Step, 'stage' | 'action' | 'detail' | 'decidedBy' | 'before' | 'after'> & {
  readonly dev?: string
}

/** Reports one thing that happened to a packet. */
export function report(ctx: Ctx, skb: Skb, what: Report): void {
  emit(ctx, skb, what, undefined)
}

/** Reports how a branch of the walk ends. */
export function finish(ctx: Ctx, skb: Skb, disposition: Disposition, what: Report): void {
  emit(ctx, skb, what, { disposition })
}

/** Reports that a packet is lost, and why. */
export function lose(ctx: Ctx, skb: Skb, reason: ReasonCode, what: Omit<Report, 'action'> & { action?: string }): void {
  emit(ctx, skb, { action: 'dropped', ...what }, { disposition: 'dropped', reason })
  const dev = what.dev ?? skb.oif ?? skb.iif
  const stat = dev ? ctx.tx.get('linkStat', dev) : undefined
  if (stat)
    ctx.tx.put(
      'linkStat',
      skb.oif ? { ...stat, txDropped: stat.txDropped + 1 } : { ...stat, rxDropped: stat.rxDropped + 1 },
    )
}

/** Hundreds of these are made for one exchange: fields are set one by one, which costs a fraction of spreading them. */
function emit(ctx: Ctx, skb: Skb, what: Report, end: Step['end']): void {
  const { frame, ip } = skb
  const dev = what.dev ?? skb.oif ?? skb.iif
  const step: { -readonly [K in keyof Step]: Step[K] } = {
    at: ctx.clock.now,
    packet: skb.packet,
    branch: skb.branch,
    host: hostOfNetns(ctx.tx, skb.netns),
    netns: skb.netns,
    stage: what.stage,
    action: what.action,
    detail: what.detail,
    summary: frame ? frameSummary(frame) : ip ? ipSummary(ip) : '',
    headers: frame ?? ip,
  }
  if (dev) step.dev = ifnameOf(dev)
  if (what.decidedBy) step.decidedBy = what.decidedBy
  if (what.before) step.before = what.before
  if (what.after) step.after = what.after
  if (end) step.end = end
  ctx.emit(step)
}
