import type { Cidr, Family, Ip } from './address.ts'

/**
 * Addresses and networks as text and as numbers, quick enough for the packet path: no regular expressions, no library.
 * IPv4 is an unsigned 32-bit number inside, IPv6 a bigint. Texts of type `Ip` and `Cidr` are trusted to be canonical;
 * `parseIp` and `parseCidr` are the doors through which they come.
 */
export const BITS = { ipv4: 32, ipv6: 128 } as const

export const ANY4 = '0.0.0.0' as Ip
export const ANY6 = '::' as Ip
export const BROADCAST4 = '255.255.255.255' as Ip
export const DEFAULT4 = '0.0.0.0/0' as Cidr
export const DEFAULT6 = '::/0' as Cidr

/** Family of any address or network text. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 'ipv6' : 'ipv4'
}

export const anyOf = (family: Family): Ip => (family === 'ipv4' ? ANY4 : ANY6)
export const defaultOf = (family: Family): Cidr => (family === 'ipv4' ? DEFAULT4 : DEFAULT6)

/** Canonical address, or undefined if the text is none (`010.0.0.1`, `10.1` and zones such as `fe80::1%eth0` are none). */
export function parseIp(text: string): Ip | undefined {
  if (!text.includes(':')) return readV4(text) === undefined ? undefined : (text as Ip)
  const n = readV6(text)
  return n === undefined ? undefined : v6Text(n)
}

/** Canonical network with its host bits cleared (`10.244.1.7/24` is `10.244.1.0/24`), or undefined if the text is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash))
  if (ip === undefined) return undefined
  const bits = BITS[familyOf(ip)]
  const length = slash < 0 ? bits : readDecimal(text, slash + 1, text.length, bits)
  return length === undefined ? undefined : networkOf(ip, length)
}

/** Address of a network text (`10.244.1.0` of `10.244.1.0/24`) without touching its bits. */
export function baseOf(cidr: string): Ip {
  const slash = cidr.indexOf('/')
  return (slash < 0 ? cidr : cidr.slice(0, slash)) as Ip
}

/** Prefix length of a network text; of a bare address, all bits. */
export function lengthOf(cidr: string): number {
  const slash = cidr.indexOf('/')
  return slash < 0 ? BITS[familyOf(cidr)] : Number(cidr.slice(slash + 1))
}

/** Address and prefix length of a network or interface address text such as `10.244.1.1/24`; bits are kept. */
export function splitCidr(cidr: string): { readonly ip: Ip; readonly length: number } {
  return { ip: baseOf(cidr), length: lengthOf(cidr) }
}

/** The network that an address of a given prefix length lies in. */
export function networkOf(ip: string, length: number): Cidr {
  if (familyOf(ip) === 'ipv4') return `${v4Text((v4Number(ip) & v4Mask(length)) >>> 0)}/${length}` as Cidr
  return `${v6Text(v6Number(ip) & v6Mask(length))}/${length}` as Cidr
}

/** The network of exactly one address. */
export function hostCidr(ip: Ip): Cidr {
  return `${ip}/${BITS[familyOf(ip)]}` as Cidr
}

/** True if the address lies in the network; false across families. */
export function cidrContains(cidr: string, ip: string): boolean {
  const v6 = cidr.includes(':')
  if (v6 !== ip.includes(':')) return false
  const slash = cidr.indexOf('/')
  if (slash < 0) return cidr === ip
  const length = Number(cidr.slice(slash + 1))
  if (length === 0) return true
  if (v6) return ((v6Number(cidr.slice(0, slash)) ^ v6Number(ip)) & v6Mask(length)) === 0n
  return ((v4Number(cidr) ^ v4Number(ip)) & v4Mask(length)) === 0
}

/** True if both addresses lie in one network of that prefix length. */
export function sameNetwork(a: string, b: string, length: number): boolean {
  return familyOf(a) === familyOf(b) && networkOf(a, length) === networkOf(b, length)
}

/** The n-th address of a network, counted from its network address; from its end if negative (-1 is the last). */
export function nthAddress(cidr: string, n: number | bigint): Ip {
  const family = familyOf(cidr)
  const { ip, length } = splitCidr(cidr)
  const size = 1n << BigInt(BITS[family] - length)
  const first = ipToBigInt(baseOf(networkOf(ip, length)))
  return ipFromBigInt(BigInt(n) < 0n ? first + size + BigInt(n) : first + BigInt(n), family)
}

/** The broadcast address of an IPv4 network of at most 30 bits; longer ones and IPv6 have none. */
export function broadcastOf(ip: string, length: number): Ip | undefined {
  if (familyOf(ip) === 'ipv6' || length > 30) return undefined
  return v4Text((v4Number(ip) | ~v4Mask(length)) >>> 0)
}

