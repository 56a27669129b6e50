import type { Cause } from '../../../core/cause.ts'
import type { Ctx } from '../../../core/context.ts'
import type { Ip } from '../../../net/address.ts'
import { familyOf } from '../../../net/ip.ts'
import type { RecordRef, SocketRow } from '../../tables.ts'
import { socketId } from '../rows.ts'
import { armTimer, transmit } from './output.ts'
import { initialCwnd, isn, mssOf, RTO_INITIAL_US, seqAdd, type TcpPcb } from './pcb.ts'

/** Where a connection goes, with everything chosen: connect() after route lookup and port selection. */
export interface Opening {
  readonly netns: string
  readonly src: Ip
  readonly sport: number
  readonly dst: Ip
  readonly dport: number
  readonly mtu: number
  readonly app: string
  readonly process: string
  readonly packet?: string
  readonly cause?: Cause
  readonly routedBy?: RecordRef
}

/** Creates the socket in SYN-SENT and sends the SYN. Models net/ipv4/tcp_output.c tcp_connect(). */
export function openConnection(ctx: Ctx, to: Opening): SocketRow {
  const id = socketId(to.netns, 'tcp', { ip: to.src, port: to.sport }, { ip: to.dst, port: to.dport })
  const iss = isn(ctx, id)
  const family = familyOf(to.dst)
  const row: SocketRow = {
    id,
    netns: to.netns,
    proto: 'tcp',
    family,
    localIp: to.src,
    localPort: to.sport,
    remoteIp: to.dst,
    remotePort: to.dport,
    state: 'SYN-SENT',
    app: to.app,
    process: to.process,
    pcb: newPcb({
      conn: to.packet ?? id,
      role: 'client',
      iss,
      rcvNxt: 0,
      advMss: mssOf(to.mtu, family),
      firstSentAt: ctx.clock.now,
    }),
    ...(to.cause ? { cause: to.cause } : {}),
  }
  ctx.tx.put('socket', row)
  const pcb = row.pcb as TcpPcb // just made
  const sent = transmit(
    ctx,
    row,
    { flags: 'S', seq: iss, mss: pcb.advMss },
    {
      when: 'now',
      action: 'connect',
      detail: `${to.process} connects; source ${to.src} chosen by the route, MSS ${pcb.advMss} from its MTU ${to.mtu}`,
      ...(to.routedBy ? { decidedBy: to.routedBy } : {}),
    },
  )
  armTimer(ctx, sent)
  return sent
}

export function newPcb(of: Pick<TcpPcb, 'conn' | 'role' | 'iss' | 'rcvNxt' | 'advMss'> & Partial<TcpPcb>): TcpPcb {
  return {
    segments: 0,
    sndUna: of.iss,
    sndNxt: seqAdd(of.iss, 1),
    chunks: [],
    mss: of.advMss - 12,
    cwnd: initialCwnd(of.advMss),
    rtoUs: RTO_INITIAL_US,
    retransmits: 0,
    dupAcks: 0,
    ...of,
  }
}
