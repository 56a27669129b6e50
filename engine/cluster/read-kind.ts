import type { ConfigDocument } from './complaints.ts'
import { DEFAULTS, KIND } from './defaults.ts'
import { complaintsFor, type Draft, nameNodes, sourceAt } from './draft.ts'
import { Fields } from './fields.ts'

/**
 * kind's own cluster document (kind.x-k8s.io/v1alpha4). Models pkg/apis/config/v1alpha4/types.go and default.go of kind:
 * one control-plane node unless the list says otherwise, names behind the cluster's name, its docker network.
 */
export function readKind(document: ConfigDocument): Draft {
  const complaints = complaintsFor(document)
  const fields = new Fields(document.object, '', complaints)
  const name = fields.text('name') ?? 'kind'
  const nodes = fields.list('nodes').map((node) => {
    const role = node.oneOf('role', ['control-plane', 'worker'] as const) ?? 'control-plane'
    const labels = node.map('labels')
    // Simplified: images, mounts, port mappings and kubeadm patches of kind nodes are not read because nodes are not containers here.
    node.done(['image', 'extraMounts', 'extraPortMappings', 'kubeadmConfigPatches', 'kubeadmConfigPatchesJSON6902'])
    return { role, path: node.path, ...(labels ? { labels } : {}) }
  })
  const net = fields.fields('networking')
  const family = net.oneOf('ipFamily', ['ipv4', 'ipv6', 'dual'] as const)
  if (family && family !== 'ipv4')
    complaints.error('not-modelled', net.at('ipFamily'), `clusters of family ${family} are not modelled yet`)
  const mode = net.oneOf('kubeProxyMode', ['iptables', 'nftables', 'ipvs', 'none'] as const)
  if (mode === 'nftables' || mode === 'ipvs') {
    complaints.warn(
      'not-modelled',
      net.at('kubeProxyMode'),
      `kube-proxy's ${mode} mode is not modelled yet; it runs in iptables mode`,
    )
  }
  const draft: Draft = {
    name,
    origin: { kind: 'Cluster.kind.x-k8s.io', name },
    ...sourceAt(document, ''),
    complaints,
    nodes: nameNodes(nodes.length > 0 ? nodes : [{ role: 'control-plane', path: 'nodes' }], `${name}-`),
    podSubnet: net.cidr('podSubnet'),
    serviceSubnet: net.cidr('serviceSubnet'),
    noDefaultCni: net.flag('disableDefaultCNI') ?? false,
    defaultCni: KIND.cni,
    kubeProxyMode: mode === 'none' ? 'none' : 'iptables',
    subnets: [KIND.subnet],
    hosts: DEFAULTS.hosts,
    firstNode: KIND.firstNode,
  }
  net.done(['apiServerAddress', 'apiServerPort', 'dnsSearch'])
  fields.done([
    'apiVersion',
    'kind',
    'metadata',
    'featureGates',
    'runtimeConfig',
    'containerdConfigPatches',
    'containerdConfigPatchesJSON6902',
    'kubeadmConfigPatches',
    'kubeadmConfigPatchesJSON6902',
  ])
  return draft
}