export function ipToBigInt(ip: string): bigint {
  return familyOf(ip) === 'ipv4' ? BigInt(v4Number(ip)) : v6Number(ip)
}

export function ipFromBigInt(n: bigint, family: Family): Ip {
  return family === 'ipv4' ? v4Text(Number(BigInt.asUintN(32, n))) : v6Text(BigInt.asUintN(128, n))
}

/** Orders addresses by family, then by number. */
export function compareIp(a: string, b: string): number {
  const [fa, fb] = [familyOf(a), familyOf(b)]
  if (fa !== fb) return fa === 'ipv4' ? -1 : 1
  if (fa === 'ipv4') return v4Number(a) - v4Number(b)
  const [x, y] = [v6Number(a), v6Number(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

export const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'
export const isUnspecified = (ip: string): boolean => ip === ANY4 || ip === ANY6
export const isLinkLocal = (ip: string): boolean =>
  ip.includes(':') ? cidrContains('fe80::/10', ip) : ip.startsWith('169.254.')
export const isMulticast = (ip: string): boolean =>
  ip.includes(':') ? ip.startsWith('ff') : v4Number(ip) >>> 28 === 0xe

/** The IPv4 address as an unsigned 32-bit number; reads up to a slash, so that a network's text will do. */
export function v4Number(text: string): number {
  let n = 0
  let part = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 46) {
      n = (n << 8) | part
      part = 0
    } else if (c === 47) break
    else part = part * 10 + c - 48
  }
  return ((n << 8) | part) >>> 0
}

export function v4Text(n: number): Ip {
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}` as Ip
}

/** Mask as a signed 32-bit number, for `&` with others. */
export function v4Mask(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length)
}

export function v6Mask(length: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(128 - length)
}

/** The IPv6 address as a number; the text is trusted. */
export function v6Number(text: string): bigint {
  return readV6(text) ?? 0n
}

/** RFC 5952: lower case, no leading zeros, the longest run of at least two zero groups as `::`, the first on a tie. */
export function v6Text(n: bigint): Ip {
  const groups: number[] = []
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((n >> shift) & 0xffffn))
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff)
    return `::ffff:${v4Text(Number(n & 0xffffffffn))}` as Ip
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > bestLength) {
      best = i
      bestLength = end - i
    }
    i = Math.max(i, end - 1)
  }
  const hex = (list: number[]) => list.map((g) => g.toString(16)).join(':')
  if (best < 0) return hex(groups) as Ip
  return `${hex(groups.slice(0, best))}::${hex(groups.slice(best + bestLength))}` as Ip
}

function readV4(text: string): number | undefined {
  let n = 0
  let start = 0
  for (let i = 0; i < 4; i++) {
    const end = i === 3 ? text.length : text.indexOf('.', start)
    if (end < 0) return undefined
    const part = readDecimal(text, start, end, 255)
    if (part === undefined) return undefined
    n = n * 256 + part
    start = end + 1
  }
  return n
}

/** Digits without a leading zero, up to `max`. */
function readDecimal(text: string, start: number, end: number, max: number): number | undefined {
  if (start >= end || end - start > 3 || (text.charCodeAt(start) === 48 && end - start > 1)) return undefined
  let n = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    n = n * 10 + digit
  }
  return n <= max ? n : undefined
}

function readV6(text: string): bigint | undefined {
  const gap = text.indexOf('::')
  if (gap < 0) {
    const groups = readGroups(text)
    return groups?.length === 8 ? numberOf(groups) : undefined
  }
  if (text.indexOf('::', gap + 1) >= 0) return undefined
  const head = gap === 0 ? [] : readGroups(text.slice(0, gap))
  const tail = gap + 2 === text.length ? [] : readGroups(text.slice(gap + 2))
  if (!head || !tail || head.length + tail.length > 7) return undefined
  return numberOf([...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail])
}

function readGroups(text: string): number[] | undefined {
  const groups: number[] = []
  const parts = text.split(':')
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]
    if (i === parts.length - 1 && part.includes('.')) {
      const v4 = readV4(part)
      if (v4 === undefined) return undefined
      groups.push(Math.floor(v4 / 65536), v4 % 65536)
      continue
    }
    if (part.length === 0 || part.length > 4) return undefined
    let n = 0
    for (let j = 0; j < part.length; j++) {
      const digit = hexDigit(part.charCodeAt(j))
      if (digit < 0) return undefined
      n = n * 16 + digit
    }
    groups.push(n)
  }
  return groups
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  if (c >= 97 && c <= 102) return c - 87
  return c >= 65 && c <= 70 ? c - 55 : -1
}

function numberOf(groups: readonly number[]): bigint {
  let n = 0n
  for (const group of groups) n = (n << 16n) | BigInt(group)
  return n
}
