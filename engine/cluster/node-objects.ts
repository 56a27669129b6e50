import type { KubeObject } from '../api/types.ts'
import type { Cidr, Ip } from '../net/address.ts'
import { readCidr, readIp } from '../net/range.ts'
import type { ConfigDocument } from './complaints.ts'
import type { DraftNode } from './draft.ts'

/** A Node object of the text as a node of the cluster. */
export function draftOfNode({ object, source }: ConfigDocument): DraftNode {
  const [address, ...otherAddresses] = addressesOf(object)
  const podCIDRs = podCidrsOf(object)
  const capacity = object.status?.capacity
  return {
    name: object.metadata.name,
    role: isControlPlane(object) ? 'control-plane' : 'worker',
    path: '',
    ...(address ? { address } : {}),
    ...(otherAddresses.length > 0 ? { otherAddresses } : {}),
    ...(podCIDRs.length > 0 ? { podCIDRs } : {}),
    ...(capacity?.cpu ? { cpu: String(capacity.cpu) } : {}),
    ...(capacity?.memory ? { memory: String(capacity.memory) } : {}),
    ...(object.metadata.labels?.['topology.kubernetes.io/zone']
      ? { zone: object.metadata.labels['topology.kubernetes.io/zone'] }
      : {}),
    given: object,
    ...(source ? { source } : {}),
  }
}

/** Node objects merge by name into a document's nodes, and replace the default ones where there is no document. */
export function mergeNodes(
  nodes: readonly DraftNode[],
  objects: readonly ConfigDocument[],
  described: boolean,
): DraftNode[] {
  const given = objects.map(draftOfNode)
  if (!described) return given.length > 0 ? given : [...nodes]
  const merged = nodes.map((node) => {
    const object = given.find(({ name }) => name === node.name)
    return object ? { ...object, ...present(node), given: object.given, source: object.source } : node
  })
  return [...merged, ...given.filter(({ name }) => !nodes.some((node) => node.name === name))]
}

function present(node: DraftNode): DraftNode {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined)) as unknown as DraftNode // only absent fields are left out
}

export function isControlPlane(object: KubeObject): boolean {
  const labels = object.metadata.labels ?? {}
  return 'node-role.kubernetes.io/control-plane' in labels || 'node-role.kubernetes.io/master' in labels
}

/** Its InternalIPs. An ExternalIP is no address of the machine: the cloud translates it. */
function addressesOf(object: KubeObject): Ip[] {
  const addresses: unknown = object.status?.addresses
  if (!Array.isArray(addresses)) return []
  const own = addresses.flatMap(({ type, address } = {}) => (type === 'InternalIP' ? (readIp(address) ?? []) : []))
  return [...new Set(own)]
}

function podCidrsOf(object: KubeObject): Cidr[] {
  const given: unknown[] = Array.isArray(object.spec?.podCIDRs) ? object.spec.podCIDRs : [object.spec?.podCIDR]
  return given.flatMap((text) => readCidr(text) ?? [])
}
