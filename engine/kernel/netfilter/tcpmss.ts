import type { NfTarget, RecordRef } from '../tables.ts'
import { report, wayTo } from './report.ts'
import type { View } from './view.ts'

/** Lowers the MSS that a SYN announces. Models net/netfilter/xt_TCPMSS.c; clamping goes by the MTU of the egress device. */
export function clampMss(view: View, target: Extract<NfTarget, { kind: 'TCPMSS' }>, by: RecordRef): void {
  const { ip, at, skb, ctx } = view
  const { body } = ip
  if (body.kind !== 'tcp' || !body.flags.includes('S') || body.mss === undefined) return
  const mtu = ctx.tx.get('link', `${skb.netns}|${at.out ?? at.in}`)?.mtu
  const headers = ip.family === 'ipv4' ? 40 : 60
  const mss = target.setMss ?? (mtu === undefined ? body.mss : mtu - headers)
  if (target.setMss === undefined && body.mss <= mss) return
  view.ip = { ...ip, body: { ...body, mss } }
  report(view, {
    action: 'TCPMSS',
    detail: `MSS set to ${mss} by ${wayTo(view.path, by)}`,
    decidedBy: by,
    before: { 'tcp.mss': body.mss },
    after: { 'tcp.mss': mss },
  })
}
