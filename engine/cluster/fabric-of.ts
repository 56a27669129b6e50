import { type ClusterConfig, type ClusterNode, clusterCause } from '../api/cluster-config.ts'
import type { FabricSpec } from '../fabric/spec.ts'
import type { Ip } from '../net/address.ts'
import { familyOf, inCidr, lengthOf } from '../net/range.ts'

const lengthFor = ({ underlay }: ClusterConfig, { subnet }: ClusterNode, address: Ip): number => {
  const home = underlay.subnets.find(({ name }) => name === subnet)
  const net = home && [home, ...(home.also ?? [])].find(({ cidr }) => inCidr(cidr, address))
  return net ? lengthOf(net.cidr) : familyOf(address) === 'ipv6' ? 64 : 24
}

/** The cables, routers and machines of a cluster, in the fabric's own words. */
export function clusterFabric(config: ClusterConfig): FabricSpec {
  const { underlay, pin } = config
  const lengths = new Map(underlay.subnets.map(({ name, cidr }) => [name, lengthOf(cidr)]))
  return {
    mtu: underlay.mtu,
    latencyUs: underlay.latencyUs,
    segments: underlay.subnets.map((subnet) => ({ ...subnet, cause: clusterCause(config, 'spec.underlay.subnets') })),
    routers: underlay.routers.map((router) => ({ ...router, cause: clusterCause(config, 'spec.underlay.routers') })),
    outside: underlay.hosts.map((host) => ({ ...host, cause: clusterCause(config, 'spec.underlay.hosts') })),
    nodes: config.nodes.map((node) => ({
      host: node.host,
      segment: node.subnet,
      address: node.address,
      prefixLen: lengths.get(node.subnet) ?? 24,
      others: (node.otherAddresses ?? []).map((address) => ({ address, prefixLen: lengthFor(config, node, address) })),
      cluster: config.name,
      cause: { kind: 'Node', name: node.name, ...(config.first ? {} : { cluster: config.name }) },
    })),
    macs: pin.macs,
  }
}
