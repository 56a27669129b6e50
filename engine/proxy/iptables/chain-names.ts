import { sha256 } from '@noble/hashes/sha2.js'
import type { ServicePort } from '../service-ports.ts'

/**
 * Names of kube-proxy's chains: a prefix and the first sixteen characters of the base32 of a SHA-256, to stay within the
 * kernel's 28 characters. Models pkg/proxy/iptables/proxier.go portProtoHash() and servicePortEndpointChainName().
 */
export interface ServiceChains {
  readonly svc: string
  readonly svl: string
  readonly ext: string
  readonly fw: string
}

const memo = new WeakMap<ServicePort, ServiceChains>()

export function serviceChains(port: ServicePort): ServiceChains {
  let chains = memo.get(port)
  if (!chains) {
    const hash = shortHash(port.name + port.protocol)
    chains = { svc: `KUBE-SVC-${hash}`, svl: `KUBE-SVL-${hash}`, ext: `KUBE-EXT-${hash}`, fw: `KUBE-FW-${hash}` }
    memo.set(port, chains)
  }
  return chains
}

/** `endpoint` as `ip:port`, an IPv6 address in brackets. */
export function endpointChain(port: Pick<ServicePort, 'name' | 'protocol'>, endpoint: string): string {
  let names = endpointNames.get(port)
  if (!names) {
    names = new Map()
    endpointNames.set(port, names)
  }
  let name = names.get(endpoint)
  if (name === undefined) {
    name = `KUBE-SEP-${shortHash(port.name + port.protocol + endpoint)}`
    names.set(endpoint, name)
  }
  return name
}

const endpointNames = new WeakMap<Pick<ServicePort, 'name' | 'protocol'>, Map<string, string>>()

export function shortHash(text: string): string {
  return base32(sha256(new TextEncoder().encode(text)).subarray(0, 10))
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 without padding; the input is a multiple of five bytes. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return text
}
