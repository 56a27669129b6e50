import ipaddr from 'ipaddr.js'

/** The addresses of a network, by their distance from its first one. */
export interface AddressRange {
  readonly cidr: string
  readonly family: 'IPv4' | 'IPv6'
  /** How many there are, network and broadcast address included; at most 2^48, which is more than anyone counts. */
  readonly size: number
  at(offset: number): string
  /** Undefined if the address lies outside. */
  offsetOf(ip: string): number | undefined
}

export function addressRange(cidr: string): AddressRange {
  const [network, length] = ipaddr.parseCIDR(cidr)
  const bytes = network.toByteArray()
  const bits = bytes.length * 8
  const base = maskedTo(bytes, length)
  const size = 2 ** Math.min(bits - length, 48)
  return {
    cidr,
    family: bits === 32 ? 'IPv4' : 'IPv6',
    size,
    at: (offset) => {
      const address = [...base]
      for (let i = address.length - 1, rest = offset; rest > 0 && i >= 0; i--) {
        rest += address[i]
        address[i] = rest % 256
        rest = Math.floor(rest / 256)
      }
      return textOf(address)
    },
    offsetOf: (ip) => {
      if (!ipaddr.isValid(ip)) return undefined
      const address = ipaddr.parse(ip).toByteArray()
      if (address.length !== base.length) return undefined
      if (maskedTo(address, length).some((byte, i) => byte !== base[i])) return undefined
      return address.reduce((sum, byte, i) => sum * 256 + byte - base[i], 0)
    },
  }
}

/** An address as Kubernetes and `ip` print it: RFC 5952 for IPv6. */
export function canonicalIp(ip: string): string {
  return ipaddr.isValid(ip) ? textOf(ipaddr.parse(ip).toByteArray()) : ip
}

function textOf(bytes: number[]): string {
  const address = ipaddr.fromByteArray(bytes)
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}

function maskedTo(bytes: readonly number[], length: number): number[] {
  return bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, length - i * 8))
    return byte & (0xff << (8 - kept)) & 0xff
  })
}
