import type { Owned } from '../../core/cause.ts'
import type { Tx } from '../../core/world.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { macFrom, ZERO_MAC } from '../../net/mac.ts'
import { addrsDown, addrsUp } from '../fib/addr-verbs.ts'
import { routesDown } from '../fib/route-verbs.ts'
import { linkId, seedOf } from '../ids.ts'
import { done, type NetlinkResult, refuse } from '../netlink-result.ts'
import { dropConf, inheritDefaults } from '../sysctl.ts'
import type { LinkRow } from '../tables.ts'
import { adoptPort, followMac, followPorts, releasePort } from './bridge-port.ts'

interface EndSpec {
  readonly netns: string
  readonly name: string
  readonly mac?: Mac
  readonly mtu?: number
  readonly up?: boolean
}

export type LinkSpec = EndSpec &
  Owned &
  (
    | { readonly kind: 'veth'; readonly peer: EndSpec }
    /** A wire between two machines; both ends are made at once. */
    | { readonly kind: 'ether'; readonly peer: EndSpec; readonly latencyUs?: number }
    | { readonly kind: 'bridge'; readonly forwardDelayUs?: number; readonly ageingUs?: number }
    /** `dev` is the lower link's id. */
    | {
        readonly kind: 'vxlan'
        readonly vni: number
        readonly port: number
        readonly local: Ip
        readonly dev: string
        readonly learning?: boolean
      }
    | { readonly kind: 'ipip'; readonly local: Ip; readonly remote?: Ip; readonly ttl?: number | 'inherit' }
    | { readonly kind: 'dummy' }
  )

/** Makes a link, down unless `up`. A veth or a wire brings its other end, in whatever netns that lives. */
export function linkAdd(tx: Tx, spec: LinkSpec): NetlinkResult {
  const ends: readonly EndSpec[] = spec.kind === 'veth' || spec.kind === 'ether' ? [spec, spec.peer] : [spec]
  for (const end of ends) {
    if (!tx.get('netns', end.netns)) return refuse('EINVAL', `invalid netns ${end.netns}`)
    if (tx.get('link', linkId(end.netns, end.name))) return refuse('EEXIST')
    if (end.name.length === 0 || end.name.length > 15 || /[\s/]/.test(end.name))
      return refuse('EINVAL', `argument "${end.name}" is wrong: "name" not a valid ifname`)
  }
  if (spec.kind === 'vxlan') {
    if (!tx.get('link', spec.dev)) return refuse('ENODEV')
    const twin = tx
      .by('link', 'netns', spec.netns)
      .some(
        ({ vxlan }) => vxlan?.vni === spec.vni && vxlan.port === spec.port && isV6(vxlan.local) === isV6(spec.local),
      )
    if (twin) return refuse('EEXIST', 'A VXLAN device with the specified VNI already exists')
  }
  createRow(tx, spec, spec)
  if (spec.kind === 'veth' || spec.kind === 'ether') createRow(tx, spec.peer, spec)
  for (const end of ends) if (end.up) linkSet(tx, linkId(end.netns, end.name), { up: true })
  return done
}

export interface LinkChange {
  readonly up?: boolean
  readonly mtu?: number
  readonly mac?: Mac
  readonly name?: string
  /** Link id of the bridge, or null to leave it. */
  readonly master?: string | null
  readonly netns?: string
  readonly promisc?: boolean
  /** The wire is cut or mended. */
  readonly cut?: boolean
  readonly latencyUs?: number
  readonly hairpin?: boolean
  readonly isolated?: boolean
  readonly learning?: boolean
  readonly flood?: boolean
}

