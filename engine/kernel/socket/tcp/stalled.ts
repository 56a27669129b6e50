import type { SocketRow } from '../../tables.ts'
import { pcbOf } from './pcb.ts'

/** True for a connection whose data is not acknowledged in spite of retransmissions. */
export function isStalled(row: SocketRow): boolean {
  if (row.proto !== 'tcp' || row.pcb === undefined) return false
  const pcb = pcbOf(row)
  return row.state !== 'SYN-SENT' && pcb.chunks.length > 0 && pcb.retransmits > 0
}
