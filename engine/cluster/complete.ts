import {
  type ClusterConfig,
  type ClusterNode,
  hostIdOf,
  type Underlay,
  type UnderlayNet,
} from '../api/cluster-config.ts'
import type { SourceRef } from '../api/types.ts'
import type { Cidr, Family, Ip } from '../net/address.ts'
import { baseOf, covers, familyOf, inCidr, lengthOf, networkOf, nthIp, overlap, rangeOf } from '../net/range.ts'
import { switchId } from '../fabric/spec.ts'
import { DEFAULTS, networking, oneRouter, TIME_COSTS } from './defaults.ts'
import type { Draft, DraftNode } from './draft.ts'

/** Fills in every default of a draft and checks that its ranges and addresses fit together. `taken`: addresses of other clusters. */
export function complete(draft: Draft, first: boolean, taken: Set<string>): ClusterConfig {
  const underlay = completeUnderlay(draft)
  const podSubnet = draft.podSubnet ?? givenPodSubnet(draft, underlay) ?? DEFAULTS.podSubnet
  const net = networking({
    podSubnet,
    podSubnet6: smallestRange(podRangesOf(draft, 'ipv6'), 48),
    serviceSubnet: draft.serviceSubnet ?? freeServiceSubnet([podSubnet, ...underlay.subnets.map(({ cidr }) => cidr)]),
    nodeCidrMaskSize: draft.nodeCidrMaskSize,
    dnsDomain: draft.dnsDomain,
    cni: draft.cni ?? (draft.noDefaultCni ? { name: 'none' } : draft.defaultCni),
    kubeProxyMode: draft.kubeProxyMode,
    kubeProxy: draft.kubeProxy,
  })
  const era = draft.era ?? 'today'
  const config: ClusterConfig = {
    id: draft.name,
    name: draft.name,
    first,
    ...(draft.origin ? { origin: draft.origin } : {}),
    ...(draft.source ? { source: draft.source } : {}),
    nodes: placeNodes(draft, underlay, first, taken),
    brought: [],
    networking: net,
    underlay,
    cloud: { provider: draft.cloud?.provider ?? 'none', loadBalancer: draft.cloud?.loadBalancer ?? 'none' },
    version: draft.version ?? DEFAULTS.version[era],
    era,
    pin: draft.pin ?? { pods: {}, macs: {} },
    timeCosts: { ...TIME_COSTS, ...draft.timeCosts },
  }
  checkRanges(config, draft)
  checkNodes(config, draft)
  return config
}

/**
 * Where nobody says the pod range but Nodes have theirs, it is the smallest range that holds them all: a /16 at least, or
 * what of it the networks of the nodes themselves leave.
 */
function givenPodSubnet(draft: Draft, underlay: Underlay): Cidr | undefined {
  const given = podRangesOf(draft, 'ipv4')
  if (given.every((cidr) => covers(DEFAULTS.podSubnet, cidr))) return undefined
  const tight = smallestRange(given, 32)
  if (!tight) return undefined
  const isFree = (candidate: Cidr) => underlay.subnets.every(({ cidr }) => !overlap(cidr, candidate))
  for (let length = 16; length < lengthOf(tight); length++) {
    const candidate = networkOf(baseOf(tight), length)
    if (isFree(candidate)) return candidate
  }
  return tight
}

function podRangesOf({ nodes }: Draft, family: Family): Cidr[] {
  return nodes.flatMap(({ podCIDRs }) => podCIDRs ?? []).filter((cidr) => familyOf(cidr) === family)
}

/** The smallest range that holds all of these, not smaller than a /`longest`. */
function smallestRange(ranges: readonly Cidr[], longest: number): Cidr | undefined {
  for (let length = longest; ranges.length > 0 && length > 0; length--) {
    const candidate = networkOf(baseOf(ranges[0]), length)
    if (ranges.every((cidr) => covers(candidate, cidr))) return candidate
  }
  return undefined
}

/** The usual range, unless what was given is in its way. */
function freeServiceSubnet(taken: readonly Cidr[]): Cidr | undefined {
  const candidates = [DEFAULTS.serviceSubnet, ...DEFAULTS.otherServiceSubnets]
  return candidates.find((candidate) => taken.every((cidr) => !overlap(cidr, candidate)))
}

function completeUnderlay(draft: Draft): Underlay {
  const taken = new Set(draft.nodes.flatMap(({ address, otherAddresses = [] }) => [address, ...otherAddresses]))
  const subnets = [...usedSubnets(draft, taken)]
  // A node given outside every subnet lives on a segment of its own, behind the default router.
  for (const { address, subnet } of draft.nodes) {
    if (!address || subnet || subnets.some(({ cidr }) => inCidr(cidr, address))) continue
    const net = netAround(address, taken)
    subnets.push({ name: net.cidr, ...net })
  }
  for (const { address, subnet, otherAddresses = [] } of draft.nodes) {
    const at = subnets.findIndex(({ name, cidr }) => (subnet ? name === subnet : address && inCidr(cidr, address)))
    for (const other of otherAddresses) {
      const home = subnets[at]
      if (!home || [home, ...(home.also ?? [])].some(({ cidr }) => inCidr(cidr, other))) continue
      subnets[at] = { ...home, also: [...(home.also ?? []), netAround(other, taken)] }
    }
  }
  const hosts = new Map(draft.hosts.map((host) => [host.name, host]))
  return {
    mtu: draft.mtu ?? DEFAULTS.mtu,
    latencyUs: draft.latencyUs ?? DEFAULTS.latencyUs,
    subnets,
    routers: draft.routers ?? [oneRouter(subnets)],
    hosts: [...hosts.values()],
  }
}

