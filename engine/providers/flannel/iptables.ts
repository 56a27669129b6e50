import type { Cause } from '../../core/cause.ts'
import type { NfMatch, NfRule, NfTarget } from '../../kernel/tables.ts'
import type { Cidr } from '../../net/address.ts'

/** kube-proxy's masquerade mark: what it marked, it masquerades itself. */
const KUBE_PROXY_MARK: NfMatch = { kind: 'mark', value: 0x4000, mask: 0x4000 }

export interface FlannelChain {
  readonly table: 'nat' | 'filter'
  readonly name: string
  readonly rules: readonly NfRule[]
  /** The built-in chain that jumps here. */
  readonly from: { readonly chain: 'POSTROUTING' | 'FORWARD'; readonly rule: NfRule }
}

/**
 * flanneld's chains for one node. Models pkg/trafficmngr/iptables/iptables.go masqRules() and forwardRules().
 *
 *     POSTROUTING -> FLANNEL-POSTRTG   FORWARD -> FLANNEL-FWD
 */
export function flannelChains(network: Cidr, podCidr: Cidr, cause: Cause | undefined): FlannelChain[] {
  const rule = (comment: string, matches: NfMatch[], target: NfTarget): NfRule => ({
    matches: [...matches, { kind: 'comment', text: comment }],
    target,
    owner: 'flanneld',
    ...(cause ? { cause } : {}),
  })
  const masq = (matches: NfMatch[], target: NfTarget) => rule('flanneld masq', matches, target)
  const forward = (matches: NfMatch[], target: NfTarget) => rule('flanneld forward', matches, target)
  const src = (cidr: Cidr, not?: true): NfMatch => ({ kind: 'src', cidr, ...(not ? { not } : {}) })
  const dst = (cidr: Cidr, not?: true): NfMatch => ({ kind: 'dst', cidr, ...(not ? { not } : {}) })
  const back: NfTarget = { kind: 'RETURN' }
  const masquerade: NfTarget = { kind: 'MASQUERADE', randomFully: true }
  return [
    {
      table: 'nat',
      name: 'FLANNEL-POSTRTG',
      from: { chain: 'POSTROUTING', rule: masq([], { kind: 'jump', chain: 'FLANNEL-POSTRTG' }) },
      rules: [
        masq([KUBE_PROXY_MARK], back),
        masq([src(podCidr), dst(network)], back),
        masq([src(network), dst(podCidr)], back),
        masq([src(network, true), dst(podCidr)], back),
        masq([src(network), dst('224.0.0.0/4' as Cidr, true)], masquerade),
        masq([src(network, true), dst(network)], masquerade),
      ],
    },
    {
      table: 'filter',
      name: 'FLANNEL-FWD',
      from: { chain: 'FORWARD', rule: forward([], { kind: 'jump', chain: 'FLANNEL-FWD' }) },
      rules: [forward([src(network)], { kind: 'ACCEPT' }), forward([dst(network)], { kind: 'ACCEPT' })],
    },
  ]
}
