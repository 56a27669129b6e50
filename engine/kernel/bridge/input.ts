import type { Ctx } from '../../core/context.ts'
import { isGroupMac } from '../../net/mac.ts'
import { devXmit } from '../dev/xmit.ts'
import { countRx } from '../dev/stats.ts'
import { refTo } from '../ids.ts'
import { frameLength } from '../../net/length.ts'
import { toProtocol } from '../path/receive.ts'
import type { Skb } from '../path/skb.ts'
import type { FdbRow, LinkRow } from '../tables.ts'
import { finish, lose, report } from '../trace/emit.ts'
import { fdbFind, fdbLearn } from './fdb.ts'
import { quietPorts, sendUnheard } from './quiet-ports.ts'
import { bridgeForwardHooks, bridgePrerouting, callsIptables } from './netfilter.ts'

/**
 * A frame comes in on a port of a bridge.
 *
 *     [PREROUTING, if bridge-nf] -> learn -> own MAC: up | known MAC: that port | unknown, group: all ports
 *
 * Models net/bridge/br_input.c br_handle_frame().
 * Simplified: no VLAN filtering and no IGMP or MLD snooping, as in the kernel that was recorded; a stock one also prints fdb rows with `vlan 1`.
 */
export function bridgeInput(ctx: Ctx, bridge: LinkRow, port: LinkRow, skb: Skb): void {
  if (!bridge.up) return lose(ctx, skb, 'link.down', { stage: 'bridge', detail: `${bridge.name} is down` })
  if (skb.frame?.body.kind === 'ip' && callsIptables(ctx.tx, bridge, skb.frame.etherType))
    return bridgePrerouting(ctx, bridge, port, skb)
  bridgeFinish(ctx, bridge, port, skb)
}

/** Learns and decides. Models br_handle_frame_finish(). */
export function bridgeFinish(ctx: Ctx, bridge: LinkRow, port: LinkRow, skb: Skb): void {
  const frame = skb.frame
  if (!frame) return
  fdbLearn(ctx, bridge, port, frame.src)
  if (isGroupMac(frame.dst)) return flood(ctx, bridge, port, skb)
  if (frame.dst === bridge.mac) return passUp(ctx, bridge, port, skb)
  const entry = fdbFind(ctx, bridge, frame.dst)
  if (!entry) return flood(ctx, bridge, port, skb)
  if (entry.flags.includes('local')) return passUp(ctx, bridge, port, skb, entry)
  const out = ctx.tx.get('link', entry.link)
  if (!out) return flood(ctx, bridge, port, skb)
  const refusal = whyNot(port, out)
  // A frame that was the bridge's own before it was DNATed goes up too where the bridge is promiscuous, and comes back routed.
  // Simplified: the copy that a promiscuous bridge takes of every other frame, because the host drops all of those.
  if (refusal?.reason === 'bridge.hairpin-off' && bridge.promisc && skb.bridged)
    return passUp(ctx, bridge, port, skb, entry)
  if (refusal)
    return lose(ctx, skb, refusal.reason, {
      stage: 'bridge',
      dev: bridge.id,
      detail: refusal.detail,
      decidedBy: refusal.reason === 'bridge.hairpin-off' ? refTo('link', out) : refTo('fdb', entry),
    })
  report(ctx, skb, {
    stage: 'bridge',
    action: 'bridged',
    dev: bridge.id,
    detail: `${bridge.name} knows ${frame.dst} behind ${out.name}`,
    decidedBy: refTo('fdb', entry),
  })
  sendOnPort(ctx, bridge, out, skb)
}

/** The host itself sends through the bridge. Models net/bridge/br_device.c br_dev_xmit(). */
export function bridgeXmit(ctx: Ctx, bridge: LinkRow, skb: Skb): void {
  const frame = skb.frame
  if (!frame) return
  if (isGroupMac(frame.dst)) return flood(ctx, bridge, undefined, skb)
  const entry = fdbFind(ctx, bridge, frame.dst)
  const out = entry && ctx.tx.get('link', entry.link)
  if (!entry || !out || out.kind === 'bridge') return flood(ctx, bridge, undefined, skb)
  report(ctx, skb, {
    stage: 'bridge',
    action: 'bridged',
    dev: bridge.id,
    detail: `${bridge.name} knows ${frame.dst} behind ${out.name}`,
    decidedBy: refTo('fdb', entry),
  })
  sendOnPort(ctx, bridge, out, skb)
}