/** Without a description the default segment is there for nodes that live on it, or that have no address yet. */
function usedSubnets({ origin, nodes, subnets }: Draft, taken: ReadonlySet<string | undefined>): Underlay['subnets'] {
  if (origin || nodes.some(({ address }) => !address)) return subnets
  return subnets
    .filter(({ cidr }) => nodes.some(({ address }) => address && inCidr(cidr, address)))
    .map((subnet) => (taken.has(subnet.gateway) ? { ...subnet, gateway: gatewayOf(subnet.cidr, taken) } : subnet))
}

/** The network that an address is likely to lie in. */
function netAround(address: Ip, taken: ReadonlySet<string | undefined>): UnderlayNet {
  const cidr = networkOf(address, familyOf(address) === 'ipv6' ? 64 : 24)
  return { cidr, gateway: gatewayOf(cidr, taken) }
}

/** The first address that no node has. */
function gatewayOf(cidr: Cidr, taken: ReadonlySet<string | undefined>): Ip {
  const hosts = Array.from({ length: 254 }, (_, i) => nthIp(cidr, i + 1))
  return hosts.find((ip) => !taken.has(ip)) ?? hosts[0]
}

function placeNodes(draft: Draft, underlay: Underlay, first: boolean, taken: Set<string>): ClusterNode[] {
  for (const { address } of draft.nodes) if (address) taken.add(address)
  for (const { gateway } of underlay.subnets.flatMap((subnet) => [subnet, ...(subnet.also ?? [])])) taken.add(gateway)
  for (const { legs } of underlay.routers) for (const leg of legs) taken.add(leg.address)
  return draft.nodes.map((node) => {
    const subnet = subnetOf(node, underlay, draft)
    const address = node.address ?? freeAddress(subnet, draft.firstNode, taken)
    if (!address)
      draft.complaints.error(
        'subnet-full',
        node.path,
        `subnet ${subnet.name} (${subnet.cidr}) has no address left for node ${node.name}`,
      )
    taken.add(address ?? '')
    const { path: _path, ...fields } = node
    return {
      ...fields,
      ...nodeSource(node, draft),
      host: hostIdOf({ name: draft.name, first }, node.name),
      address: address ?? subnet.gateway,
      subnet: subnet.name,
      zone: node.zone ?? (node.given ? '' : DEFAULTS.node.zone),
      cpu: node.cpu ?? DEFAULTS.node.cpu,
      memory: node.memory ?? DEFAULTS.node.memory,
    }
  })
}

/** A Node that only the Cluster document speaks of leads to its entry there, its pod range to the cluster's if it has none. */
function nodeSource({ source, path, podCIDRs }: DraftNode, draft: Draft): { source?: SourceRef } {
  if (source) return { source }
  if (!draft.source) return {}
  const base = draft.source.maps[0].path
  const below = (field: string) => (base ? `${base}.${field}` : field)
  const podCidr = podCIDRs ? `${path}.podCIDR` : below('networking.podSubnet')
  return {
    source: {
      ...draft.source,
      maps: [
        { at: '', path },
        { at: 'spec.podCIDR', path: podCidr },
        { at: 'spec.podCIDRs', path: podCidr },
      ],
    },
  }
}

function subnetOf(node: DraftNode, underlay: Underlay, draft: Draft): Underlay['subnets'][number] {
  const named = underlay.subnets.find(({ name }) => name === node.subnet)
  if (node.subnet && !named) {
    draft.complaints.error(
      'unknown-subnet',
      `${node.path}.subnet`,
      `there is no subnet "${node.subnet}" in spec.underlay.subnets`,
      `Subnets: ${underlay.subnets.map(({ name }) => name).join(', ')}.`,
    )
  }
  return named ?? underlay.subnets.find(({ cidr }) => node.address && inCidr(cidr, node.address)) ?? underlay.subnets[0]
}

function freeAddress(subnet: { cidr: string }, from: number, taken: ReadonlySet<string>): Ip | undefined {
  const { size } = rangeOf(subnet.cidr)
  for (let n = from; BigInt(n) < size - 1n; n++) {
    const ip = nthIp(subnet.cidr, n)
    if (!taken.has(ip)) return ip
  }
  return undefined
}

