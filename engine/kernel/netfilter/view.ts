import type { Ctx } from '../../core/context.ts'
import type { IpPacket } from '../../net/packet.ts'
import type { HookPoint } from '../contract.ts'
import type { CtInfo, Skb } from '../path/skb.ts'
import type { ConntrackRow, NfChainRow, RecordRef } from '../tables.ts'
import type { Tracked } from './conntrack.ts'
import { has } from './conntrack-table.ts'

/**
 * One packet on its way through one hook: what rules see and change. Lives only while the hook runs; `toSkb` makes plain
 * data of it again.
 */
export interface View {
  readonly ctx: Ctx
  readonly at: HookPoint
  readonly skb: Skb
  ip: IpPacket
  mark: number
  zone: number
  /** Undefined where conntrack is not active. */
  ct: Tracked | undefined
  dnat: RecordRef | undefined
  snat: RecordRef | undefined
  /** The jumps that led to where evaluation is. */
  readonly path: RecordRef[]
  /** Rules (index) and policies (-1) hit in this hook, to be counted at its end. */
  readonly hits: { readonly chain: NfChainRow; readonly rule: number }[]
}

export function viewOf(ctx: Ctx, at: HookPoint, ip: IpPacket): View {
  const { skb } = at
  return {
    ctx,
    at,
    skb,
    ip,
    mark: skb.mark,
    zone: skb.ctZone ?? 0,
    ct: carried(ctx, skb),
    dnat: skb.nat?.dnat,
    snat: skb.nat?.snat,
    path: [],
    hits: [],
  }
}

/** What an earlier hook found out about the packet, with the entry as it is now. */
function carried(ctx: Ctx, skb: Skb): Tracked | undefined {
  const ct = skb.ct
  if (!ct) return undefined
  if (ct.info === 'invalid' || ct.info === 'untracked') return { kind: ct.info }
  if (ct.entry?.netns === skb.netns) {
    return { kind: 'tracked', row: ct.entry, info: ct.info, confirmed: has(ct.entry, 'DYING') }
  }
  const row = ctx.tx.get('conntrack', ct.id)
  return row && row.netns === skb.netns ? { kind: 'tracked', row, info: ct.info, confirmed: true } : undefined
}

export function toSkb(view: View): Skb {
  const { skb, ct } = view
  return {
    ...skb,
    ip: view.ip,
    mark: view.mark,
    ct: ct ? carry(ct) : skb.ct,
    ctZone: view.zone || skb.ctZone,
    nat: view.dnat || view.snat ? { dnat: view.dnat, snat: view.snat } : skb.nat,
  }
}

function carry(ct: Tracked): NonNullable<Skb['ct']> {
  if (ct.kind === 'tracked')
    return { id: ct.row.id, info: ct.info, entry: ct.confirmed && !has(ct.row, 'DYING') ? undefined : ct.row }
  return { id: '', info: ct.kind === 'untracked' ? 'untracked' : 'invalid', entry: undefined }
}

/** Replaces the entry that the packet belongs to: in the packet while unconfirmed, else in the table. */
export function updateEntry(view: View, change: (row: ConntrackRow) => ConntrackRow): void {
  if (view.ct?.kind !== 'tracked') return
  const row = change(view.ct.row)
  if (row === view.ct.row) return
  if (view.ct.confirmed) view.ctx.tx.put('conntrack', row)
  view.ct = { ...view.ct, row }
}

export function directionOf(info: CtInfo): 'original' | 'reply' {
  return info === 'established-reply' || info === 'related-reply' ? 'reply' : 'original'
}
