import type { ClusterConfig, ClusterNode } from '../api/cluster-config.ts'
import type { KubeObject, ObjectRow } from '../api/types.ts'
import { listensOfPod } from '../apps/listens.ts'
import { startListeners } from '../apps/listeners.ts'
import { resolvConfFor } from '../apps/resolv-conf.ts'
import { attachGivenPod, GIVEN } from '../cni/given-pod.ts'
import { isRoutedByCloud, routeController } from '../cloud/route-controller.ts'
import { runs } from '../control/components.ts'
import type { Cause } from '../core/cause.ts'
import type { Ctx } from '../core/context.ts'
import { hash32 } from '../core/rng.ts'
import type { WorldReader } from '../core/world.ts'
import { type CloudRoute, syncCloudRoutes } from '../fabric/cloud-routes.ts'
import { removeFile, writeFile } from '../kernel/file.ts'
import { netnsDel, syncOwned } from '../kernel/netlink.ts'
import type { Cidr, Ip } from '../net/address.ts'
import { cidrContains, hostCidr, parseIp } from '../net/ip.ts'
import { providerOf } from '../providers/registry.ts'

interface Wanted {
  readonly pod: ObjectRow
  readonly node: ClusterNode
  readonly netns: string
  readonly ips: readonly Ip[]
  readonly cause: Cause
}

const RESOLV_CONF = '/etc/resolv.conf'

/**
 * With the kubelet stopped, Pods are taken as given: each with a `status.podIP` is attached to its node and listens as its
 * containers would. Where the network's own daemon is stopped too, nodes know the way to each other's given pods.
 * Level-triggered: call it after the objects changed.
 */
export function attachGivenPods(ctx: Ctx): void {
  const { tx } = ctx
  const wanted = new Map<string, Wanted>()
  const stopped = !runs(tx, 'kubelet')
  if (stopped) {
    for (const config of tx.rows('clusterConfig')) for (const pod of wantedOf(ctx, config)) wanted.set(pod.netns, pod)
  }
  for (const row of tx.rows('netns')) {
    if (row.owner !== GIVEN || wanted.has(row.id)) continue
    netnsDel(tx, row.id)
    removeFile(tx, row.id, RESOLV_CONF)
  }
  for (const pod of wanted.values()) if (!tx.get('netns', pod.netns)) attach(ctx, pod)
  if (stopped || tx.rows('route').some(({ owner }) => owner === WAYS)) connectNodes(ctx, [...wanted.values()])
}

/** Author of the routes to given pods of other nodes. */
const WAYS = 'given:network'

/**
 * Plain routes: a neighbour is the gateway to its own pods, as with host-gw; for pods behind a router the router knows it.
 * Simplified: no network is imitated, because whoever stops all daemons asks what is left without them.
 */
function connectNodes({ tx }: Ctx, pods: readonly Wanted[]): void {
  const routed: CloudRoute[] = []
  for (const config of tx.rows('clusterConfig')) {
    const unserved = !networkRuns(tx, config)
    const ways = unserved ? waysTo(pods.filter(({ pod }) => pod.cluster === config.name)) : []
    for (const node of config.nodes) {
      const near = ways.filter(({ to }) => to.subnet === node.subnet && to.name !== node.name)
      syncOwned(
        tx,
        WAYS,
        'route',
        node.host,
        near.map(({ dst, to, cause }) => ({ dst, via: to.address, cause })),
      )
    }
    const behind = ways.filter(({ to }) => config.nodes.some(({ subnet }) => subnet !== to.subnet))
    routed.push(...behind.map(({ dst, to, cause }) => ({ dst, via: to.address, cause })))
  }
  syncCloudRoutes(tx, WAYS, routed)
}

interface Way {
  readonly dst: Cidr
  readonly to: ClusterNode
  readonly cause: Cause
}

/** One route per node for its pod range, and one for each pod that lies outside it. */
function waysTo(pods: readonly Wanted[]): Way[] {
  const ways = new Map<string, Way>()
  for (const { node, ips, cause } of pods) {
    for (const ip of ips) {
      if (ip.includes(':')) continue
      const dst = node.podCIDRs?.find((cidr) => cidrContains(cidr, ip)) ?? hostCidr(ip)
      ways.set(`${node.name} ${dst}`, { dst, to: node, cause })
    }
  }
  return [...ways.values()]
}

/** Whether anybody runs who shows nodes the way to each other's pods. */
function networkRuns(tx: WorldReader, config: ClusterConfig): boolean {
  const daemons = isRoutedByCloud(config) ? [routeController] : (providerOf(config)?.agents ?? [])
  return daemons.some(({ name }) => runs(tx, name))
}

function wantedOf({ tx }: Ctx, config: ClusterConfig): Wanted[] {
  return tx.by('object', 'kind', `${config.name}|Pod`).flatMap((pod) => {
    const { spec, status, metadata } = pod.object
    const ips = ipsOf(pod.object)
    const node = nodeOf(config, spec?.nodeName, ips)
    const over = status?.phase === 'Succeeded' || status?.phase === 'Failed' || metadata.deletionTimestamp !== undefined
    if (ips.length === 0 || !node || over || spec?.hostNetwork) return []
    const cause: Cause = {
      kind: 'Pod',
      namespace: pod.namespace,
      name: pod.name,
      ...(config.first ? {} : { cluster: config.name }),
    }
    // What the attachment depends on is in its name: a pod that becomes another gets another one.
    const hash = hash32(0, JSON.stringify([pod.id, ips, spec.containers, spec.initContainers, metadata.annotations]))
      .toString(16)
      .padStart(8, '0')
    return [{ pod, node, netns: `${node.host}/given-${hash}`, ips, cause }]
  })
}

function attach(ctx: Ctx, { pod, node, netns, ips, cause }: Wanted): void {
  const config = ctx.tx.get('clusterConfig', pod.cluster)
  const { spec, metadata } = pod.object
  attachGivenPod(ctx.tx, { host: node.host, netns, ips, cause })
  const dns = {
    clusterDns: config ? [config.networking.dnsIp] : [],
    clusterDomain: config?.networking.dnsDomain ?? 'cluster.local',
  }
  writeFile(ctx.tx, netns, RESOLV_CONF, resolvConfFor(spec, pod.namespace, dns, ''), { owner: GIVEN, cause })
  for (const { container, ports } of listensOfPod(spec, metadata.annotations)) {
    if (ports.length === 0) continue
    const id = `${GIVEN}/${pod.id}/${container}`
    startListeners(ctx, {
      netns,
      id,
      name: `${pod.namespace}/${pod.name}`,
      cluster: pod.cluster,
      ports,
      owner: GIVEN,
      cause,
    })
  }
}

function ipsOf({ status }: KubeObject): readonly Ip[] {
  const given: readonly unknown[] = status?.podIPs?.map((entry: { ip?: unknown }) => entry?.ip) ?? [status?.podIP]
  return given.flatMap((text) => (typeof text === 'string' ? (parseIp(text) ?? []) : []))
}

/** The node it is bound to; else the one whose pod range has its address; else the first that takes ordinary pods. */
function nodeOf({ nodes }: ClusterConfig, name: string | undefined, [ip]: readonly Ip[]): ClusterNode | undefined {
  if (name) return nodes.find((node) => node.name === name)
  const covering = ip && nodes.find(({ podCIDRs }) => podCIDRs?.some((cidr) => cidrContains(cidr, ip)))
  return covering ?? nodes.find(({ role }) => role === 'worker') ?? nodes[0]
}
