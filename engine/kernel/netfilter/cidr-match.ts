import type { Cidr, Ip } from '../../net/address.ts'
import { v4Mask, v4Number, v6Mask, v6Number } from '../../net/ip.ts'

/** A test for membership in a network, made once per rule. A host's own network (/32, /128) compares text. */
export function cidrMatcher(cidr: Cidr): (ip: Ip) => boolean {
  const slash = cidr.lastIndexOf('/')
  const base = cidr.slice(0, slash)
  const length = Number(cidr.slice(slash + 1))
  const isV6 = base.includes(':')
  if (length === 0) return (ip) => ip.includes(':') === isV6
  if (length === (isV6 ? 128 : 32)) return (ip) => ip === base
  if (isV6) {
    const mask = v6Mask(length)
    const network = v6Number(base) & mask
    return (ip) => ip.includes(':') && (v6Number(ip) & mask) === network
  }
  const mask = v4Mask(length)
  const network = v4Number(base) & mask
  return (ip) => !ip.includes(':') && (v4Number(ip) & mask) === network
}

/** The text of a single address if the network holds only one. */
export function hostOf(cidr: Cidr): Ip | undefined {
  const slash = cidr.lastIndexOf('/')
  const ip = cidr.slice(0, slash)
  return cidr.slice(slash + 1) === (ip.includes(':') ? '128' : '32') ? (ip as Ip) : undefined
}
