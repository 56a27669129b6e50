import type { NfMatch, NfRule, NfTarget } from '../tables.ts'

const MATCHES: readonly NfMatch['kind'][] = ['ctstate', 'connmark']
const TARGETS: readonly NfTarget['kind'][] = ['DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'CONNMARK', 'CT']

const memo = new WeakMap<readonly NfRule[], boolean>()

/**
 * Whether a chain's rules make the kernel track connections in their netns. A table `nat` that holds no NAT rule does not;
 * a NAT rule in a chain that nothing jumps to does. Models net/netfilter/nf_conntrack_proto.c nf_ct_netns_get(), which a
 * match or target calls when its rule is added.
 */
export function needsConntrack(rules: readonly NfRule[]): boolean {
  let needs = memo.get(rules)
  if (needs === undefined) {
    needs = rules.some(
      ({ matches, target }) =>
        (target && TARGETS.includes(target.kind) && !(target.kind === 'CT' && target.notrack)) ||
        matches.some(({ kind }) => MATCHES.includes(kind)),
    )
    memo.set(rules, needs)
  }
  return needs
}