/** To the host's own stack, as if received on the bridge device. Models br_pass_frame_up(). */
function passUp(ctx: Ctx, bridge: LinkRow, port: LinkRow, skb: Skb, entry?: FdbRow): void {
  const up: Skb = { ...skb, iif: bridge.id }
  if (skb.frame) countRx(ctx.tx, bridge, skb)
  report(ctx, up, {
    stage: 'receive',
    action: 'received',
    detail: `${bridge.name} takes it for this host: ${whyUp(skb, entry)}`,
    decidedBy: entry ? refTo('fdb', entry) : refTo('link', bridge),
  })
  // A port's own MAC is as good as the bridge's: the frame is for this host.
  toProtocol(ctx, entry && skb.frame ? { ...bridge, mac: skb.frame.dst } : bridge, port === bridge ? skb : up)
}

function whyUp({ frame }: Skb, entry: FdbRow | undefined): string {
  if (entry && !entry.flags.includes('local'))
    return 'it is promiscuous, and the frame would go back where it came from'
  return `it is for ${frame && isGroupMac(frame.dst) ? 'everyone' : "the bridge's own MAC address"}`
}

/**
 * One copy for each port that may have it, the newest port first (br_add_if() puts a port at the head of the list), and, for
 * a group address, one for the host. Models br_flood().
 */
function flood(ctx: Ctx, bridge: LinkRow, port: LinkRow | undefined, skb: Skb): void {
  const frame = skb.frame
  if (!frame) return
  const group = isGroupMac(frame.dst)
  const all = ctx.tx.by('link', 'master', bridge.id)
  const ports = all
    .filter((out) => out.up && (group || out.port?.flood !== false) && !(port && whyNot(port, out)))
    .reverse()
  const local = group && port !== undefined
  const copies = ports.length + (local ? 1 : 0)
  if (copies === 0) {
    const hairpin = port && ctx.tx.by('link', 'master', bridge.id).length === 1 && !port.port?.hairpin
    const detail =
      group || hairpin
        ? `${bridge.name} has no other port`
        : `${bridge.name} does not know ${frame.dst} and has no port to try`
    return group
      ? finish(ctx, skb, 'absorbed', { stage: 'bridge', action: 'flooded', dev: bridge.id, detail })
      : lose(ctx, skb, 'bridge.no-port', { stage: 'bridge', dev: bridge.id, detail })
  }
  if (copies > 1) {
    const what = group ? `${frame.dst} is for everyone` : `${bridge.name} does not know ${frame.dst}`
    finish(ctx, skb, 'absorbed', {
      stage: 'bridge',
      action: 'flooded',
      dev: bridge.id,
      detail: `${what}: a copy to ${[...(local ? ['this host'] : []), ...ports.map((out) => out.name)].join(', ')}`,
    })
  } else {
    report(ctx, skb, {
      stage: 'bridge',
      action: 'flooded',
      dev: bridge.id,
      detail: `${bridge.name} sends it to its only other port`,
    })
  }
  const copy = (n: number): Skb => (copies > 1 ? { ...skb, branch: `${skb.branch}.${n}` } : skb)
  const quiet = copies > 1 ? quietPorts(ctx, bridge, frame) : undefined
  ports.forEach((out, i) => {
    const peer = quiet?.behind(out)
    if (peer) sendUnheard(ctx, out, peer, skb, `${skb.branch}.${i + 1}`, frame)
    else sendOnPort(ctx, bridge, out, copy(i + 1))
  })
  if (local && port) passUp(ctx, bridge, port, copy(0))
}

/** Models br_forward.c should_deliver(). */
function whyNot(
  from: LinkRow,
  out: LinkRow,
): { reason: 'bridge.hairpin-off' | 'bridge.no-port' | 'link.down'; detail: string } | undefined {
  if (!out.up) return { reason: 'link.down', detail: `port ${out.name} is down` }
  if (out.id === from.id && !out.port?.hairpin)
    return {
      reason: 'bridge.hairpin-off',
      detail: `the frame would leave by ${out.name}, the port it came in by, and hairpin mode is off there`,
    }
  if (from.port?.isolated && out.port?.isolated)
    return { reason: 'bridge.no-port', detail: `${from.name} and ${out.name} are isolated from each other` }
  return undefined
}

/** FORWARD and POSTROUTING if bridge netfilter follows this frame, then the port. Models __br_forward(), br_dev_queue_push_xmit(). */
function sendOnPort(ctx: Ctx, bridge: LinkRow, out: LinkRow, skb: Skb): void {
  const passed = skb.bridged ? bridgeForwardHooks(ctx, bridge, out, skb) : [skb]
  for (const frame of passed) {
    if (frame.frame && frameLength(frame.frame) > out.mtu + 14) {
      lose(ctx, frame, 'mtu.needs-frag', {
        stage: 'bridge',
        dev: out.id,
        detail: `the frame is larger than the MTU ${out.mtu} of ${out.name}: a bridge drops it without a word`,
        decidedBy: refTo('link', out),
      })
    } else devXmit(ctx, out.id, frame.bridged ? { ...frame, bridged: undefined } : frame)
  }
}
