import type { Tx } from '../core/world.ts'
import { type DesiredChain, type DesiredJump, syncChains } from '../kernel/netfilter/sync-chains.ts'
import type { IptTable, NfRule } from '../kernel/tables.ts'
import type { Cidr } from '../net/address.ts'

const OWNER = 'kubelet'
const LOOPBACK = '127.0.0.0/8' as Cidr
const own = (rule: Omit<NfRule, 'owner'>): NfRule => Object.freeze({ ...rule, owner: OWNER })
const empty = (table: IptTable, name: string): DesiredChain => ({ table, name, rules: Object.freeze([]) })

/** What lets nobody reach 127.0.0.1 from outside where route_localnet is on. kube-proxy keeps the same rule. */
const FIREWALL: DesiredChain = {
  table: 'filter',
  name: 'KUBE-FIREWALL',
  rules: Object.freeze([
    own({
      matches: [
        { kind: 'src', cidr: LOOPBACK, not: true },
        { kind: 'dst', cidr: LOOPBACK },
        { kind: 'comment', text: 'block incoming localnet connections' },
        { kind: 'ctstate', states: ['RELATED', 'ESTABLISHED', 'DNAT'], not: true },
      ],
      target: { kind: 'DROP' },
    }),
  ]),
}
/** A hint for others which iptables is in use, and canaries: if they vanish, somebody flushed the tables. */
const MARKS: readonly DesiredChain[] = [
  empty('mangle', 'KUBE-IPTABLES-HINT'),
  ...(['mangle', 'nat', 'filter'] as const).map((table) => empty(table, 'KUBE-KUBELET-CANARY')),
]
const JUMPS: readonly DesiredJump[] = ['INPUT', 'OUTPUT'].map((chain) => ({
  ...({ table: 'filter', chain, where: 'first' } as const),
  rule: own({ matches: [], target: { kind: 'jump', chain: 'KUBE-FIREWALL' } }),
}))

/** The chains that the kubelet keeps on its host. Models pkg/kubelet/kubelet_network_linux.go syncIPTablesRules(). */
export function syncKubeletChains(tx: Tx, host: string): void {
  syncChains(tx, { netns: host, family: 'ipv4', owner: OWNER }, [...MARKS, FIREWALL], JUMPS)
  syncChains(tx, { netns: host, family: 'ipv6', owner: OWNER }, MARKS, [])
}
