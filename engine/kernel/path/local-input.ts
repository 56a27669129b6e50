import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import type { Icmp, IpPacket } from '../../net/packet.ts'
import type { RouteResult } from '../contract.ts'
import { ipipInput } from '../dev/ipip.ts'
import { vxlanInput, vxlanOnPort } from '../dev/vxlan.ts'
import { ndiscInput } from '../neigh/ndisc.ts'
import { neighConfirm } from '../neigh/output.ts'
import { deliver } from '../socket/deliver.ts'
import type { LinkRow } from '../tables.ts'
import { report } from '../trace/emit.ts'
import { defragment } from './fragment.ts'
import { passHook } from './hook.ts'
import type { Skb } from './skb.ts'

/** For this host: put together, INPUT, then tunnels, neighbour discovery or sockets. Models ip_local_deliver(). */
export function localInput(
  ctx: Ctx,
  link: LinkRow,
  skb: Skb,
  route: Extract<RouteResult, { readonly route: unknown }>,
): void {
  const whole = defragment(ctx, skb)
  if (!whole?.ip) return
  const nd = ndOf(whole.ip)
  if (nd) {
    const passed = passHook(ctx, { hook: 'input', skb: whole, in: link.name })
    return passed && ndiscInput(ctx, link, passed, nd)
  }
  const what =
    route.kind === 'local' ? `${whole.ip.dst} is an address of this host` : `${whole.ip.dst} is a ${route.kind} address`
  report(ctx, whole, { stage: 'routing', action: 'local', detail: what, decidedBy: route.by })
  const passed = passHook(ctx, { hook: 'input', skb: whole, in: link.name })
  if (!passed?.ip) return
  const { body } = passed.ip
  if (body.kind === 'ipip' && ipipInput(ctx, passed, passed.ip, body)) return
  if (body.kind === 'udp' && body.body.kind === 'vxlan' && vxlanOnPort(ctx, passed.netns, body.dport)) {
    return vxlanInput(ctx, passed, { ...body, body: body.body })
  }
  if (body.kind === 'tcp' && body.flags.includes('.')) neighConfirm(ctx, passed.netns, passed.ip.src)
  deliver(ctx, passed)
}

/** A neighbour solicitation or advertisement. */
function ndOf(ip: IpPacket): Extract<Icmp, { target: Ip }> | undefined {
  return ip.body.kind === 'icmp' && 'target' in ip.body ? ip.body : undefined
}
