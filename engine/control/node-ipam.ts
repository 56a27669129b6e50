import { clusterConfig } from '../api/cluster-config.ts'
import type { ObjectRow } from '../api/types.ts'
import type { Cidr } from '../net/address.ts'
import { familyOf, inCidr, lengthOf, networkOf, nthIp, overlap } from '../net/range.ts'
import type { Controller, ReconcileResult } from './types.ts'

/**
 * Gives every Node without one a pod range out of the cluster's. One key, so that ranges are given out
 * in the order in which the cluster's configuration lists its nodes. Models pkg/controller/nodeipam/ipam/range_allocator.go.
 */
export const nodeIpamController: Controller = {
  name: 'node-ipam-controller',
  watches: ['Node'],
  keysFor({ before, after }) {
    return !after || (before && before.object.spec === after.object.spec) ? [] : ['nodes']
  },
  reconcile(_key, ctx) {
    const config = clusterConfig(ctx.tx, ctx.cluster)
    if (!config) return
    const { networking } = config
    const places = new Map(config.nodes.map((node, place) => [node.name, place]))
    const placeOf = (node: ObjectRow) => places.get(node.name) ?? places.size
    const nodes = ctx.api.list('Node')
    const taken = nodes.flatMap(cidrsOf)
    const waiting = nodes.filter((node) => cidrsOf(node).length === 0).sort((a, b) => placeOf(a) - placeOf(b))
    let result: ReconcileResult | undefined
    for (const node of waiting) {
      const podCIDRs = networking.podSubnets.map((subnet) =>
        freeRange(subnet, maskSize(subnet, networking.nodeCidrMaskSize), taken),
      )
      if (podCIDRs.some((cidr) => cidr === undefined)) {
        ctx.event(node, 'Normal', 'CIDRNotAvailable', `Node ${node.name} status is now: CIDRNotAvailable`)
        continue
      }
      const given = podCIDRs as Cidr[] // none is absent
      taken.push(...given)
      const patched = ctx.api.patch('Node', '', node.name, { spec: { podCIDR: given[0], podCIDRs: given } })
      if (!patched.ok) result = { error: patched.error }
      else
        ctx.note({
          actor: 'node-ipam-controller',
          text: `gave ${node.name} ${given.join(', ')}`,
          object: `Node//${node.name}`,
          node: node.name,
        })
    }
    return result
  },
}

function cidrsOf(node: ObjectRow): string[] {
  const { podCIDR, podCIDRs } = node.object.spec ?? {}
  return podCIDRs?.length ? [...podCIDRs] : podCIDR ? [podCIDR] : []
}

/** --node-cidr-mask-size: 24 for IPv4 unless the cluster says otherwise, 64 for IPv6. */
function maskSize(subnet: Cidr, configured: number): number {
  if (familyOf(subnet) === 'ipv6') return 64
  return Math.max(lengthOf(subnet), configured)
}

/** The first aligned range of that size that overlaps none of the taken ones. */
function freeRange(subnet: Cidr, size: number, taken: readonly string[]): Cidr | undefined {
  const step = 1n << BigInt((familyOf(subnet) === 'ipv6' ? 128 : 32) - size)
  const mine = taken.filter((cidr) => familyOf(cidr as Cidr) === familyOf(subnet))
  for (let n = 0n; n <= BigInt(mine.length) + 65_536n; n++) {
    const base = nthIp(subnet, n * step)
    if (!inCidr(subnet, base)) return undefined
    const cidr = networkOf(base, size)
    if (!mine.some((other) => overlap(cidr, other))) return cidr
  }
  return undefined
}
