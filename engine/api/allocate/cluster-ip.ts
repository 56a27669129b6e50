import { hash32 } from '../../core/rng.ts'
import type { Allocation } from '../kinds/kind.ts'
import type { AddressRange } from './address-range.ts'

/**
 * How many addresses at the start of a range are meant for those who ask for one by number; the others are handed out
 * first. Models pkg/registry/core/service/ipallocator calculateRangeOffset.
 */
export function staticBand(size: number): number {
  const [least, most, step] = [16, 256, 16]
  if (size < least) return 0
  return Math.min(Math.max(least, Math.floor(size / step)), most)
}

/**
 * A free address of the range for the Service `ns/name`: where its name falls in the dynamic band, else the next free
 * one, else one of the static band. Undefined if the range is used up.
 * Simplified: a real API server picks at random; here the pick belongs to the Service's name, so that every run is alike.
 */
export function pickClusterIp(range: AddressRange, name: string, where: Allocation): string | undefined {
  const last = range.family === 'IPv4' ? range.size - 2 : range.size - 1 // without the broadcast address
  const band = staticBand(range.size)
  const free = (offset: number) => {
    const ip = range.at(offset)
    return isFree(ip, where) ? ip : undefined
  }
  return (
    probe(band + 1, last, hash32(where.seed, `clusterIP/${name}/${range.family}`), free) ??
    probe(1, Math.min(band, last), 0, free)
  )
}

/** Tries every number from `first` to `last`, beginning where `start` falls. */
export function probe<T>(
  first: number,
  last: number,
  start: number,
  attempt: (n: number) => T | undefined,
): T | undefined {
  const count = last - first + 1
  for (let i = 0; i < count; i++) {
    const found = attempt(first + ((start + i) % count))
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether no Service of the cluster has this address. */
export function isFree(ip: string, { reader, cluster }: Allocation): boolean {
  return reader.oneBy('object', 'clusterIP', `${cluster}|${ip}`) === undefined
}
