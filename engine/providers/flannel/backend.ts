import { clusterConfig } from '../../api/cluster-config.ts'
import type { ObjectRow } from '../../api/types.ts'
import type { Cause } from '../../core/cause.ts'
import type { ControllerCtx } from '../../control/types.ts'
import type { NetlinkError } from '../../kernel/netlink.ts'
import type { LinkRow } from '../../kernel/tables.ts'
import type { Cidr, Ip, Mac } from '../../net/address.ts'
import type { Lease } from './lease.ts'
import type { NetConf } from './net-conf.ts'

/** Author of every row that flanneld writes. */
export const FLANNELD = 'flanneld'

/** One node as its flanneld sees it. */
export interface Site {
  readonly host: string
  readonly node: ObjectRow
  readonly subnet: Cidr
  readonly conf: NetConf
  readonly uplink: { readonly link: LinkRow; readonly address: Ip }
  /** The ConfigMap that says which network and backend. */
  readonly cause?: Cause
  readonly clusterField: { readonly cluster?: string }
  pinnedMac(ifName: string): Mac | undefined
}

export interface RefusedRoute {
  readonly dst: string
  readonly via: string
  readonly error: NetlinkError
}

/** How packets for another node's pods get there. Models pkg/backend: Backend and Network. */
export interface Backend {
  /** What pods may send: FLANNEL_MTU. */
  mtu(site: Site): number
  /** Makes what the backend needs on this host; the annotations of the node's lease. */
  register(ctx: ControllerCtx, site: Site): Record<string, string>
  /** Programs the way to every other node; what the kernel refused. */
  connect(ctx: ControllerCtx, site: Site, leases: readonly Lease[]): readonly RefusedRoute[]
  /** Takes away what another backend left on this host. */
  withdraw(ctx: ControllerCtx, site: Site): void
}

/** A row about another node is there because of that Node's field. */
export function leaseCause(ctx: ControllerCtx, lease: Lease, field: string): Cause {
  return {
    kind: 'Node',
    name: lease.node,
    field,
    ...(clusterConfig(ctx.tx, ctx.cluster)?.first === false ? { cluster: ctx.cluster } : {}),
  }
}
