import { clusterConfig, hostIdOf } from '../api/cluster-config.ts'
import type { ObjectRow } from '../api/types.ts'
import type { Controller, ControllerCtx, ObjectChange, RowKey } from '../control/types.ts'
import type { Cidr, Family, Ip } from '../net/address.ts'
import { familyOf } from '../net/ip.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../core/world.ts'
import { syncChains } from '../kernel/netfilter/sync-chains.ts'
import type { NfChainRow } from '../kernel/tables.ts'
import { proxyConfig } from './config.ts'
import { compileRuleset, type ProxyInput } from './iptables/compile.ts'
import { syncHealthChecks } from './health-check.ts'
import { applySettings } from './kernel-settings.ts'
import { deleteStaleUdp } from './stale-conntrack.ts'

const OWNER = 'kube-proxy'
/** --iptables-min-sync-period. */
const MIN_SYNC_US = 1_000_000

/**
 * kube-proxy of every node, in iptables mode; key: the node's name. It turns Services and EndpointSlices, whoever made them,
 * into chains in the root netns of its host.
 */
export const kubeProxy: Controller = {
  name: 'kube-proxy',
  watches: ['Service', 'EndpointSlice', 'Node'],
  keysFor(change, ctx) {
    const row = change.after ?? change.before
    if (row?.kind === 'Node') return change.after && nodeMatters(change) ? [row.name] : []
    if (!proxyConfig(ctx.tx, ctx.cluster).runs || sameToProxy(change)) return []
    return ctx.api.list('Node').map(({ name }) => name)
  },
  watchesRows: ['nfChain'],
  keysForRow: ({ before, after }, ctx) =>
    before && !after && before.id.endsWith(CANARY) ? nodeOf(before as NfChainRow, ctx) : [],
  latencyUs: (costs) => costs.proxySyncUs,
  coalesceUs: MIN_SYNC_US,
  reconcile(key, ctx) {
    const node = ctx.api.get('Node', '', key)
    const host = hostOf(key, ctx)
    if (!node || host === undefined) return
    syncNode(node, host, ctx)
  },
}

/**
 * Somebody flushed the tables: the canary is gone, and everything is programmed anew.
 * Simplified: it is noticed at once instead of at the next look, half a minute later at most, since nobody wants to wait for it.
 */
const CANARY = '|KUBE-PROXY-CANARY'

function nodeOf({ netns }: NfChainRow, ctx: Ctx): readonly RowKey[] {
  const cluster = ctx.tx.get('host', netns)?.cluster
  if (cluster === undefined) return []
  const node = clusterConfig(ctx.tx, cluster)?.nodes.find(({ host }) => host === netns)
  return [{ cluster, key: node?.name ?? netns }]
}

function syncNode(node: ObjectRow, netns: string, ctx: ControllerCtx): void {
  const { tx } = ctx
  const config = proxyConfig(tx, ctx.cluster)
  if (!config.runs) return
  const services = ctx.api.list('Service')
  const { byService, endpoints } = slicesOf(ctx)
  applySettings(tx, netns, coresOf(node), config)
  for (const family of config.families) {
    const input: ProxyInput = {
      config,
      family,
      node: withOwnAddresses(tx, netns, nodeFacts(node, family), { config, family }),
      services,
      slices: byService,
      large: endpoints > LARGE,
    }
    const { chains, jumps } = compileRuleset(input)
    syncChains(tx, { netns, family, owner: OWNER }, chains, jumps)
    deleteStaleUdp(tx, { netns, family }, services, byService)
  }
  syncHealthChecks(ctx, { netns, node: node.name }, services, byService)
}

const LARGE = 1000
const SERVICE_NAME = 'kubernetes.io/service-name'

/** EndpointSlices by their Service, and how many endpoints there are; read once for all nodes. */
function slicesOf(ctx: ControllerCtx): { byService: ReadonlyMap<string, readonly ObjectRow[]>; endpoints: number } {
  return ctx.tx.memo('object', 'kind', `${ctx.cluster}|EndpointSlice`, 'by service', (rows) => {
    const byService = new Map<string, ObjectRow[]>()
    let endpoints = 0
    for (const row of rows) {
      const service = row.object.metadata.labels?.[SERVICE_NAME]
      if (!service) continue
      endpoints += (row.object.endpoints?.length ?? 0) * (row.object.ports?.length ?? 0)
      const key = `${row.namespace}/${service}`
      const list = byService.get(key)
      if (list) list.push(row)
      else byService.set(key, [row])
    }
    return { byService, endpoints }
  })
}

function nodeFacts(node: ObjectRow, family: Family): ProxyInput['node'] {
  const { metadata, spec = {}, status = {} } = node.object
  const ranges: readonly string[] = spec.podCIDRs ?? (spec.podCIDR ? [spec.podCIDR] : [])
  const podCIDR = ranges.find((range) => familyOf(range) === family)
  const addresses: readonly { type: string; address: string }[] = status.addresses ?? []
  const zone = metadata.labels?.['topology.kubernetes.io/zone']
  return {
    name: node.name,
    ...(zone ? { zone } : {}),
    ...(podCIDR ? { podCIDR: podCIDR as Cidr } : {}),
    addresses: addresses.flatMap(({ type, address }) =>
      type === 'InternalIP' && familyOf(address) === family ? [address as Ip] : [],
    ),
  }
}

/**
 * `--nodeport-addresses` are looked for on the node's own interfaces, after the address that it is known by.
 * Simplified: an address that comes later counts from the next sync on, because kube-proxy looks no earlier either.
 */
function withOwnAddresses(
  tx: Tx,
  netns: string,
  node: ProxyInput['node'],
  { config, family }: Pick<ProxyInput, 'config' | 'family'>,
): ProxyInput['node'] {
  if (config.flags.nodePortAddresses.length === 0) return node
  const own = tx.by('addr', 'netns', netns).filter((row) => row.family === family && row.scope === 'global')
  return { ...node, addresses: [...new Set([...node.addresses, ...own.map(({ address }) => address)])] }
}

/** Root netns of the machine under a Node; none for a Node object without one. */
function hostOf(name: string, ctx: ControllerCtx): string | undefined {
  const config = clusterConfig(ctx.tx, ctx.cluster)
  const host = config ? hostIdOf(config, name) : name
  return ctx.tx.get('host', host)?.up ? host : undefined
}

function coresOf(node: ObjectRow): number {
  return Math.floor(Number(node.object.status?.capacity?.cpu ?? 4)) || 4
}

/** What of a Node the rules depend on; its heartbeats are not news. */
function nodeMatters({ before, after }: ObjectChange): boolean {
  const facts = (row: ObjectRow | undefined) =>
    row && JSON.stringify([nodeFacts(row, 'ipv4'), nodeFacts(row, 'ipv6'), coresOf(row)])
  return facts(before) !== facts(after)
}

/** An update that leaves spec, status and labels alone. */
function sameToProxy({ before, after }: ObjectChange): boolean {
  if (!before || !after) return false
  const [a, b] = [before.object, after.object]
  const fields = before.kind === 'Service' ? ['spec', 'status'] : ['endpoints', 'ports', 'addressType']
  return fields.every((field) => a[field] === b[field]) && a.metadata.labels === b.metadata.labels
}
