import { clusterConfig } from '../../api/cluster-config.ts'
import { ensureRule } from '../../cni/chains.ts'
import { runs } from '../../control/components.ts'
import type { Controller, ControllerCtx } from '../../control/types.ts'
import { writeFile } from '../../kernel/file.ts'
import { TableEdit } from '../../kernel/netfilter/table-edit.ts'
import type { NfRule } from '../../kernel/tables.ts'
import type { Cidr } from '../../net/address.ts'
import { parseCidr } from '../../net/ip.ts'
import { agentHost, podCidrOf, uplinkOf } from '../daemon.ts'

const OWNER = 'kubenet'
const CONF_FILE = '/etc/cni/net.d/10-containerd-net.conflist'

/**
 * kubenet's part of the kubelet: as soon as the node has a podCIDR, a bridge configuration of it, and one rule that
 * masquerades what leaves for elsewhere. Models pkg/kubelet/dockershim/network/kubenet/kubenet_linux.go (Kubernetes 1.23)
 * and, for where the configuration stands since then, containerd's CNI configuration template of managed clouds.
 */
export const kubenetAgent: Controller = {
  name: 'kubenet',
  watches: ['Node'],
  keysFor({ before, after }, ctx) {
    if (!after || clusterConfig(ctx.tx, ctx.cluster)?.networking.cni.name !== 'kubenet') return []
    return before && podCidrOf(before) === podCidrOf(after) ? [] : [after.name]
  },
  reconcile(node, ctx) {
    const host = agentHost(ctx, 'kubenet', node)
    const row = ctx.api.get('Node', '', node)
    const subnet = row && podCidrOf(row)
    if (host === undefined || !subnet || !runs(ctx.tx, 'kubelet')) return
    const cluster = clusterConfig(ctx.tx, ctx.cluster)?.first === false ? { cluster: ctx.cluster } : {}
    const cause = { kind: 'Node', name: node, field: 'spec.podCIDR', ...cluster }
    const mtu = uplinkOf(ctx, host)?.link.mtu ?? 1500
    writeFile(ctx.tx, host, CONF_FILE, `${JSON.stringify(confList(subnet, mtu), null, 2)}\n`, { owner: OWNER, cause })
    masquerade(ctx, host)
    ctx.note({ actor: OWNER, node, object: `Node//${node}`, text: `${node}: ${subnet} on cbr0, MTU ${mtu}` })
  },
}

/** A promiscuous bridge: that is how a pod reaches itself by its Service. */
function confList(subnet: Cidr, mtu: number): object {
  const ipam = { type: 'host-local', ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] }
  return {
    cniVersion: '0.3.1',
    name: 'kubenet',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cbr0',
        mtu,
        isGateway: true,
        ipMasq: false,
        promiscMode: true,
        hairpinMode: false,
        ipam,
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

/** What is not for this node and not within `--non-masquerade-cidr` takes the node's address. */
function masquerade(ctx: ControllerCtx, host: string): void {
  const given: unknown = clusterConfig(ctx.tx, ctx.cluster)?.networking.cni.nonMasqueradeCIDR
  const cidr = (typeof given === 'string' ? parseCidr(given) : undefined) ?? ('10.0.0.0/8' as Cidr)
  const rule: NfRule = {
    matches: [
      { kind: 'dst', cidr, not: true },
      { kind: 'comment', text: 'kubenet: SNAT for outbound traffic from cluster' },
      { kind: 'addrtype', which: 'dst', types: ['LOCAL'], not: true },
    ],
    target: { kind: 'MASQUERADE' },
    owner: OWNER,
    ...networkCause(ctx),
  }
  const edit = new TableEdit(ctx.tx, { netns: host, family: 'ipv4', table: 'nat' })
  ensureRule(edit, 'POSTROUTING', rule)
  edit.commit(OWNER)
}

function networkCause(ctx: ControllerCtx): Pick<NfRule, 'cause'> {
  const config = clusterConfig(ctx.tx, ctx.cluster)
  return config?.origin ? { cause: { ...config.origin, field: 'spec.networking.cni' } } : {}
}
