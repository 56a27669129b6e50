import type { Ctx } from '../../core/context.ts'
import { receive } from '../path/receive.ts'
import { runPrograms } from '../path/programs.ts'
import type { Skb } from '../path/skb.ts'
import { lose, report } from '../trace/emit.ts'
import { driverOf } from './registry.ts'
import { countTx } from './stats.ts'

/** Hands a packet to a device for sending: tc egress, then its driver. Models net/core/dev.c __dev_queue_xmit(). */
export function devXmit(ctx: Ctx, id: string, skb: Skb): void {
  const link = ctx.tx.get('link', id)
  const out: Skb = { ...skb, oif: id }
  if (!link?.up) return lose(ctx, out, 'link.down', { stage: 'xmit', detail: `${link?.name ?? id} is down` })
  const verdict = runPrograms(ctx, 'tc-egress', link, out)
  if (verdict.kind === 'redirect')
    return verdict.as === 'sent' ? devXmit(ctx, verdict.link, verdict.skb) : receive(ctx, verdict.link, verdict.skb)
  if (verdict.kind !== 'pass') return
  const sent = verdict.skb
  countTx(ctx.tx, link, sent)
  report(ctx, sent, { stage: 'xmit', action: 'sent', detail: driverOf(link.kind).sentence(link) })
  driverOf(link.kind).xmit(ctx, link, sent)
}