function checkRanges({ networking: net, underlay, nodes }: ClusterConfig, draft: Draft): void {
  const { complaints } = draft
  // What Node objects bring with them is how things are: it may be odd, but it is no mistake of a description.
  const complain = draft.origin ? complaints.error.bind(complaints) : complaints.warn.bind(complaints)
  const ranges: { name: string; path: string; cidr: string }[] = [
    { name: 'the pod range', path: 'spec.networking.podSubnet', cidr: net.podSubnet },
    { name: 'the service range', path: 'spec.networking.serviceSubnet', cidr: net.serviceSubnet },
    ...underlay.subnets.map(({ name, cidr }, i) => ({
      name: `subnet ${name}`,
      path: `spec.underlay.subnets[${i}].cidr`,
      cidr,
    })),
  ]
  for (const { name, path, cidr } of ranges.slice(0, 2)) {
    if (cidr.includes(':'))
      complaints.error(
        'not-modelled',
        path,
        `${name} is ${cidr}: a range of IPv4 comes first, IPv6 alone is not modelled yet`,
      )
  }
  ranges.forEach((a, i) => {
    for (const b of ranges.slice(0, i)) {
      if (overlap(a.cidr, b.cidr))
        complain(
          'overlapping-ranges',
          a.path,
          `${a.name} ${a.cidr} overlaps ${b.name} ${b.cidr}`,
          'Addresses in both would have two meanings; choose ranges apart from each other.',
        )
    }
  })
  const pods = rangeOf(net.podSubnet)
  const room = net.nodeCidrMaskSize < pods.prefixLen ? 0n : 1n << BigInt(net.nodeCidrMaskSize - pods.prefixLen)
  const needed = BigInt(nodes.filter(({ podCIDRs }) => !podCIDRs).length)
  if (room < needed) {
    complaints.error(
      'pod-range-too-small',
      'spec.networking.podSubnet',
      `the pod range ${net.podSubnet} holds ${room} ranges of /${net.nodeCidrMaskSize}, too few for ${needed} nodes`,
    )
  }
  if (rangeOf(net.serviceSubnet).size < 16n)
    complaints.error(
      'service-range-too-small',
      'spec.networking.serviceSubnet',
      `the service range ${net.serviceSubnet} is too small: kube-dns takes its tenth address`,
    )
  nodes.forEach(({ name, podCIDRs }) => {
    for (const cidr of podCIDRs ?? []) {
      if (!cidr.includes(':') && !covers(net.podSubnet, cidr))
        complaints.warn(
          'pod-range-outside',
          'spec.networking.podSubnet',
          `node ${name} has pod range ${cidr}, which lies outside the cluster's ${net.podSubnet}`,
        )
    }
  })
}

function checkNodes({ nodes, underlay }: ClusterConfig, { complaints, nodes: drafts, origin }: Draft): void {
  const machines = new Map<string, string>([
    ...underlay.subnets.map(({ name }) => [switchId(name), 'switch'] as const),
    ...underlay.routers.map(({ name }) => [name, 'router'] as const),
    ...underlay.hosts.map(({ name }) => [name, 'outside host'] as const),
  ])
  const names = new Set<string>()
  const addresses = new Map<string, string>()
  nodes.forEach((node, i) => {
    const path = drafts[i].path
    if (names.has(node.name)) complaints.error('duplicate-node', path, `there are two nodes called ${node.name}`)
    const machine = machines.get(node.host)
    if (machine)
      complaints.error('duplicate-node', path, `node ${node.name} is called like a ${machine} of the underlay`)
    const other = addresses.get(node.address)
    if (other)
      complaints.error(
        'duplicate-address',
        `${path}.address`,
        `nodes ${other} and ${node.name} both have address ${node.address}`,
      )
    const subnet = underlay.subnets.find(({ name }) => name === node.subnet)
    if (subnet && !inCidr(subnet.cidr, node.address))
      complaints.error(
        'address-outside',
        `${path}.address`,
        `address ${node.address} of node ${node.name} is not in its subnet ${subnet.name} (${subnet.cidr})`,
      )
    if (subnet?.gateway === node.address)
      complaints.error(
        'duplicate-address',
        `${path}.address`,
        `address ${node.address} of node ${node.name} is the gateway of subnet ${subnet.name}`,
      )
    names.add(node.name)
    addresses.set(node.address, node.name)
  })
  // Sorted by where they begin, ranges that overlap are neighbours.
  const ranges = nodes.flatMap(({ name, podCIDRs }) =>
    (podCIDRs ?? []).map((cidr) => ({ name, cidr, ...rangeOf(cidr) })),
  )
  ranges.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.prefixLen - b.prefixLen))
  ranges.forEach((b, i) => {
    const a = ranges[i - 1]
    if (a && overlap(a.cidr, b.cidr))
      (origin ? complaints.error : complaints.warn).call(
        complaints,
        'overlapping-ranges',
        drafts.find(({ name }) => name === b.name)?.path ?? '',
        `pod range ${b.cidr} of node ${b.name} overlaps ${a.cidr} of node ${a.name}`,
      )
  })
}
