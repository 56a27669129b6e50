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

function emit(ctx: Ctx, skb: Skb, what: Report, end: Step['end']): void {
  const { frame, ip } = skb
  const dev = what.dev ?? skb.oif ?? skb.iif
  const step: Step = {
    at: ctx.clock.now,
    packet: skb.packet,
    branch: skb.branch,
    host: hostOfNetns(ctx.tx, skb.netns),
    netns: skb.netns,
    dev: dev && ifnameOf(dev),
    stage: what.stage,
    action: what.action,
    detail: what.detail,
    decidedBy: what.decidedBy,
    via: undefined,
    before: what.before,
    after: what.after,
    summary: frame ? frameSummary(frame) : ip ? ipSummary(ip) : '',
    headers: frame ?? ip,
    end,
  }
  ctx.emit(step)
}

/** Hands on a step, with the fields of all steps in the order of `emit`: what reads them by the hundred reads one kind of object. */
export function emitStep(ctx: Ctx, step: Step): void {
  const { at, packet, branch, host, netns, dev, stage, action, detail, decidedBy, via, before, after, summary } = step
  const whole: Step = {
    at,
    packet,
    branch,
    host,
    netns,
    dev,
    stage,
    action,
    detail,
    decidedBy,
    via,
    before,
    after,
    summary,
    headers: step.headers,
    end: step.end,
  }
  ctx.emit(whole)
}
