import type { Ctx } from '../core/context.ts'
import type { Tx } from '../core/world.ts'
import { linkId } from '../kernel/ids.ts'
import { routeReplace, sysctlSet } from '../kernel/netlink.ts'
import type { Cidr, Family, Ip, Mac } from '../net/address.ts'
import { cidrContains, familyOf, lengthOf, networkOf } from '../net/ip.ts'
import { addressAdd, machineAdd, must, owned, plugIn, switchAdd, wireAdd } from './machine.ts'
import { type FabricSpec, type NodeSpec, type OutsideSpec, type RouterSpec, switchId } from './spec.ts'

/**
 * Cables up what is not there yet. Everything is a host with ordinary kernel rows:
 *
 *     node eth0 --- port  sw-lan(br0)  port --- eth0 router eth1 --- eth0 external
 *
 * The router has no default route: any other public address is answered with net unreachable, from the router.
 */
export function buildFabric({ tx }: Ctx, spec: FabricSpec): void {
  for (const segment of spec.segments)
    if (!tx.get('host', switchId(segment.name))) switchAdd(tx, switchId(segment.name), spec.mtu, segment.cause)
  for (const router of spec.routers) if (!tx.get('host', router.name)) addRouter(tx, spec, router)
  for (const node of spec.nodes) if (!tx.get('host', node.host)) addNode(tx, spec, node)
  for (const network of outsideNetworks(spec)) addOutside(tx, spec, network)
}

function addRouter(tx: Tx, spec: FabricSpec, router: RouterSpec): void {
  const { name, cause } = router
  machineAdd(tx, name, 'router', { cause })
  must(sysctlSet(tx, { netns: name, key: 'net.ipv4.ip_forward', value: '1', ...owned(cause) }))
  must(sysctlSet(tx, { netns: name, key: 'net.ipv6.conf.all.forwarding', value: '1', ...owned(cause) }))
  router.legs.forEach((leg, i) => {
    const segment = spec.segments.find((candidate) => candidate.name === leg.subnet)
    if (!segment) return
    const ifName = `eth${i}`
    plugIn(tx, { host: name, ifName, mac: pinned(spec, name, ifName) }, switchId(segment.name), { ...spec, cause })
    addressAdd(tx, name, ifName, leg.address, lengthOf(segment.cidr), cause)
    for (const { cidr, gateway } of segment.also ?? []) addressAdd(tx, name, ifName, gateway, lengthOf(cidr), cause)
  })
  for (const { dst, via } of router.routes)
    must(routeReplace(tx, { netns: name, dst, via, proto: 'static', ...owned(cause) }))
}

function addNode(tx: Tx, spec: FabricSpec, node: NodeSpec): void {
  const { host, cluster, cause } = node
  const by = owned(cause)
  machineAdd(tx, host, 'node', { cluster, cause })
  for (const key of [
    'net.ipv4.ip_forward',
    'net.ipv6.conf.all.forwarding',
    'net.bridge.bridge-nf-call-iptables',
    'net.bridge.bridge-nf-call-ip6tables',
  ]) {
    must(sysctlSet(tx, { netns: host, key, value: '1', ...by }))
  }
  plugIn(tx, { host, ifName: 'eth0', mac: pinned(spec, host, 'eth0') }, switchId(node.segment), { ...spec, cause })
  addressAdd(tx, host, 'eth0', node.address, node.prefixLen, cause)
  for (const { address, prefixLen } of node.others ?? []) addressAdd(tx, host, 'eth0', address, prefixLen, cause)
  const segment = spec.segments.find(({ name }) => name === node.segment)
  const gateways = new Map<Family, Ip>()
  const own = [node.address, ...(node.others ?? []).map(({ address }) => address)]
  for (const net of segment ? [segment, ...(segment.also ?? [])] : []) {
    const family = familyOf(net.gateway)
    if (!gateways.has(family) && own.some((ip) => cidrContains(net.cidr, ip))) gateways.set(family, net.gateway)
  }
  for (const [family, via] of gateways)
    must(routeReplace(tx, { netns: host, dst: 'default', family, via, dev: linkId(host, 'eth0'), ...by }))
}

/** Outside hosts of one network, and the segment that this network is, if it is one. */
interface OutsideNetwork {
  readonly cidr: Cidr
  readonly hosts: readonly OutsideSpec[]
  readonly segment?: string
}

function outsideNetworks(spec: FabricSpec): OutsideNetwork[] {
  const networks = new Map<string, { cidr: Cidr; hosts: OutsideSpec[]; segment?: string }>()
  for (const host of spec.outside) {
    const segment = spec.segments.find(({ cidr }) => cidrContains(cidr, host.address))
    const cidr = segment?.cidr ?? networkOf(host.address, host.prefixLen)
    const network = networks.get(cidr) ?? { cidr, hosts: [], ...(segment ? { segment: segment.name } : {}) }
    network.hosts.push({ ...host, prefixLen: lengthOf(cidr), gateway: segment?.gateway ?? host.gateway })
    networks.set(cidr, network)
  }
  return [...networks.values()]
}

/** One host alone has a cable to the router; several of one network share a switch with it. */
function addOutside(tx: Tx, spec: FabricSpec, { cidr, hosts, segment }: OutsideNetwork): void {
  const fresh = hosts.filter(({ name }) => !tx.get('host', name))
  if (fresh.length === 0) return
  const router = spec.routers[0]?.name
  const [{ gateway, cause }] = hosts
  for (const host of fresh) machineAdd(tx, host.name, 'outside', { cause: host.cause })
  if (segment || hosts.length > 1) {
    const sw = switchId(segment ?? cidr)
    if (!tx.get('host', sw)) {
      switchAdd(tx, sw, spec.mtu, cause)
      if (router) addLeg(tx, spec, router, sw, cidr, gateway)
    }
    for (const host of fresh)
      plugIn(tx, { host: host.name, ifName: 'eth0', mac: pinned(spec, host.name, 'eth0') }, sw, {
        ...spec,
        cause: host.cause,
      })
  } else if (router) {
    const leg = nextLeg(tx, router)
    wireAdd(
      tx,
      { host: fresh[0].name, ifName: 'eth0', mac: pinned(spec, fresh[0].name, 'eth0') },
      { host: router, ifName: leg, mac: pinned(spec, router, leg) },
      { ...spec, cause },
    )
    addressAdd(tx, router, leg, gateway, lengthOf(cidr), cause)
  }
  for (const host of fresh) {
    if (!tx.get('link', linkId(host.name, 'eth0'))) continue
    addressAdd(tx, host.name, 'eth0', host.address, host.prefixLen, host.cause)
    must(
      routeReplace(tx, {
        netns: host.name,
        dst: 'default',
        via: host.gateway,
        dev: linkId(host.name, 'eth0'),
        ...owned(host.cause),
      }),
    )
  }
}

function addLeg(
  tx: Tx,
  spec: FabricSpec,
  router: string,
  sw: string,
  cidr: Cidr,
  gateway: OutsideSpec['gateway'],
): void {
  const ifName = nextLeg(tx, router)
  plugIn(tx, { host: router, ifName, mac: pinned(spec, router, ifName) }, sw, spec)
  addressAdd(tx, router, ifName, gateway, lengthOf(cidr))
}

function nextLeg(tx: Tx, router: string): string {
  return `eth${tx.by('link', 'netns', router).filter(({ kind }) => kind === 'ether').length}`
}

function pinned(spec: FabricSpec, host: string, ifName: string): Mac | undefined {
  return spec.macs[`${host}/${ifName}`]
}
