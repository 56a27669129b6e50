import type { DesiredChain, DesiredJump } from '../../kernel/netfilter/sync-chains.ts'
import type { Cidr, Family } from '../../net/address.ts'
import { networkOf, parseCidr } from '../../net/ip.ts'
import type { IptTable, NfMatch, NfRule } from '../../kernel/tables.ts'
import type { ProxyConfig } from '../config.ts'
import { comment, jump, local, rule } from './rule.ts'

/** What kube-proxy programs whether there are Services or not. */
export interface BaseRules {
  readonly chains: readonly DesiredChain[]
  readonly jumps: readonly DesiredJump[]
}

const NEW: NfMatch = { kind: 'ctstate', states: ['NEW'] }
const BALANCER = 'kubernetes load balancer firewall'
const PORTALS = 'kubernetes service portals'
const VISIBLE = 'kubernetes externally-visible service portals'

/** The jumps from the built-in chains, each list in printed order. Models iptablesJumpChains. */
const JUMPS: readonly (readonly [IptTable, string, string, string?, NfMatch?])[] = [
  ['nat', 'PREROUTING', 'KUBE-SERVICES', PORTALS],
  ['nat', 'OUTPUT', 'KUBE-SERVICES', PORTALS],
  ['nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'],
  ['filter', 'INPUT', 'KUBE-PROXY-FIREWALL', BALANCER, NEW],
  ['filter', 'INPUT', 'KUBE-NODEPORTS', 'kubernetes health check service ports'],
  ['filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES', VISIBLE, NEW],
  ['filter', 'INPUT', 'KUBE-FIREWALL'],
  ['filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', BALANCER, NEW],
  ['filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'],
  ['filter', 'FORWARD', 'KUBE-SERVICES', PORTALS, NEW],
  ['filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES', VISIBLE, NEW],
  ['filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL', BALANCER, NEW],
  ['filter', 'OUTPUT', 'KUBE-SERVICES', PORTALS, NEW],
  ['filter', 'OUTPUT', 'KUBE-FIREWALL'],
]

/** Chains that nothing jumps to: if they vanish, somebody flushed the tables. */
const CANARIES: readonly (readonly [IptTable, string])[] = [
  ['mangle', 'KUBE-PROXY-CANARY'],
  ['nat', 'KUBE-PROXY-CANARY'],
  ['filter', 'KUBE-PROXY-CANARY'],
]

export function baseRules(config: ProxyConfig, family: Family): BaseRules {
  const mark = 2 ** config.flags.masqueradeBit
  const chain = (table: IptTable, name: string, rules: readonly NfRule[] = []): DesiredChain => ({
    table,
    name,
    rules: Object.freeze(rules),
  })
  return {
    chains: [
      ...CANARIES.map(([table, name]) => chain(table, name)),
      chain('nat', 'KUBE-MARK-MASQ', [rule([], { kind: 'MARK', op: 'set-xmark', value: mark, mask: mark })]),
      chain('nat', 'KUBE-POSTROUTING', postrouting(mark)),
      chain('filter', 'KUBE-FORWARD', forward(config, mark)),
      chain('filter', 'KUBE-FIREWALL', firewall(config, family)),
    ],
    jumps: JUMPS.map(([table, name, target, text, match]) => {
      const matches = [...(match ? [match] : []), ...(text ? [comment(text)] : [])]
      return { table, chain: name, rule: rule(matches, jump(target)), where: 'first' }
    }),
  }
}

/** What is not marked leaves as it is; the mark is taken off, so that it is not masqueraded again on a second round. */
function postrouting(mark: number): NfRule[] {
  return [
    rule([{ kind: 'mark', value: mark, mask: mark, not: true }], { kind: 'RETURN' }),
    rule([], { kind: 'MARK', op: 'set-xmark', value: mark, mask: 0 }),
    rule([comment('kubernetes service traffic requiring SNAT')], { kind: 'MASQUERADE', randomFully: true }),
  ]
}

function forward({ nfacct }: ProxyConfig, mark: number): NfRule[] {
  const counted: NfMatch[] = nfacct ? [{ kind: 'nfacct', name: 'ct_state_invalid_dropped_pkts' }] : []
  return [
    rule([{ kind: 'ctstate', states: ['INVALID'] }, ...counted], { kind: 'DROP' }),
    rule([comment('kubernetes forwarding rules'), { kind: 'mark', value: mark, mask: mark }], { kind: 'ACCEPT' }),
    rule([comment('kubernetes forwarding conntrack rule'), { kind: 'ctstate', states: ['RELATED', 'ESTABLISHED'] }], {
      kind: 'ACCEPT',
    }),
  ]
}

/** route_localnet lets the wire reach 127.0.0.1; this closes that hole again (CVE-2020-8558). The kubelet writes the same rule. */
function firewall({ flags }: ProxyConfig, family: Family): NfRule[] {
  if (family === 'ipv6' || !flags.localhostNodePorts) return []
  const cidr = '127.0.0.0/8' as Cidr
  return [
    rule(
      [
        { kind: 'src', cidr, not: true },
        { kind: 'dst', cidr },
        comment('block incoming localnet connections'),
        { kind: 'ctstate', states: ['RELATED', 'ESTABLISHED', 'DNAT'], not: true },
      ],
      { kind: 'DROP' },
    ),
  ]
}

const LAST = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain'

/** The end of KUBE-SERVICES: what is addressed to this host may be for a node port. */
export function nodePortJumps(config: ProxyConfig, family: Family, nodeAddresses: readonly string[]): NfRule[] {
  const { nodePortAddresses, localhostNodePorts } = config.flags
  const ranges = nodePortAddresses
    .map((text) => parseCidr(text))
    .filter((cidr) => cidr?.includes(':') === (family === 'ipv6'))
  const target = jump('KUBE-NODEPORTS')
  if (ranges.length > 0 && !ranges.some((cidr) => cidr?.endsWith('/0'))) {
    const own = nodeAddresses.filter((ip) =>
      ranges.some((cidr) => cidr && networkOf(ip, Number(cidr.split('/')[1])) === cidr),
    )
    return own.map((ip) =>
      rule([{ kind: 'dst', cidr: networkOf(ip, family === 'ipv4' ? 32 : 128) }, comment(LAST)], target),
    )
  }
  const loopback = (family === 'ipv4' ? '127.0.0.0/8' : '::1/128') as Cidr
  const away: NfMatch[] = family === 'ipv6' || !localhostNodePorts ? [{ kind: 'dst', cidr: loopback, not: true }] : []
  return [rule([...away, comment(LAST), local('dst')], target)]
}
