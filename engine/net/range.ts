import type { Cidr, Family, Ip } from './address.ts'
import {
  baseOf,
  BITS,
  cidrContains,
  familyOf,
  ipFromBigInt,
  ipToBigInt,
  lengthOf,
  networkOf,
  nthAddress,
  parseCidr,
  parseIp,
} from './ip.ts'

export { baseOf, familyOf, lengthOf, networkOf, cidrContains as inCidr, nthAddress as nthIp }

/** A network as numbers, for allocators: `first` is its network address, `size` how many addresses it has. */
export interface Range {
  readonly family: Family
  readonly first: bigint
  readonly prefixLen: number
  readonly size: bigint
}

/** Canonical text of an address, or undefined if it is none. `010.0.0.1` and `10.1` are not addresses. */
export function readIp(text: unknown): Ip | undefined {
  return typeof text === 'string' ? parseIp(text) : undefined
}

/** Canonical text of a network with its host bits cleared, or undefined if it is none. */
export function readCidr(text: unknown): Cidr | undefined {
  return typeof text === 'string' && text.includes('/') ? parseCidr(text) : undefined
}

export function rangeOf(cidr: Cidr | string): Range {
  const family = familyOf(cidr)
  const prefixLen = lengthOf(cidr)
  const size = 1n << BigInt(BITS[family] - prefixLen)
  const ip = ipToBigInt(baseOf(cidr))
  return { family, first: ip - (ip % size), prefixLen, size }
}

/** The address after this one. */
export function nextIp(ip: Ip): Ip {
  return ipFromBigInt(ipToBigInt(ip) + 1n, familyOf(ip))
}

/** How far an address lies behind the network's own. Negative or at least `size` if it is outside. */
export function offsetIn(cidr: Cidr | string, ip: Ip): bigint {
  return ipToBigInt(ip) - rangeOf(cidr).first
}

/** True if two networks share an address. */
export function overlap(a: Cidr | string, b: Cidr | string): boolean {
  return cidrContains(a, baseOf(b)) || cidrContains(b, baseOf(a))
}

/** True if every address of `inner` is one of `outer`. */
export function covers(outer: Cidr | string, inner: Cidr | string): boolean {
  return lengthOf(outer) <= lengthOf(inner) && cidrContains(outer, baseOf(inner))
}
