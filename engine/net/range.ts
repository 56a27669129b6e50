import ipaddr from 'ipaddr.js'
import type { Cidr, Family, Ip } from './address.ts'

/** A network as numbers, for allocators: `first` is its network address, `size` how many addresses it has. */
export interface Range {
  readonly family: Family
  readonly first: bigint
  readonly prefixLen: number
  readonly size: bigint
}

const BITS = { ipv4: 32, ipv6: 128 } as const

/** Canonical text of an address, or undefined if it is none. `010.0.0.1` and `10.1` are not addresses. */
export function readIp(text: unknown): Ip | undefined {
  if (typeof text !== 'string') return undefined
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text as Ip
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? (ipaddr.IPv6.parse(text).toRFC5952String() as Ip) : undefined
}

/** Canonical text of a network with its host bits cleared, or undefined if it is none. */
export function readCidr(text: unknown): Cidr | undefined {
  const parts = typeof text === 'string' ? text.split('/') : []
  const ip = readIp(parts[0])
  if (!ip || parts.length !== 2 || !/^\d{1,3}$/.test(parts[1])) return undefined
  const len = Number(parts[1])
  return len <= BITS[familyOf(ip)] ? networkOf(ip, len) : undefined
}

export function familyOf(address: Ip | Cidr | string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

export function rangeOf(cidr: Cidr | string): Range {
  const slash = cidr.lastIndexOf('/')
  const family = familyOf(cidr)
  const prefixLen = Number(cidr.slice(slash + 1))
  const size = 1n << BigInt(BITS[family] - prefixLen)
  const ip = toNumber(cidr.slice(0, slash))
  return { family, first: ip - (ip % size), prefixLen, size }
}

/** The network of an address: `10.244.1.7`, 24 -> `10.244.1.0/24`. */
export function networkOf(ip: Ip | string, prefixLen: number): Cidr {
  const { family, first } = rangeOf(`${ip}/${prefixLen}`)
  return `${toIp(family, first)}/${prefixLen}` as Cidr
}

/** The address part of a network: `10.244.1.0/24` -> `10.244.1.0`. */
export function baseOf(cidr: Cidr): Ip {
  return cidr.slice(0, cidr.lastIndexOf('/')) as Ip
}

export function prefixLenOf(cidr: Cidr): number {
  return Number(cidr.slice(cidr.lastIndexOf('/') + 1))
}

/** The n-th address of a network, counted from its network address; negative counts from the end (-1 is the last). */
export function nthIp(cidr: Cidr | string, n: number): Ip {
  const { family, first, size } = rangeOf(cidr)
  return toIp(family, n < 0 ? first + size + BigInt(n) : first + BigInt(n))
}

/** The address after this one. */
export function nextIp(ip: Ip): Ip {
  return toIp(familyOf(ip), toNumber(ip) + 1n)
}

/** How far an address lies behind the network's own. Negative or at least `size` if it is outside. */
export function offsetIn(cidr: Cidr | string, ip: Ip): bigint {
  return toNumber(ip) - rangeOf(cidr).first
}

export function inCidr(cidr: Cidr | string, ip: Ip): boolean {
  if (familyOf(cidr) !== familyOf(ip)) return false
  const { first, size } = rangeOf(cidr)
  const n = toNumber(ip)
  return n >= first && n < first + size
}

/** True if two networks share an address. */
export function overlap(a: Cidr | string, b: Cidr | string): boolean {
  if (familyOf(a) !== familyOf(b)) return false
  const [x, y] = [rangeOf(a), rangeOf(b)]
  return x.first < y.first + y.size && y.first < x.first + x.size
}

/** True if every address of `inner` is one of `outer`. */
export function covers(outer: Cidr | string, inner: Cidr | string): boolean {
  return overlap(outer, inner) && rangeOf(outer).prefixLen <= rangeOf(inner).prefixLen
}

export function toNumber(ip: Ip | string): bigint {
  if (!ip.includes(':')) {
    let n = 0
    for (const part of ip.split('.')) n = n * 256 + Number(part)
    return BigInt(n)
  }
  let n = 0n
  for (const byte of ipaddr.IPv6.parse(ip).toByteArray()) n = (n << 8n) | BigInt(byte)
  return n
}

export function toIp(family: Family, n: bigint): Ip {
  if (family === 'ipv4') {
    const v = Number(n)
    return `${(v >>> 24) & 255}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}` as Ip
  }
  const bytes: number[] = []
  for (let shift = 120n; shift >= 0n; shift -= 8n) bytes.push(Number((n >> shift) & 255n))
  return new ipaddr.IPv6(bytes).toRFC5952String() as Ip
}
