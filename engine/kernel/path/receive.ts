import { isGroupMac } from '../../net/mac.ts'
import type { Arp } from '../../net/packet.ts'
import { bridgeInput } from '../bridge/input.ts'
import type { Receive } from '../contract.ts'
import { countRx } from '../dev/stats.ts'
import { devXmit } from '../dev/xmit.ts'
import { hostOfNetns, refTo } from '../ids.ts'
import { arpInput, arpIsNoise, noiseText } from '../neigh/arp.ts'
import type { LinkRow } from '../tables.ts'
import { finish, lose, report } from '../trace/emit.ts'
import { ipReceive } from './ip-receive.ts'
import { runPrograms } from './programs.ts'
import type { Skb } from './skb.ts'
import type { Ctx } from '../../core/context.ts'

/**
 * A frame comes in on a link.
 *
 *     wire -> XDP -> tc ingress -> rx_handler (bridge port?) -> ARP | IP
 *
 * Models net/core/dev.c __netif_receive_skb_core().
 */
export const receive: Receive = (ctx, id, skb) => {
  const link = ctx.tx.get('link', id)
  if (!link?.up)
    return lose(ctx, skb, 'link.down', { stage: 'receive', dev: id, detail: `${link?.name ?? id} is down` })
  const here = arrive(ctx, link, skb)
  if (!here) return
  const noise = noiseIn(ctx, link, here)
  if (noise) return ignore(ctx, link, here, noise)
  report(ctx, here, { stage: 'receive', action: 'received', detail: `received on ${link.name}` })
  let current = here
  for (const hook of ['xdp', 'tc-ingress', 'rx-handler'] as const) {
    const verdict = runPrograms(ctx, hook, link, current)
    if (verdict.kind === 'redirect')
      return verdict.as === 'sent' ? devXmit(ctx, verdict.link, verdict.skb) : receive(ctx, verdict.link, verdict.skb)
    if (verdict.kind !== 'pass') return
    current = verdict.skb
  }
  if (link.master && current.frame) {
    const bridge = ctx.tx.get('link', link.master)
    if (bridge) return bridgeInput(ctx, bridge, link, current)
  }
  toProtocol(ctx, link, current)
}

/** The ARP request in a frame that concerns nobody on this link. */
function noiseIn(ctx: Ctx, link: LinkRow, { frame }: Skb): Arp | undefined {
  if (frame?.body.kind !== 'arp' || link.master !== undefined || ctx.tx.count('hook') > 0) return undefined
  return arpIsNoise(ctx, link, frame.body) ? frame.body : undefined
}

function arrive(ctx: Ctx, link: LinkRow, skb: Skb): Skb | undefined {
  const here: Skb = { ...skb, netns: link.netns, iif: link.id, oif: undefined }
  if (ctx.tx.get('host', hostOfNetns(ctx.tx, link.netns))?.up === false) {
    lose(ctx, here, 'node.down', { stage: 'receive', detail: 'the host is down' })
    return undefined
  }
  countRx(ctx.tx, link, here)
  return here
}

function ignore(ctx: Ctx, link: LinkRow, here: Skb, { targetIp }: Arp): void {
  finish(ctx, here, 'absorbed', { stage: 'receive', action: 'received', detail: noiseText(link, targetIp) })
}

/** Up the stack: what is not for this device's MAC is left to whom it concerns. Models eth_type_trans() and ip_rcv()'s first check. */
export function toProtocol(ctx: Ctx, link: LinkRow, skb: Skb): void {
  const frame = skb.frame
  if (!frame) return ipReceive(ctx, link, skb)
  if (frame.dst !== link.mac && !isGroupMac(frame.dst) && link.kind !== 'loopback') {
    const detail = `${frame.dst} is not the MAC address of ${link.name}: not for this host`
    // A copy of a flooded frame is expected to be ignored by all but one; a frame sent here alone is lost.
    if (skb.branch.includes('.')) return finish(ctx, skb, 'absorbed', { stage: 'receive', action: 'ignored', detail })
    return lose(ctx, skb, 'mac.other-host', { stage: 'receive', detail, decidedBy: refTo('link', link) })
  }
  if (frame.body.kind === 'arp') return arpInput(ctx, link, skb, frame.body)
  ipReceive(ctx, link, { ...skb, ip: frame.body })
}
