import type { Family } from './address.ts'
import { lengthOf, v4Mask, v4Number, v6Mask, v6Number } from './ip.ts'

/**
 * Longest prefix match over the networks of one family: one hash table per prefix length in use, longest first.
 * A routing table has few lengths, so a lookup is a handful of probes. Built once from rows, then only read.
 */
export interface Lpm<T> {
  /** The values under every network that holds the address, longest prefix first, each in the order given. */
  matches(ip: string): Generator<readonly T[]>
  /** The values under the longest network that holds the address. */
  longest(ip: string): readonly T[] | undefined
}

export function buildLpm<T>(family: Family, entries: readonly T[], cidrOf: (entry: T) => string): Lpm<T> {
  return family === 'ipv4'
    ? build(entries, cidrOf, v4Number, (n, length) => (n & v4Mask(length)) >>> 0)
    : build(entries, cidrOf, v6Of, (n, length) => n & v6Mask(length))
}

function build<T, N>(
  entries: readonly T[],
  cidrOf: (e: T) => string,
  read: (text: string) => N,
  mask: (n: N, length: number) => N,
): Lpm<T> {
  const byLength = new Map<number, Map<N, T[]>>()
  for (const entry of entries) {
    const cidr = cidrOf(entry)
    const length = lengthOf(cidr)
    const level = byLength.get(length) ?? new Map<N, T[]>()
    byLength.set(length, level)
    const key = mask(read(cidr), length)
    const list = level.get(key)
    if (list) list.push(entry)
    else level.set(key, [entry])
  }
  const levels = [...byLength].sort(([a], [b]) => b - a)
  const longest = (ip: string): readonly T[] | undefined => {
    const n = read(ip)
    for (const [length, level] of levels) {
      const found = level.get(mask(n, length))
      if (found) return found
    }
    return undefined
  }
  function* matches(ip: string): Generator<readonly T[]> {
    const n = read(ip)
    for (const [length, level] of levels) {
      const found = level.get(mask(n, length))
      if (found) yield found
    }
  }
  return { matches, longest }
}

function v6Of(text: string): bigint {
  const slash = text.indexOf('/')
  return v6Number(slash < 0 ? text : text.slice(0, slash))
}
