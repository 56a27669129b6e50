import { err, ok, type Result } from '../../core/result.ts'
import type { Cidr } from '../../net/address.ts'
import { parseCidr } from '../../net/ip.ts'

/** `net-conf.json` as flanneld reads it. Models pkg/subnet/config.go ParseConfig() and each backend's own part. */
export interface NetConf {
  readonly network: Cidr
  readonly backend: 'vxlan' | 'host-gw'
  /** vxlan only. */
  readonly vni: number
  readonly port: number
  readonly directRouting: boolean
  readonly mtu?: number
}

/** Backends that exist upstream; two of them are modelled. */
export const BACKENDS = ['vxlan', 'host-gw', 'udp', 'wireguard', 'ipip', 'alloc', 'ipsec', 'tencent-vpc', 'extension']

/** The kernel's own VXLAN port, which flannel leaves as it is. */
const LINUX_VXLAN_PORT = 8472

export function parseNetConf(text: string): Result<NetConf, string> {
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    return err(`error parsing subnet config: ${error instanceof Error ? error.message : error}`)
  }
  const network = typeof parsed.Network === 'string' ? parseCidr(parsed.Network) : undefined
  if (!network) return err(`error parsing subnet config: invalid CIDR address: ${parsed.Network ?? ''}`)
  const backend = (parsed.Backend ?? {}) as Record<string, unknown>
  const type = field(backend, 'Type') ?? 'udp'
  if (type !== 'vxlan' && type !== 'host-gw') {
    const known = BACKENDS.includes(String(type))
    return err(known ? `backend ${type} is not modelled` : `Error fetching backend: unknown backend type: ${type}`)
  }
  const mtu = field(backend, 'MTU')
  return ok({
    network,
    backend: type,
    vni: Number(field(backend, 'VNI') ?? 1),
    port: Number(field(backend, 'Port') || LINUX_VXLAN_PORT),
    directRouting: field(backend, 'DirectRouting') === true,
    ...(typeof mtu === 'number' ? { mtu } : {}),
  })
}

/** Go's JSON decoder takes any case: `directRouting`, `DirectRouting` and `directrouting` are one field. */
function field(value: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : value[key]
}
