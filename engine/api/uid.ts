import { hash32 } from '../core/rng.ts'
import type { Tx } from '../core/world.ts'

/**
 * UIDs belong to kind, namespace and name, and to how often an object of that name was removed before: an object that
 * is made anew is another one, and nothing else is renamed by it.
 */
export function uidFor(tx: Tx, seed: number, id: string): string {
  const life = tx.get('rng', streamOf(id))?.drawn ?? 0
  const name = life === 0 ? id : `${id}#${life}`
  const [a, b] = [hash32(seed, name), hash32(~seed, name)]
  const words = [a, b, spread(a + b), spread(a ^ (b << 7))]
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('')
  const variant = '89ab'[a & 3]
  // RFC 9562 version 4 layout, as every random UID of a cluster has it.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** The murmur3 finalizer: 32 more bits out of 32. */
function spread(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Says that the object under this id was removed: the next one gets another UID. */
export function retireUid(tx: Tx, id: string): void {
  const stream = streamOf(id)
  tx.put('rng', { id: stream, drawn: (tx.get('rng', stream)?.drawn ?? 0) + 1 })
}

const streamOf = (id: string) => `uid/${id}`
