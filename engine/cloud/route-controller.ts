import { type ClusterConfig, clusterConfig } from '../api/cluster-config.ts'
import type { ObjectRow } from '../api/types.ts'
import type { Controller, ControllerCtx } from '../control/types.ts'
import { type CloudRoute, syncCloudRoutes } from '../fabric/cloud-routes.ts'
import type { Cidr, Ip } from '../net/address.ts'
import { parseCidr, parseIp } from '../net/ip.ts'
import { setNetworkCondition } from './network-condition.ts'

/** Networks that leave the way between nodes to the cloud. */
const ROUTED_BY_CLOUD = ['kubenet']
const KEY = 'routes'

/**
 * The cloud's route loop: one route per node, its podCIDR by its address, in the fabric's own table; then the node's network
 * is available. Models k8s.io/cloud-provider controllers/route/route_controller.go.
 */
export const routeController: Controller = {
  name: 'route-controller',
  watches: ['Node'],
  keysFor({ before, after }, ctx) {
    if (!routed(ctx)) return []
    return text(before) === text(after) ? [] : [KEY]
  },
  reconcile(_key, ctx) {
    if (!routed(ctx)) return
    const routes = ctx.api.list('Node').flatMap((node) => routeOf(ctx, node) ?? [])
    const missing = syncCloudRoutes(
      ctx.tx,
      ownerFor(ctx),
      routes.map(({ route }) => route),
    )
    for (const { node, route } of routes) {
      if (missing.includes(route))
        setNetworkCondition(ctx, node, 'True', 'NoRouteCreated', 'RouteController failed to create a route')
      else setNetworkCondition(ctx, node, 'False', 'RouteCreated', 'RouteController created a route')
    }
    ctx.note({
      actor: 'route-controller',
      text: `cloud routes: ${routes.map(({ route }) => `${route.dst} by ${route.via}`).join(', ') || 'none'}`,
    })
  },
}

/** Clusters share the fabric's table, each with routes of its own. */
function ownerFor(ctx: ControllerCtx): string {
  return clusterConfig(ctx.tx, ctx.cluster)?.first === false ? `route-controller/${ctx.cluster}` : 'route-controller'
}

function routed(ctx: ControllerCtx): boolean {
  const config = clusterConfig(ctx.tx, ctx.cluster)
  return config !== undefined && isRoutedByCloud(config)
}

/** Whether the way between a cluster's nodes is the cloud's. */
export function isRoutedByCloud({ networking }: ClusterConfig): boolean {
  return ROUTED_BY_CLOUD.includes(networking.cni.name)
}

function routeOf(ctx: ControllerCtx, row: ObjectRow): { node: string; route: CloudRoute } | undefined {
  const [dst, via] = [podCidr(row), address(row)]
  if (!dst || !via) return undefined
  const cluster = clusterConfig(ctx.tx, ctx.cluster)?.first === false ? { cluster: ctx.cluster } : {}
  return {
    node: row.name,
    route: { dst, via, cause: { kind: 'Node', name: row.name, field: 'spec.podCIDR', ...cluster } },
  }
}

function podCidr({ object }: ObjectRow): Cidr | undefined {
  return parseCidr(object.spec?.podCIDR ?? '')
}

function address({ object }: ObjectRow): Ip | undefined {
  const addresses: readonly { type: string; address: string }[] = object.status?.addresses ?? []
  return parseIp(addresses.find(({ type }) => type === 'InternalIP')?.address ?? '')
}

/** What of a Node this loop looks at. */
function text(row: ObjectRow | undefined): string {
  return row ? `${podCidr(row)} ${address(row)}` : ''
}
