import type { Tx } from '../../core/world.ts'
import type { LinkRow, LinkStatRow } from '../tables.ts'

export function countRx(tx: Tx, link: LinkRow, bytes: number): void {
  const stat = tx.get('linkStat', link.id) ?? none(link)
  tx.put('linkStat', { ...stat, rxPackets: stat.rxPackets + 1, rxBytes: stat.rxBytes + bytes })
}

export function countTx(tx: Tx, link: LinkRow, bytes: number): void {
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
