import { clusterConfig } from '../../api/cluster-config.ts'
import type { ObjectRow } from '../../api/types.ts'
import type { Cause } from '../../core/cause.ts'
import { ensureRule, fillChain } from '../../cni/chains.ts'
import type { Controller, ControllerCtx } from '../../control/types.ts'
import { writeFile } from '../../kernel/file.ts'
import { syncOwned } from '../../kernel/netlink.ts'
import { TableEdit } from '../../kernel/netfilter/table-edit.ts'
import type { NfMatch, NfRule } from '../../kernel/tables.ts'
import type { Cidr } from '../../net/address.ts'
import { agentHost, daemonNodes, daemonRuns, internalIpOf, podCidrOf, uplinkOf } from '../daemon.ts'
import { DAEMON } from './manifests.ts'

const OWNER = 'kindnetd'
const CONF_FILE = '/etc/cni/net.d/10-kindnet.conflist'
const CHAIN = 'KIND-MASQ-AGENT'

/**
 * kind's network daemon: routed wires to the pods, one route per other node, masquerading of what leaves the pod range.
 * Models sigs.k8s.io/kind images/kindnetd/cmd/kindnetd: cni.go, routes.go, masq.go.
 * Simplified: network policies and DNS caching of newer kindnetd are left out.
 */
export const kindnetd: Controller = {
  name: 'kindnetd',
  watches: ['Node', 'Pod'],
  coalesceUs: 20_000,
  keysFor(change, ctx) {
    const { before, after } = change
    if ((after ?? before)?.kind === 'Pod') return daemonNodes(change, DAEMON)
    if (clusterConfig(ctx.tx, ctx.cluster)?.networking.cni.name !== 'kindnet' || text(before) === text(after)) return []
    return ctx.api.list('Node').map(({ name }) => name)
  },
  reconcile(node, ctx) {
    const host = agentHost(ctx, 'kindnet', node)
    const config = clusterConfig(ctx.tx, ctx.cluster)
    const row = ctx.api.get('Node', '', node)
    const subnet = row && podCidrOf(row)
    const uplink = host === undefined ? undefined : uplinkOf(ctx, host)
    if (host === undefined || !config || !subnet || !uplink || !daemonRuns(ctx, node, DAEMON)) return
    const nodeCause = (name: string): Cause => ({
      kind: 'Node',
      name,
      field: 'spec.podCIDR',
      ...(config.first ? {} : { cluster: config.name }),
    })
    writeFile(ctx.tx, host, CONF_FILE, `${JSON.stringify(confList(subnet, uplink.link.mtu), null, 2)}\n`, {
      owner: OWNER,
      cause: nodeCause(node),
    })
    masquerade(ctx, host, config.networking.podSubnet)
    const routes = ctx.api.list('Node').flatMap((other) => {
      const [dst, via] = [podCidrOf(other), internalIpOf(other)]
      return other.name === node || !dst || !via ? [] : [{ dst, via, cause: nodeCause(other.name) }]
    })
    const { refused } = syncOwned(ctx.tx, OWNER, 'route', host, routes)
    for (const { index, error } of refused)
      ctx.note({
        actor: OWNER,
        node,
        text: `route to ${routes[index].dst} via ${routes[index].via} refused: ${error.message}`,
      })
  },
}

/** Models kindnetd's own template. */
function confList(subnet: Cidr, mtu: number): object {
  const ipam = {
    type: 'host-local',
    dataDir: '/run/cni-ipam-state',
    routes: [{ dst: '0.0.0.0/0' }],
    ranges: [[{ subnet }]],
  }
  return {
    cniVersion: '0.3.1',
    name: 'kindnet',
    plugins: [
      { type: 'ptp', ipMasq: false, ipam, mtu },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

function masquerade(ctx: ControllerCtx, host: string, podSubnet: Cidr): void {
  const rule = (text: string, matches: NfMatch[], target: NfRule['target']): NfRule => ({
    matches: [...matches, { kind: 'comment', text: `kind-masq-agent: ${text}` }],
    target,
    owner: OWNER,
  })
  const edit = new TableEdit(ctx.tx, { netns: host, family: 'ipv4', table: 'nat' })
  fillChain(edit, CHAIN, [
    rule('local traffic is not subject to MASQUERADE', [{ kind: 'dst', cidr: podSubnet }], { kind: 'RETURN' }),
    rule('outbound traffic is subject to MASQUERADE (must be last in chain)', [], { kind: 'MASQUERADE' }),
  ])
  const text = 'ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom KIND-MASQ-AGENT chain'
  ensureRule(
    edit,
    'POSTROUTING',
    rule(text, [{ kind: 'addrtype', which: 'dst', types: ['LOCAL'], not: true }], { kind: 'jump', chain: CHAIN }),
  )
  edit.commit(OWNER)
}

/** What of a Node this daemon looks at. */
function text(row: ObjectRow | undefined): string {
  return row ? `${podCidrOf(row)} ${internalIpOf(row)}` : ''
}
