import type { DesiredChain, DesiredJump } from '../../kernel/netfilter/sync-chains.ts'
import type { Cidr, Family, Ip } from '../../net/address.ts'
import { cidrContains, familyOf, hostCidr, parseCidr } from '../../net/ip.ts'
import { overlap } from '../../net/range.ts'
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

/** A conntrack that is liberal about TCP windows calls next to nothing INVALID: nothing is dropped then. */
function forward({ nfacct, flags }: ProxyConfig, mark: number): NfRule[] {
  const counted: NfMatch[] = nfacct ? [{ kind: 'nfacct', name: 'ct_state_invalid_dropped_pkts' }] : []
  const invalid = rule([{ kind: 'ctstate', states: ['INVALID'] }, ...counted], { kind: 'DROP' })
  return [
    ...(flags.tcpBeLiberal ? [] : [invalid]),
    rule([comment('kubernetes forwarding rules'), { kind: 'mark', value: mark, mask: mark }], { kind: 'ACCEPT' }),
    rule([comment('kubernetes forwarding conntrack rule'), { kind: 'ctstate', states: ['RELATED', 'ESTABLISHED'] }], {
      kind: 'ACCEPT',
    }),
  ]
}

/** route_localnet lets the wire reach 127.0.0.1; this closes that hole again (CVE-2020-8558). The kubelet writes the same rule. */
function firewall(config: ProxyConfig, family: Family): NfRule[] {
  if (family === 'ipv6' || !localhostNodePorts(config)) return []
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

/** The end of KUBE-SERVICES: what is addressed to this host may be for a node port. `[0]` is the node's primary address. */
export function nodePortJumps(config: ProxyConfig, family: Family, nodeAddresses: readonly Ip[]): NfRule[] {
  const ranges = nodePortRanges(config, family, nodeAddresses[0])
  const target = jump('KUBE-NODEPORTS')
  const loopback = LOOPBACK[family]
  const spared = family === 'ipv6' || !localhostNodePorts(config)
  if (ranges) {
    const candidates = [...new Set([...nodeAddresses, ...(spared ? [] : ['127.0.0.1' as Ip])])]
    const own = candidates.filter((ip) => ranges.some((cidr) => cidrContains(cidr, ip)))
    return own.map((ip) => rule([{ kind: 'dst', cidr: hostCidr(ip) }, comment(LAST)], target))
  }
  const away: NfMatch[] = spared ? [{ kind: 'dst', cidr: loopback, not: true }] : []
  return [rule([...away, comment(LAST), local('dst')], target)]
}

const LOOPBACK: Readonly<Record<Family, Cidr>> = { ipv4: '127.0.0.0/8' as Cidr, ipv6: '::1/128' as Cidr }

/**
 * `--nodeport-addresses` of a family; undefined: every address. `primary` stands for the node's own.
 * Models pkg/proxy/util/nodeport_addresses.go.
 */
function nodePortRanges(
  { flags }: Pick<ProxyConfig, 'flags'>,
  family: Family,
  primary: Ip | undefined,
): readonly Cidr[] | undefined {
  const ranges = flags.nodePortAddresses.flatMap((text) => {
    const cidr = text === 'primary' ? primary && hostCidr(primary) : parseCidr(text)
    return cidr && familyOf(cidr) === family ? [cidr] : []
  })
  return ranges.length === 0 || ranges.some((cidr) => cidr.endsWith('/0')) ? undefined : ranges
}

/** Whether node ports answer on 127.0.0.1: by `--localhost-nodeports`, if `--nodeport-addresses` do not leave it out. */
export function localhostNodePorts(config: Pick<ProxyConfig, 'flags'>): boolean {
  if (!config.flags.localhostNodePorts) return false
  if (config.flags.nodePortAddresses.includes('primary')) return false
  const ranges = nodePortRanges(config, 'ipv4', undefined)
  return !ranges || ranges.some((cidr) => overlap(cidr, LOOPBACK.ipv4))
}
