import type { Tx } from './world.ts'
import type { Row, TableDef } from './table.ts'

/**
 * Named seeded random streams. A draw is a pure function of (seed, stream name, how often that stream was drawn),
 * so one stream's draws never shift another's: adding a pod renames nothing else.
 */
export interface RngRow extends Row {
  /** How many numbers were drawn from the stream named by `id`. */
  readonly drawn: number
}

declare module './tables.ts' {
  interface Tables {
    rng: RngRow
  }
}

export const rngTable: TableDef<RngRow> = { name: 'rng' }

/** A number in [0, 1) from the stream; advances it. */
export function draw(tx: Tx, seed: number, stream: string): number {
  const drawn = tx.get('rng', stream)?.drawn ?? 0
  tx.put('rng', { id: stream, drawn: drawn + 1 })
  return hash32(seed, `${stream}#${drawn}`) / 0x1_0000_0000
}

/** A 32-bit number that belongs to a name for ever (MACs, veth names, pod suffixes). No state. */
export function hash32(seed: number, name: string): number {
  // FNV-1a over the text, then the murmur3 finalizer to spread similar names apart.
  let h = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** `length` characters of `alphabet` that belong to a name, as Kubernetes' `rand.String` draws them. */
export function nameOf(seed: number, name: string, length: number, alphabet = 'bcdfghjklmnpqrstvwxz2456789'): string {
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet[hash32(seed, `${name}/${i}`) % alphabet.length]
  return text
}
