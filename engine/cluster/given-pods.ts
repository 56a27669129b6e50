import type { ClusterConfig, ClusterNode } from '../api/cluster-config.ts'
import type { KubeObject, ObjectRow } from '../api/types.ts'
import { listensOfPod } from '../apps/listens.ts'
import { startListeners, stopListeners } from '../apps/listeners.ts'
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
import { cidrContains, familyOf, hostCidr, parseIp } from '../net/ip.ts'
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
  syncHostPods(ctx, stopped)
  for (const row of tx.rows('netns')) {
    if (row.owner !== GIVEN || wanted.has(row.id)) continue
    netnsDel(tx, row.id)
    removeFile(tx, row.id, RESOLV_CONF)
  }
  for (const pod of wanted.values()) if (!tx.get('netns', pod.netns)) attach(ctx, pod)
  if (stopped || tx.rows('route').some(({ owner }) => owner === WAYS)) connectNodes(ctx, [...wanted.values()])
}

/** Pods of the hosts' network need no attachment: their containers listen in the host's own netns. */
function syncHostPods(ctx: Ctx, stopped: boolean): void {
  const { tx } = ctx
  const wanted = new Map<string, { readonly pod: ObjectRow; readonly node: ClusterNode }>()
  for (const config of stopped ? tx.rows('clusterConfig') : [])
    for (const pod of tx.by('object', 'kind', `${config.name}|Pod`)) {
      const { spec, metadata } = pod.object
      const node = nodeOf(config, spec?.nodeName, [])
      if (!node || !spec?.hostNetwork || !spec.nodeName || isOver(pod.object) || ipsOf(pod.object).length === 0)
        continue
      wanted.set(`${GIVEN_HOST}/${pod.id}/${textHash([spec.containers, metadata.annotations])}`, { pod, node })
    }
  for (const { id } of tx.rows('app').filter(({ owner }) => owner === GIVEN_HOST))
    if (!wanted.has(id.slice(0, id.lastIndexOf('/')))) stopListeners(ctx, id.replace(/#[^#]*$/, ''))
  for (const [id, { pod, node }] of wanted) {
    const cause = causeOf(pod, tx.get('clusterConfig', pod.cluster))
    listenAsContainers(ctx, pod, { netns: node.host, id, owner: GIVEN_HOST, cause })
  }
}

const GIVEN_HOST = 'given:host'

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
        near.flatMap(({ dst, to, cause }) => {
          const via = addressFor(to, dst)
          return via ? [{ dst, via, cause }] : []
        }),
      )
    }
    const behind = ways.filter(({ to }) => config.nodes.some(({ subnet }) => subnet !== to.subnet))
    for (const { dst, to, cause } of behind) {
      const via = addressFor(to, dst)
      if (via) routed.push({ dst, via, cause })
    }
  }
  syncCloudRoutes(tx, WAYS, routed)
}

/** The node's address of the family that the destination has. */
function addressFor({ address, otherAddresses = [] }: ClusterNode, dst: Cidr): Ip | undefined {
  return [address, ...otherAddresses].find((ip) => familyOf(ip) === familyOf(dst))
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
    const { spec, metadata } = pod.object
    const ips = ipsOf(pod.object)
    const node = nodeOf(config, spec?.nodeName, ips)
    if (ips.length === 0 || !node || isOver(pod.object) || spec?.hostNetwork) return []
    // What the attachment depends on is in its name: a pod that becomes another gets another one.
    const hash = textHash([pod.id, ips, spec.containers, spec.initContainers, metadata.annotations])
    return [{ pod, node, netns: `${node.host}/given-${hash}`, ips, cause: causeOf(pod, config) }]
  })
}

const textHash = (what: unknown) => hash32(0, JSON.stringify(what)).toString(16).padStart(8, '0')

const isOver = ({ status, metadata }: KubeObject) =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed' || metadata.deletionTimestamp !== undefined

const causeOf = (pod: ObjectRow, config: ClusterConfig | undefined): Cause => ({
  kind: 'Pod',
  namespace: pod.namespace,
  name: pod.name,
  ...(config?.first ? {} : { cluster: pod.cluster }),
})

function attach(ctx: Ctx, { pod, node, netns, ips, cause }: Wanted): void {
  const config = ctx.tx.get('clusterConfig', pod.cluster)
  const { spec } = pod.object
  attachGivenPod(ctx.tx, { host: node.host, netns, ips, cause })
  const dns = {
    clusterDns: config ? [config.networking.dnsIp] : [],
    clusterDomain: config?.networking.dnsDomain ?? 'cluster.local',
  }
  writeFile(ctx.tx, netns, RESOLV_CONF, resolvConfFor(spec, pod.namespace, dns, ''), { owner: GIVEN, cause })
  listenAsContainers(ctx, pod, { netns, id: `${GIVEN}/${pod.id}`, owner: GIVEN, cause })
}

/** Starts what does not listen yet. */
function listenAsContainers(
  ctx: Ctx,
  pod: ObjectRow,
  at: { readonly netns: string; readonly id: string; readonly owner: string; readonly cause: Cause },
): void {
  const { spec, metadata } = pod.object
  const running = new Set(ctx.tx.by('app', 'netns', at.netns).map(({ id }) => id.replace(/#[^#]*$/, '')))
  for (const { container, ports } of listensOfPod(spec, metadata.annotations)) {
    const id = `${at.id}/${container}`
    if (ports.length === 0 || running.has(id)) continue
    startListeners(ctx, { ...at, id, name: `${pod.namespace}/${pod.name}`, cluster: pod.cluster, ports })
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
