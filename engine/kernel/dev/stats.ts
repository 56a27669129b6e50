import type { Tx } from '../../core/world.ts'
import { frameLength, ipLength } from '../../net/length.ts'
import type { Skb } from '../path/skb.ts'
import type { LinkRow, LinkStatRow } from '../tables.ts'

/** A frame or packet of so many bytes came in. Bytes are asked for only where somebody can read the counter. */
export function countRx(tx: Tx, link: LinkRow, { frame, ip }: Pick<Skb, 'frame' | 'ip'>): void {
  if (tx.holds('linkStat')) return
  const bytes = frame ? frameLength(frame) : ip ? ipLength(ip) : 0
  const stat = tx.get('linkStat', link.id) ?? none(link)
  tx.put('linkStat', { ...stat, rxPackets: stat.rxPackets + 1, rxBytes: stat.rxBytes + bytes })
}

/** As `countRx`, for what goes out. */
export function countTx(tx: Tx, link: LinkRow, { frame, ip }: Pick<Skb, 'frame' | 'ip'>): void {
  if (tx.holds('linkStat')) return
  const bytes = frame ? frameLength(frame) : ip ? ipLength(ip) : 0
  const stat = tx.get('linkStat', link.id) ?? none(link)
  tx.put('linkStat', { ...stat, txPackets: stat.txPackets + 1, txBytes: stat.txBytes + bytes })
}

function none(link: LinkRow): LinkStatRow {
  return {
    id: link.id,
    netns: link.netns,
    rxPackets: 0,
    txPackets: 0,
    rxBytes: 0,
    txBytes: 0,
    rxDropped: 0,
    txDropped: 0,
  }
}
