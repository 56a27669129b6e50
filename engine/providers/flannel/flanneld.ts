import { clusterConfig, hostIdOf } from '../../api/cluster-config.ts'
import type { Change } from '../../core/change.ts'
import type { Ctx } from '../../core/context.ts'
import { ensureRule, fillChain } from '../../cni/chains.ts'
import { setNetworkCondition } from '../../cloud/network-condition.ts'
import { find } from '../../control/findings.ts'
import type { Controller, ControllerCtx, RowKey } from '../../control/types.ts'
import { readFile, writeFile } from '../../kernel/file.ts'
import { TableEdit } from '../../kernel/netfilter/table-edit.ts'
import type { LinkRow, NfChainRow, RouteRow } from '../../kernel/tables.ts'
import { lengthOf, nthAddress } from '../../net/ip.ts'
import { covers } from '../../net/range.ts'
import { agentHost, daemonNodes, daemonRuns, podCidrOf, uplinkOf } from '../daemon.ts'
import { type Backend, FLANNELD, type RefusedRoute, type Site } from './backend.ts'
import { hostGw } from './host-gw.ts'
import { flannelChains } from './iptables.ts'
import { leaseOf, sameLease } from './lease.ts'
import { CONFIG_MAP, DAEMON_SET, NAMESPACE } from './manifests.ts'
import { parseNetConf } from './net-conf.ts'
import { vxlan } from './vxlan.ts'

const BACKENDS: Readonly<Record<string, Backend>> = { vxlan, 'host-gw': hostGw }
const CONF_FILE = '/etc/cni/net.d/10-flannel.conflist'
const SUBNET_FILE = '/run/flannel/subnet.env'
/** `--iptables-resync` and RouteNetwork's routeCheckRetries: how often each is looked after. */
const RESYNC_US = { iptables: 5_000_000, routes: 10_000_000 } as const

/**
 * flannel's daemon on every node: turns the Nodes' podCIDRs into this node's device, routes, neighbours, fdb and rules.
 * Keys: `node`; `node/iptables` and `node/routes` for its own regular looks at what somebody may have deleted.
 * Models flannel main.go, pkg/subnet/kube/kube.go.
 * Simplified: it follows its ConfigMap while it runs; a real one reads it when it starts.
 */
export const flanneld: Controller = {
  name: 'flanneld',
  watches: ['Node', 'ConfigMap', 'Pod'],
  coalesceUs: 20_000,
  keysFor(change, ctx) {
    const row = change.after ?? change.before
    if (row?.kind === 'Pod') return daemonNodes(change, { namespace: NAMESPACE, name: DAEMON_SET })
    if (clusterConfig(ctx.tx, ctx.cluster)?.networking.cni.name !== 'flannel') return []
    if (row?.kind === 'ConfigMap' && (row.name !== CONFIG_MAP || row.namespace !== NAMESPACE)) return []
    if (row?.kind === 'Node' && sameLease(change.before, change.after)) return []
    return ctx.api.list('Node').map(({ name }) => name)
  },

  watchesRows: ['link', 'nfChain', 'route'],
  keysForRow: missed,

  reconcile(key, ctx) {
    const [name, part] = key.split('/') as [string, keyof typeof RESYNC_US | undefined]
    const host = agentHost(ctx, 'flannel', name)
    if (host === undefined || !daemonRuns(ctx, name, { namespace: NAMESPACE, name: DAEMON_SET })) return
    if (part) {
      const early = ctx.clock.now % RESYNC_US[part]
      if (early > 0) return { requeueAfterUs: RESYNC_US[part] - early, background: true }
    }
    installConf(ctx, host)
    const site = siteOf(ctx, name, host)
    if (typeof site === 'string') return fail(ctx, name, site)
    const backend = BACKENDS[site.conf.backend]
    if (part === 'iptables') return writeRules(ctx, site)
    if (part === 'routes') return reach(ctx, site, backend)
    for (const other of Object.values(BACKENDS)) if (other !== backend) other.withdraw(ctx, site)
    annotate(ctx, site, backend.register(ctx, site))
    writeRules(ctx, site)
    writeSubnetFile(ctx, site, backend.mtu(site))
    reach(ctx, site, backend)
    setNetworkCondition(ctx, name, 'False', 'FlannelIsUp', 'Flannel is running on this node')
  },
}