/** Changes a link, in the order that `ip link set` applies: netns, name, MAC, MTU, master, port flags, up or down. */
export function linkSet(tx: Tx, id: string, change: LinkChange, by: Owned = {}): NetlinkResult {
  let link = tx.get('link', id)
  if (!link) return refuse('ENODEV')
  const netns = change.netns ?? link.netns
  const name = change.name ?? link.name
  if (netns !== link.netns || name !== link.name) {
    if (!tx.get('netns', netns)) return refuse('EINVAL')
    if (tx.get('link', linkId(netns, name))) return refuse('EEXIST')
    if (netns === link.netns && link.up) return refuse('EBUSY')
    link = moveLink(tx, link, netns, name)
  }
  if (change.master && tx.get('link', change.master)?.kind !== 'bridge') return refuse('ENODEV')
  if (change.master && tx.get('link', change.master)?.netns !== link.netns) return refuse('EINVAL')
  if (change.mtu !== undefined && change.mtu < 68) return refuse('EINVAL', 'mtu less than device minimum')
  if (change.mtu !== undefined && change.mtu !== link.mtu && change.mtu > mostMtu(tx, link)) return refuse('EINVAL')
  const fields: Partial<LinkRow> = {
    ...(change.mac && change.mac !== link.mac ? { mac: change.mac } : {}),
    ...(change.mtu !== undefined ? { mtu: change.mtu } : {}),
    ...(change.promisc !== undefined ? { promisc: change.promisc } : {}),
    ...(change.cut !== undefined ? { cut: change.cut } : {}),
    ...(change.latencyUs !== undefined ? { latencyUs: change.latencyUs } : {}),
    ...(change.mac && link.bridge ? { bridge: { ...link.bridge, macFixed: true } } : {}),
    ...by,
  }
  const oldMac = link.mac
  link = update(tx, link, fields)
  if (change.master !== undefined && (change.master ?? undefined) !== link.master) {
    if (link.master) releasePort(tx, link)
    link = tx.get('link', link.id) ?? link
    if (change.master) adoptPort(tx, link, change.master)
    link = tx.get('link', link.id) ?? link
  } else if (link.mac !== oldMac) followMac(tx, link, oldMac)
  if (link.port) {
    const {
      hairpin = link.port.hairpin,
      isolated = link.port.isolated,
      learning = link.port.learning,
      flood = link.port.flood,
    } = change
    link = update(tx, link, { port: { hairpin, isolated, learning, flood } })
  }
  if (change.up !== undefined && change.up !== link.up) (change.up ? bringUp : bringDown)(tx, link)
  return done
}

/** Takes a link away with what hangs on it; a veth or a wire takes its other end along. */
export function linkDel(tx: Tx, id: string): NetlinkResult {
  const link = tx.get('link', id)
  if (!link) return refuse('ENODEV')
  if (link.kind === 'loopback') return refuse('EOPNOTSUPP')
  for (const port of tx.by('link', 'master', id)) releasePort(tx, port)
  dismantle(tx, link)
  const peer = link.peer ? tx.get('link', link.peer) : undefined
  if (peer) dismantle(tx, peer)
  return done
}

/** IFF_LOWER_UP: the link and, for a pair, its other end are up. A bridge has it while one of its ports has. */
export function hasCarrier(world: Pick<Tx, 'get' | 'by'>, link: LinkRow): boolean {
  if (!link.up || link.cut) return false
  if (link.peer) return world.get('link', link.peer)?.up === true
  if (link.kind !== 'bridge') return true
  const ports = world.by('link', 'master', link.id)
  return ports.some((port) => hasCarrier(world, port))
}

function createRow(tx: Tx, end: EndSpec, spec: LinkSpec): void {
  const netns = tx.get('netns', end.netns)
  if (!netns) return
  tx.put('netns', { ...netns, nextIfindex: netns.nextIfindex + 1 })
  const id = linkId(end.netns, end.name)
  const lower = spec.kind === 'vxlan' ? tx.get('link', spec.dev) : undefined
  const mac = end.mac ?? (spec.kind === 'ipip' ? ZERO_MAC : macFrom(seedOf(tx), id))
  const room = lower && spec.kind === 'vxlan' ? lower.mtu - vxlanHeadroom(spec.local) : undefined
  const defaultMtu = room ?? (spec.kind === 'ipip' ? 1480 : 1500)
  const row: LinkRow = {
    id,
    netns: end.netns,
    ifindex: netns.nextIfindex,
    name: end.name,
    kind: spec.kind,
    mac,
    mtu: Math.min(end.mtu ?? defaultMtu, room ?? Number.POSITIVE_INFINITY),
    up: false,
    ...(spec.kind === 'veth' || spec.kind === 'ether'
      ? { peer: end === spec.peer ? linkId(spec.netns, spec.name) : linkId(spec.peer.netns, spec.peer.name) }
      : {}),
    ...kindFields(spec),
    ...(spec.owner ? { owner: spec.owner } : {}),
    ...(spec.cause ? { cause: spec.cause } : {}),
  }
  tx.put('link', row)
  inheritDefaults(tx, row)
  if (row.kind === 'bridge') followPorts(tx, row.id)
}

const isV6 = (ip: Ip) => ip.includes(':')

/** Ethernet, IP, UDP and VXLAN headers: 50 bytes, 70 over IPv6. Models drivers/net/vxlan vxlan_headroom(). */
const vxlanHeadroom = (local: Ip) => (isV6(local) ? 70 : 50)

