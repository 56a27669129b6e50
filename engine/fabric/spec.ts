import type { Cause } from '../core/cause.ts'
import type { Cidr, Ip, Mac } from '../net/address.ts'

/** What stands between machines, and the machines: segments, routers, outside hosts, nodes. */
export interface FabricSpec {
  readonly mtu: number
  readonly latencyUs: number
  readonly segments: readonly SegmentSpec[]
  readonly routers: readonly RouterSpec[]
  readonly outside: readonly OutsideSpec[]
  readonly nodes: readonly NodeSpec[]
  /** `host/ifname` -> MAC, for those that are not to be made from the name. */
  readonly macs: Readonly<Record<string, Mac>>
}

/** One L2 segment: a switch. */
export interface SegmentSpec {
  readonly name: string
  readonly cidr: Cidr
  readonly gateway: Ip
  /** Further networks on the same wire; the router's leg has their gateways too. */
  readonly also?: readonly { readonly cidr: Cidr; readonly gateway: Ip }[]
  readonly cause?: Cause
}

export interface RouterSpec {
  readonly name: string
  readonly legs: readonly { readonly subnet: string; readonly address: Ip }[]
  readonly routes: readonly { readonly dst: Cidr; readonly via: Ip }[]
  readonly cause?: Cause
}

/** A machine that belongs to no cluster, behind the first router unless it lies in a segment. */
export interface OutsideSpec {
  readonly name: string
  readonly address: Ip
  readonly prefixLen: number
  readonly gateway: Ip
  readonly cause?: Cause
}

export interface NodeSpec {
  /** Host id. */
  readonly host: string
  readonly cluster: string
  readonly segment: string
  readonly address: Ip
  readonly prefixLen: number
  /** What eth0 has besides. */
  readonly others?: readonly { readonly address: Ip; readonly prefixLen: number }[]
  readonly cause?: Cause
}

/** Host id of a segment's switch: `sw-lan`. */
export function switchId(segment: string): string {
  return `sw-${segment.replaceAll('/', '-')}`
}
