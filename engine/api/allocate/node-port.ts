import { hash32 } from '../../core/rng.ts'
import type { Allocation } from '../kinds/kind.ts'
import { probe } from './cluster-ip.ts'

/** Models pkg/registry/core/service/portallocator calculateRangeOffset: 86 of 2768 ports, 30000 to 30085. */
export function nodePortBand(size: number): number {
  const [least, most, step] = [16, 128, 32]
  if (size < least) return 0
  return Math.min(Math.max(least, Math.floor(size / step)), most)
}

/** A free node port for `ns/name` and its port; see `pickClusterIp`. `taken` are those of the same Service. */
export function pickNodePort(
  name: string,
  [from, to]: readonly [number, number],
  taken: ReadonlySet<number>,
  where: Allocation,
): number | undefined {
  const band = nodePortBand(to - from + 1)
  const attempt = (port: number) => (!taken.has(port) && isNodePortFree(port, where) ? port : undefined)
  const start = hash32(where.seed, `nodePort/${name}`)
  return probe(from + band, to, start, attempt) ?? probe(from, from + band - 1, start, attempt)
}

/** Whether no Service of the cluster has this node port, whatever its protocol. */
export function isNodePortFree(port: number, { reader, cluster }: Allocation): boolean {
  return reader.oneBy('object', 'nodePort', `${cluster}|${port}`) === undefined
}
