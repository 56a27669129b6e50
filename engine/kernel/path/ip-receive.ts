import type { Ctx } from '../../core/context.ts'
import { tracks } from '../netfilter/chains.ts'
import type { LinkRow } from '../tables.ts'
import { lose, report } from '../trace/emit.ts'
import { forward } from './forward.ts'
import { defragment } from './fragment.ts'
import { passHook } from './hook.ts'
import { icmpSend } from './icmp-send.ts'
import { localInput } from './local-input.ts'
import { routeInput } from './route-input.ts'
import type { Skb } from './skb.ts'

/**
 * An IP packet comes in: PREROUTING, then routing says whether it is ours.
 *
 *     defragment (if conntrack is active) -> PREROUTING -> routing -> INPUT | FORWARD | ICMP error | nothing
 *
 * Models net/ipv4/ip_input.c ip_rcv(), ip_rcv_finish(). A frame that bridge netfilter already took through PREROUTING
 * does not pass it again (ip_sabotage_in()).
 */
export function ipReceive(ctx: Ctx, link: LinkRow, skb: Skb): void {
  const seen = skb.bridged !== undefined
  let here: Skb = { ...skb, frame: undefined, bridged: undefined }
  if (!seen) {
    if (here.ip?.fragment && tracks(ctx.tx, link.netns, here.ip.family)) {
      const whole = defragment(ctx, here)
      if (!whole) return
      here = whole
    }
    const passed = passHook(ctx, { hook: 'prerouting', skb: here, in: link.name })
    if (!passed) return
    here = passed
  }
  const decision = routeInput(ctx, link, here)
  switch (decision.kind) {
    case 'local':
      return localInput(ctx, link, here, decision.route)
    case 'forward':
      return forward(ctx, link, here, decision.route)
    case 'off':
    case 'drop':
      return lose(ctx, here, decision.reason, {
        stage: 'routing',
        detail: decision.detail,
        ...(decision.by ? { decidedBy: decision.by } : {}),
      })
    case 'unreachable':
      lose(ctx, here, decision.reason, {
        stage: 'routing',
        detail: decision.detail,
        ...(decision.by ? { decidedBy: decision.by } : {}),
      })
      return icmpSend(ctx, here, { type: 'unreachable', code: decision.code })
  }
}

/** Says how a packet is routed; shared by what is received and what is sent. */
export function reportRoute(
  ctx: Ctx,
  skb: Skb,
  action: string,
  detail: string,
  by: Parameters<typeof report>[2]['decidedBy'],
): void {
  report(ctx, skb, { stage: 'routing', action, detail, ...(by ? { decidedBy: by } : {}) })
}
