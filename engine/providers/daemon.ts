import { clusterConfig, hostIdOf } from '../api/cluster-config.ts'
import type { ObjectRow } from '../api/types.ts'
import { runs } from '../control/components.ts'
import type { ControllerCtx, ObjectChange } from '../control/types.ts'
import { fibLookup } from '../kernel/fib/lookup.ts'
import type { LinkRow } from '../kernel/tables.ts'
import type { Cidr, Ip } from '../net/address.ts'
import { parseCidr } from '../net/ip.ts'

/** What the agents of all networks have in common: their host, their uplink, their Node, and whether they run at all. */

/** The host on which an agent of this network would work for a node; undefined if the cluster has another network. */
export function agentHost(ctx: ControllerCtx, provider: string, node: string): string | undefined {
  const config = clusterConfig(ctx.tx, ctx.cluster)
  if (config?.networking.cni.name !== provider) return undefined
  const host = hostIdOf(config, node)
  return ctx.tx.get('host', host)?.up ? host : undefined
}

/**
 * A node's daemon works while its pod runs there. Where no kubelet runs pods, or nobody makes them of DaemonSets, it works
 * by itself.
 */
export function daemonRuns(
  ctx: ControllerCtx,
  node: string,
  daemon: { readonly namespace: string; readonly name: string },
): boolean {
  if (!['kubelet', 'daemonset-controller', 'kube-scheduler'].every((name) => runs(ctx.tx, name))) return true
  return ctx.tx.by('object', 'node', `${ctx.cluster}|${node}`).some((pod) => isPodOf(pod, daemon) && isRunning(pod))
}

/** Nodes on which a daemon's pod began or ended to run. */
export function daemonNodes(
  { before, after }: ObjectChange,
  daemon: { readonly namespace: string; readonly name: string },
): readonly string[] {
  const pod = after ?? before
  if (!pod || !isPodOf(pod, daemon)) return []
  const node = pod.object.spec?.nodeName
  return node && (before ? isRunning(before) : false) !== (after ? isRunning(after) : false) ? [node] : []
}

function isPodOf(pod: ObjectRow, { namespace, name }: { readonly namespace: string; readonly name: string }): boolean {
  return (
    pod.kind === 'Pod' &&
    pod.namespace === namespace &&
    (pod.object.metadata.ownerReferences?.some((owner) => owner.kind === 'DaemonSet' && owner.name === name) ?? false)
  )
}

function isRunning({ object }: ObjectRow): boolean {
  return object.status?.phase === 'Running' && object.metadata.deletionTimestamp === undefined
}

/** The interface of the default route and its address. Models flannel's pkg/ipmatch LookupExtIface(). */
export function uplinkOf(
  ctx: ControllerCtx,
  host: string,
): { readonly link: LinkRow; readonly address: Ip } | undefined {
  const route = ctx.tx
    .by('route', 'netnsFamily', `${host}|ipv4`)
    .find(({ dst, table, type }) => dst === '0.0.0.0/0' && table === 254 && type === 'unicast')
  const link = ctx.tx.get('link', route?.nexthops[0]?.dev ?? '')
  const address =
    link && ctx.tx.by('addr', 'link', link.id).find(({ family, scope }) => family === 'ipv4' && scope === 'global')
  return link && address && { link, address: address.address }
}

/** Whether an address is a neighbour: its route has no gateway. Models flannel's pkg/ip DirectRouting(). */
export function isOnLink(ctx: ControllerCtx, host: string, address: Ip): boolean {
  const found = fibLookup(ctx.tx, { netns: host, dst: address })
  return found.kind === 'route' && found.route.type === 'unicast' && found.hop.via === undefined
}

/** The node's first IPv4 pod range. */
export function podCidrOf(node: ObjectRow): Cidr | undefined {
  const given: readonly string[] = node.object.spec?.podCIDRs ?? [node.object.spec?.podCIDR]
  for (const text of given) {
    const cidr = text && !text.includes(':') ? parseCidr(text) : undefined
    if (cidr) return cidr
  }
  return undefined
}

export function internalIpOf(node: ObjectRow): Ip | undefined {
  const addresses: readonly { readonly type: string; readonly address: Ip }[] = node.object.status?.addresses ?? []
  return addresses.find(({ type, address }) => type === 'InternalIP' && !address.includes(':'))?.address
}