/** The way to every other node that speaks the same backend. */
function reach(ctx: ControllerCtx, site: Site, backend: Backend): void {
  const leases = ctx.api.list('Node').flatMap((row) => (row.name === site.node.name ? [] : (leaseOf(row) ?? [])))
  const refused = backend.connect(
    ctx,
    site,
    leases.filter((lease) => lease.backend === site.conf.backend),
  )
  reportRefused(ctx, site, refused)
}

/** The init container's part: the network configuration, as the ConfigMap has it. */
function installConf(ctx: ControllerCtx, host: string): void {
  const text: unknown = configMap(ctx)?.object.data?.['cni-conf.json']
  if (typeof text !== 'string') return
  writeFile(ctx.tx, host, CONF_FILE, text, {
    owner: FLANNELD,
    cause: { ...configCause(ctx), field: 'data["cni-conf.json"]' },
  })
}

/** What flanneld knows before it begins, or in its own words why it cannot. */
function siteOf(ctx: ControllerCtx, name: string, host: string): Site | string {
  const text: unknown = configMap(ctx)?.object.data?.['net-conf.json']
  if (typeof text !== 'string')
    return 'failed to read net conf: open /etc/kube-flannel/net-conf.json: no such file or directory'
  const conf = parseNetConf(text)
  if (!conf.ok) return conf.error
  const node = ctx.api.get('Node', '', name)
  if (!node) return `nodes "${name}" not found`
  const uplink = uplinkOf(ctx, host)
  if (!uplink)
    return 'Failed to find any valid interface to use: failed to get default interface: unable to find default route'
  const subnet = podCidrOf(node)
  if (!subnet) return `Error registering network: failed to acquire lease: node "${name}" pod cidr not assigned`
  if (!covers(conf.value.network, subnet)) {
    return `Error registering network: failed to acquire lease: subnet "${conf.value.network}" specified in the flannel net config doesn't contain "${subnet}" PodCIDR of the "${name}" node`
  }
  const config = clusterConfig(ctx.tx, ctx.cluster)
  return {
    host,
    node,
    subnet,
    conf: conf.value,
    uplink,
    cause: { ...configCause(ctx), field: 'data["net-conf.json"]' },
    clusterField: clusterField(ctx),
    pinnedMac: (ifName) => config?.pin.macs[`${host}/${ifName}`],
  }
}

function configMap(ctx: ControllerCtx) {
  return ctx.api.get('ConfigMap', NAMESPACE, CONFIG_MAP)
}

function configCause(ctx: ControllerCtx) {
  return { kind: 'ConfigMap', namespace: NAMESPACE, name: CONFIG_MAP, ...clusterField(ctx) }
}

function clusterField(ctx: ControllerCtx): { cluster?: string } {
  return clusterConfig(ctx.tx, ctx.cluster)?.first === false ? { cluster: ctx.cluster } : {}
}

function annotate(ctx: ControllerCtx, { node }: Site, annotations: Record<string, string>): void {
  const has = node.object.metadata.annotations ?? {}
  if (Object.entries(annotations).every(([key, value]) => has[key] === value)) return
  ctx.api.patch('Node', '', node.name, { metadata: { annotations } })
}

/** The /run/flannel/subnet.env that the CNI plugin waits for. Models pkg/subnet/subnet.go WriteSubnetFile(). */
function writeSubnetFile(ctx: ControllerCtx, site: Site, mtu: number): void {
  const { host, node, subnet, conf } = site
  const first = `${nthAddress(subnet, 1)}/${lengthOf(subnet)}`
  const text = `FLANNEL_NETWORK=${conf.network}\nFLANNEL_SUBNET=${first}\nFLANNEL_MTU=${mtu}\nFLANNEL_IPMASQ=true\n`
  if (readFile(ctx.tx, host, SUBNET_FILE) !== text)
    ctx.note({
      actor: FLANNELD,
      node: node.name,
      object: `Node//${node.name}`,
      text: `${node.name}: ${subnet} by ${conf.backend}, MTU ${mtu}`,
    })
  writeFile(ctx.tx, host, SUBNET_FILE, text, {
    owner: FLANNELD,
    cause: { kind: 'Node', name: node.name, field: 'spec.podCIDR', ...site.clusterField },
  })
}

