import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { ANY6 } from '../../net/ip.ts'
import type { Skb } from '../path/skb.ts'
import type { SocketRow } from '../tables.ts'
import { hostOf } from './emit.ts'
import { socketId } from './rows.ts'

/**
 * A host of the outside world listens on every port: its socket appears when the first packet asks for it.
 * Simplified: 65,535 sockets per outside host would say the same, because nothing there is under study.
 */
export function outsideListener(
  ctx: Ctx,
  skb: Skb,
  proto: 'tcp' | 'udp' | 'sctp',
  _ip: Ip,
  port: number,
): SocketRow | undefined {
  const host = hostOf(ctx, skb.netns)
  if (ctx.tx.get('host', host)?.kind !== 'outside') return undefined
  const app = `${host}/every-port`
  if (!ctx.tx.get('app', app))
    ctx.tx.put('app', {
      id: app,
      netns: skb.netns,
      program: 'listener',
      config: { name: host },
      state: null,
      owner: 'outside',
    })
  const row: SocketRow = {
    id: socketId(skb.netns, proto, { ip: ANY6, port }),
    netns: skb.netns,
    proto,
    family: 'ipv6',
    localIp: ANY6,
    localPort: port,
    state: proto === 'udp' ? 'UNCONN' : 'LISTEN',
    app,
    process: host,
    owner: 'outside',
  }
  ctx.tx.put('socket', row)
  return row
}
