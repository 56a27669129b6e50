import { hash32 } from '../core/rng.ts'
import type { Ip, Mac } from './address.ts'
import { v4Number, v6Number, v6Text } from './ip.ts'

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as Mac
export const ZERO_MAC = '00:00:00:00:00:00' as Mac

/** Canonical MAC address (lower case, two digits each), or undefined if the text is none. */
export function parseMac(text: string): Mac | undefined {
  const parts = text.toLowerCase().split(':')
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/.test(part))) return undefined
  return parts.map((part) => part.padStart(2, '0')).join(':') as Mac
}

/** The MAC that belongs to a name for ever: unicast, locally administered, as the kernel's `eth_random_addr` makes them. */
export function macFrom(seed: number, name: string): Mac {
  const high = hash32(seed, `mac/${name}`)
  const low = hash32(seed, `mac/${name}/low`)
  const bytes = [((high >>> 24) & 0xfe) | 2, high >>> 16, high >>> 8, high, low >>> 8, low]
  return bytes.map(hexByte).join(':') as Mac
}

/** `0a:58:` and the IPv4 address: what CNI's bridge plugin gives a bridge and its pods. */
export function macOfIpv4(ip: Ip): Mac {
  const n = v4Number(ip)
  return `0a:58:${[n >>> 24, n >>> 16, n >>> 8, n].map(hexByte).join(':')}` as Mac
}

export function macFromNumber(n: number | bigint): Mac {
  const digits = BigInt(n).toString(16).padStart(12, '0')
  return (digits.match(/../g) ?? []).join(':') as Mac
}

export function macToNumber(mac: Mac): number {
  return Number.parseInt(mac.replaceAll(':', ''), 16)
}

/** The group bit: broadcast and multicast frames. */
export function isGroupMac(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
}

/** RFC 4291 appendix A: the link-local IPv6 address that an interface makes of its MAC. */
export function linkLocalOf(mac: Mac): Ip {
  const n = BigInt(macToNumber(mac)) ^ (1n << 41n)
  return v6Text((0xfe80n << 112n) | ((n >> 24n) << 40n) | (0xfffen << 24n) | (n & 0xffffffn))
}

/** RFC 4291 2.7.1: the group in which the owner of an address listens for solicitations. */
export function solicitedNode(ip: Ip): Ip {
  return v6Text((0xff02n << 112n) | (1n << 32n) | 0xff000000n | (v6Number(ip) & 0xffffffn))
}

/** RFC 1112 and RFC 2464: the MAC of a multicast group. */
export function groupMac(ip: Ip): Mac {
  if (ip.includes(':')) return macFromNumber((0x3333n << 32n) | (v6Number(ip) & 0xffffffffn))
  return macFromNumber(0x01005e000000n | BigInt(v4Number(ip) & 0x7fffff))
}

function hexByte(n: number): string {
  return (n & 255).toString(16).padStart(2, '0')
}