function writeRules(ctx: ControllerCtx, { host, conf, subnet, cause }: Site): void {
  for (const chain of flannelChains(conf.network, subnet, cause)) {
    const edit = new TableEdit(ctx.tx, { netns: host, family: 'ipv4', table: chain.table })
    fillChain(edit, chain.name, chain.rules)
    ensureRule(edit, chain.from.chain, chain.from.rule)
    edit.commit(FLANNELD)
  }
}

/** What flanneld would log before it exits, to be started again: told once. */
function fail(ctx: ControllerCtx, node: string, message: string): void {
  ctx.note({ actor: FLANNELD, node, object: `Node//${node}`, text: message })
  if (message.includes('pod cidr not assigned')) return // waits for the node IPAM
  find(ctx.tx, `flanneld/${ctx.cluster}/${node}/${message}`, {
    severity: 'warning',
    code: 'flanneld',
    message: `flanneld on ${node}: ${message}`,
    object: `Node//${node}`,
  })
}

function reportRefused(ctx: ControllerCtx, { node, conf }: Site, refused: readonly RefusedRoute[]): void {
  for (const { dst, via, error } of refused) {
    const message = `Error adding route to ${dst} via ${via}: ${error.message}`
    ctx.note({ actor: FLANNELD, node: node.name, text: message })
    find(ctx.tx, `flanneld/${ctx.cluster}/${node.name}/${dst}`, {
      severity: 'warning',
      code: 'flannel-route-refused',
      message: `flanneld on ${node.name}: ${message}`,
      object: `Node//${node.name}`,
      hint:
        conf.backend === 'host-gw'
          ? 'host-gw needs every node on one L2 segment: the next hop must be a neighbour. vxlan does not.'
          : undefined,
    })
  }
}

/**
 * Rows that flanneld notices itself: its device at once, its rules and (host-gw) its routes on its next look.
 * Entries of the neighbour table and the fdb it does not look after: what is deleted there stays deleted.
 */
function missed(change: Change, ctx: Ctx): readonly RowKey[] {
  if (!change.before) return []
  switch (change.table) {
    case 'link': {
      const link = change.before as LinkRow
      return change.after || link.kind !== 'vxlan' || link.owner !== FLANNELD ? [] : keysOn(ctx, link.netns)
    }
    case 'nfChain': {
      const before = change.before as NfChainRow
      const after = change.after as NfChainRow | undefined
      return touchesFlannel(before) && before.rules !== after?.rules ? keysOn(ctx, before.netns, 'iptables') : []
    }
    default: {
      const route = change.before as RouteRow
      const gateway = route.owner === FLANNELD && !change.after && !route.nexthops[0]?.onlink
      return gateway ? keysOn(ctx, route.netns, 'routes') : []
    }
  }
}

function touchesFlannel({ name, rules }: NfChainRow): boolean {
  if (name === 'FLANNEL-POSTRTG' || name === 'FLANNEL-FWD') return true
  if (name !== 'POSTROUTING' && name !== 'FORWARD') return false
  return rules.some(({ owner }) => owner === FLANNELD)
}

function keysOn(ctx: Ctx, host: string, part?: keyof typeof RESYNC_US): readonly RowKey[] {
  const cluster = ctx.tx.get('host', host)?.cluster
  const config = cluster === undefined ? undefined : clusterConfig(ctx.tx, cluster)
  const node =
    config?.networking.cni.name === 'flannel'
      ? config.nodes.find(({ name }) => hostIdOf(config, name) === host)?.name
      : undefined
  return cluster === undefined || node === undefined ? [] : [{ cluster, key: part ? `${node}/${part}` : node }]
}