/** No tunnel takes packets that do not fit its lower device. Models vxlan_change_mtu(), vxlan_config_apply(). */
function mostMtu(tx: Tx, { vxlan }: LinkRow): number {
  const lower = vxlan && tx.get('link', vxlan.dev)
  return lower ? lower.mtu - vxlanHeadroom(vxlan.local) : 65_535
}

function kindFields(spec: LinkSpec): Partial<LinkRow> {
  switch (spec.kind) {
    case 'ether':
      return { latencyUs: spec.latencyUs ?? 0 }
    case 'bridge':
      return {
        bridge: {
          forwardDelayUs: spec.forwardDelayUs ?? 0,
          ageingUs: spec.ageingUs ?? 300_000_000,
          ...(spec.mac ? { macFixed: true } : {}),
        },
      }
    case 'vxlan':
      return {
        vxlan: { vni: spec.vni, port: spec.port, local: spec.local, dev: spec.dev, learning: spec.learning ?? true },
      }
    case 'ipip':
      return {
        ipip: { local: spec.local, ...(spec.remote ? { remote: spec.remote } : {}), ttl: spec.ttl ?? 'inherit' },
      }
    default:
      return {}
  }
}

function bringUp(tx: Tx, link: LinkRow): void {
  addrsUp(tx, update(tx, link, { up: true }))
}

function bringDown(tx: Tx, link: LinkRow): void {
  const down = update(tx, link, { up: false })
  routesDown(tx, down.netns, down.id)
  addrsDown(tx, down)
  flushNeighbours(tx, down)
  for (const row of tx.by('fdb', 'link', down.id)) if (row.state === 'reachable') tx.delete('fdb', row.id)
}

function flushNeighbours(tx: Tx, link: LinkRow): void {
  for (const row of tx.by('neigh', 'link', link.id)) if (row.state !== 'PERMANENT') tx.delete('neigh', row.id)
}

function dismantle(tx: Tx, link: LinkRow): void {
  if (link.master) releasePort(tx, link)
  routesDown(tx, link.netns, link.id)
  for (const table of ['addr', 'neigh', 'fdb', 'hook'] as const)
    for (const row of tx.by(table, 'link', link.id)) tx.delete(table, row.id)
  dropConf(tx, link)
  tx.delete('linkStat', link.id)
  tx.delete('link', link.id)
  // A tunnel goes with its lower device. Models vxlan_handle_lowerdev_unregister().
  for (const upper of tx.by('link', 'netns', link.netns)) if (upper.vxlan?.dev === link.id) linkDel(tx, upper.id)
}

/** To another netns or under another name: as if it were taken away and made anew with its MAC. Addresses do not follow. */
function moveLink(tx: Tx, link: LinkRow, netns: string, name: string): LinkRow {
  const other = tx.get('netns', netns)
  const { master: _, port: __, ...rest } = link
  const moved = netns !== link.netns
  const row: LinkRow = {
    ...rest,
    id: linkId(netns, name),
    netns,
    name,
    up: false,
    ...(moved && other ? { ifindex: freeIfindex(tx, netns, link.ifindex) } : {}),
  }
  const ports = tx.by('link', 'master', link.id)
  dismantle(tx, link)
  tx.put('link', row)
  inheritDefaults(tx, row)
  if (row.peer) tx.patch('link', row.peer, { peer: row.id })
  if (!moved) for (const port of ports) tx.patch('link', port.id, { master: row.id })
  return row
}

/** A link keeps its number in a new netns if it is free there. Models __dev_change_net_namespace(). */
function freeIfindex(tx: Tx, netns: string, wanted: number): number {
  const row = tx.get('netns', netns)
  if (!row) return wanted
  if (!tx.by('link', 'netns', netns).some((link) => link.ifindex === wanted)) {
    if (row.nextIfindex <= wanted) tx.put('netns', { ...row, nextIfindex: wanted + 1 })
    return wanted
  }
  tx.put('netns', { ...row, nextIfindex: row.nextIfindex + 1 })
  return row.nextIfindex
}

function update(tx: Tx, link: LinkRow, fields: Partial<LinkRow>): LinkRow {
  const entries = Object.entries(fields) as [keyof LinkRow, unknown][]
  if (entries.every(([key, value]) => link[key] === value || JSON.stringify(link[key]) === JSON.stringify(value)))
    return link
  const row = { ...link, ...fields }
  tx.put('link', row)
  return row
}
