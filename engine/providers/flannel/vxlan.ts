import { linkId } from '../../kernel/ids.ts'
import { addrAdd, addrDel, linkAdd, linkDel, linkSet, syncOwned } from '../../kernel/netlink.ts'
import type { Mac } from '../../net/address.ts'
import { baseOf } from '../../net/ip.ts'
import { macFrom } from '../../net/mac.ts'
import type { ControllerCtx } from '../../control/types.ts'
import { isOnLink } from '../daemon.ts'
import { type Backend, FLANNELD, leaseCause, type Site } from './backend.ts'
import { BACKEND_DATA, type Lease, leaseAnnotations, storedMac } from './lease.ts'

const OVERHEAD = 50

/**
 * One device, and per remote node one route, one permanent neighbour and one fdb entry: nothing is learned or flooded.
 * Models pkg/backend/vxlan/vxlan.go, device.go, vxlan_network.go.
 *
 *     10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
 *     10.244.2.0 lladdr <VTEP MAC>      <VTEP MAC> dst 192.168.10.12
 */
export const vxlan: Backend = {
  mtu: ({ uplink, conf }) => (conf.mtu ?? uplink.link.mtu) - OVERHEAD,

  register(ctx, site) {
    const mac = ensureDevice(ctx, site)
    return leaseAnnotations('vxlan', site.uplink.address, { vni: site.conf.vni, mac })
  },

  connect(ctx, site, leases) {
    const dev = linkId(site.host, deviceName(site))
    const direct = (lease: Lease) => site.conf.directRouting && isOnLink(ctx, site.host, lease.publicIp)
    const tunnelled = leases.filter((lease) => lease.vtepMac && !direct(lease))
    const { tx } = ctx
    const { host } = site
    syncOwned(
      tx,
      FLANNELD,
      'neigh',
      host,
      tunnelled.map((lease) => ({
        link: dev,
        address: baseOf(lease.subnet),
        lladdr: lease.vtepMac,
        cause: leaseCause(ctx, lease, 'spec.podCIDR'),
      })),
    )
    syncOwned(
      tx,
      FLANNELD,
      'fdb',
      host,
      tunnelled.map((lease) => ({
        link: dev,
        mac: lease.vtepMac as Mac,
        dst: lease.publicIp,
        cause: leaseCause(ctx, lease, `metadata.annotations["${BACKEND_DATA}"]`),
      })),
    )
    const routes = leases.flatMap((lease) => {
      const cause = leaseCause(ctx, lease, 'spec.podCIDR')
      if (direct(lease)) return [{ dst: lease.subnet, via: lease.publicIp, cause }]
      return lease.vtepMac ? [{ dst: lease.subnet, via: baseOf(lease.subnet), dev, onlink: true, cause }] : []
    })
    return syncOwned(tx, FLANNELD, 'route', host, routes).refused.map(({ index, error }) => ({
      dst: routes[index].dst,
      via: routes[index].via,
      error,
    }))
  },

  // Simplified: a node whose backend changed loses the old device at once, because nobody restarts nodes here; a real one keeps it until then.
  withdraw(ctx, site) {
    for (const link of ctx.tx.by('link', 'netns', site.host))
      if (link.kind === 'vxlan' && link.owner === FLANNELD) linkDel(ctx.tx, link.id)
  },
}

function deviceName({ conf }: Site): string {
  return `flannel.${conf.vni}`
}

/** The device with its /32: an address to send from to pods, without a broadcast route. A device that is another is made anew. */
function ensureDevice(ctx: ControllerCtx, site: Site): Mac {
  const { tx } = ctx
  const { host, uplink, conf, node } = site
  const name = deviceName(site)
  const id = linkId(host, name)
  const mac = site.pinnedMac(name) ?? storedMac(node) ?? macFrom(ctx.clock.seed, `${host}/${name}`)
  const mtu = (conf.mtu ?? uplink.link.mtu) - OVERHEAD
  for (const other of tx.by('link', 'netns', host)) {
    if (other.kind !== 'vxlan' || other.owner !== FLANNELD) continue
    const { vxlan: has } = other
    const fits =
      other.id === id &&
      has?.vni === conf.vni &&
      has.port === conf.port &&
      has.local === uplink.address &&
      has.dev === uplink.link.id
    if (!fits) linkDel(tx, other.id)
  }
  const by = { owner: FLANNELD, ...(site.cause ? { cause: site.cause } : {}) }
  if (!tx.get('link', id)) {
    linkAdd(tx, {
      netns: host,
      name,
      kind: 'vxlan',
      mac,
      mtu,
      vni: conf.vni,
      port: conf.port,
      local: uplink.address,
      dev: uplink.link.id,
      learning: false,
      ...by,
    })
  }
  const wanted = `${baseOf(site.subnet)}/32`
  for (const row of tx.by('addr', 'link', id)) {
    const text = `${row.address}/${row.prefixLen}`
    if (row.family === 'ipv4' && text !== wanted) addrDel(tx, { link: id, address: text })
  }
  addrAdd(tx, {
    link: id,
    address: wanted,
    owner: FLANNELD,
    cause: { kind: 'Node', name: node.name, field: 'spec.podCIDR', ...site.clusterField },
  })
  linkSet(tx, id, { mtu }) // refused where the uplink has no room for it
  linkSet(tx, id, { up: true })
  return tx.get('link', id)?.mac ?? mac
}
