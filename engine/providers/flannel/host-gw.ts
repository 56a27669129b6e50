import { syncOwned } from '../../kernel/netlink.ts'
import { type Backend, FLANNELD, leaseCause } from './backend.ts'
import { leaseAnnotations } from './lease.ts'

/**
 * No tunnel: every other node is the gateway to its own pods. A node behind a router is no neighbour and cannot be one:
 * the kernel refuses the route. Models pkg/backend/hostgw/hostgw.go and pkg/backend/route_network.go.
 */
export const hostGw: Backend = {
  mtu: ({ uplink }) => uplink.link.mtu,
  register: (_ctx, { uplink }) => leaseAnnotations('host-gw', uplink.address, null),
  connect(ctx, site, leases) {
    const dev = site.uplink.link.id
    const routes = leases.map((lease) => ({
      dst: lease.subnet,
      via: lease.publicIp,
      dev,
      cause: leaseCause(ctx, lease, 'spec.podCIDR'),
    }))
    return syncOwned(ctx.tx, FLANNELD, 'route', site.host, routes).refused.map(({ index, error }) => ({
      dst: routes[index].dst,
      via: routes[index].via,
      error,
    }))
  },
  withdraw() {
    // Its routes are rows of flanneld like any other: the next backend's `connect` replaces them.
  },
}
