import type { ClusterConfig, ClusterNode } from '../api/cluster-config.ts'
import type { KubeObject } from '../api/types.ts'
import { object } from './object-helpers.ts'

/**
 * A Node as its kubelet registers it and the installer marks it, merged with what the text says of it (the text wins).
 * Models pkg/kubelet/kubelet_node_status.go initialNode() and kubeadm's mark-control-plane phase.
 */
export function nodeObject(config: ClusterConfig, node: ClusterNode): KubeObject {
  const { given } = node
  const taints = given?.spec?.taints ?? node.taints ?? defaultTaints(config, node)
  const podCIDRs = node.podCIDRs
  return object('v1', 'Node', node.name, undefined, {
    metadata: {
      ...given?.metadata,
      labels: { ...defaultLabels(config, node), ...node.labels, ...given?.metadata.labels },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0', ...given?.metadata.annotations },
    },
    spec: {
      ...given?.spec,
      ...(podCIDRs?.length ? { podCIDR: podCIDRs[0], podCIDRs } : {}),
      ...(taints.length > 0 ? { taints } : {}),
    },
    status: nodeStatus(config, node),
  })
}

function defaultLabels(config: ClusterConfig, node: ClusterNode): Record<string, string> {
  const role = config.era === '2021' ? 'master' : 'control-plane'
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': 'linux',
    ...(node.role === 'control-plane'
      ? { [`node-role.kubernetes.io/${role}`]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' }
      : {}),
    ...(node.zone ? { 'topology.kubernetes.io/zone': node.zone } : {}),
  }
}

/** A control plane that is alone takes ordinary pods too. */
function defaultTaints(config: ClusterConfig, node: ClusterNode): readonly { key: string; effect: string }[] {
  if (node.role !== 'control-plane' || config.nodes.length === 1) return []
  return [
    { key: `node-role.kubernetes.io/${config.era === '2021' ? 'master' : 'control-plane'}`, effect: 'NoSchedule' },
  ]
}

function nodeStatus(config: ClusterConfig, node: ClusterNode): Record<string, unknown> {
  const given = node.given?.status ?? {}
  const resources = { cpu: node.cpu, memory: node.memory, pods: '110', 'ephemeral-storage': '100Gi' }
  return {
    ...given,
    addresses: given.addresses ?? [
      ...[node.address, ...(node.otherAddresses ?? [])].map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: node.name },
    ],
    capacity: { ...resources, ...given.capacity },
    allocatable: { ...resources, ...given.allocatable },
    nodeInfo: {
      architecture: 'amd64',
      operatingSystem: 'linux',
      osImage: 'Debian GNU/Linux 13 (trixie)',
      kernelVersion: config.era === '2021' ? '5.4.0' : '6.12.0',
      containerRuntimeVersion: config.era === '2021' ? 'docker://20.10.2' : 'containerd://2.2.0',
      kubeletVersion: `v${config.version}`,
      kubeProxyVersion: config.era === '2021' ? `v${config.version}` : '',
      ...given.nodeInfo,
    },
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  }
}
