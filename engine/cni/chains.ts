import type { TableEdit } from '../kernel/netfilter/table-edit.ts'
import type { NfRule } from '../kernel/tables.ts'

/** What programs that share iptables do to it: fill a chain of their own, and jump there from somebody else's. */

/** The chain holds exactly these rules afterwards; made if it is not there. */
export function fillChain(edit: TableEdit, name: string, rules: readonly NfRule[]): void {
  const chain = edit.chain(name) ?? edit.add(name)
  if (!sameRules(chain.rules, rules)) chain.rules = rules
}

/** `-A` (or `-I ... 1`) unless the rule is there already. */
export function ensureRule(edit: TableEdit, name: string, rule: NfRule, where: 'append' | 'prepend' = 'append'): void {
  const chain = edit.chain(name) ?? edit.add(name)
  if (chain.rules.some((other) => isSame(other, rule))) return
  chain.rules = where === 'append' ? [...chain.rules, rule] : [rule, ...chain.rules]
}

/** Empties and deletes a chain with every jump to it. */
export function dropChain(edit: TableEdit, name: string): void {
  for (const chain of edit.chains.values()) {
    const kept = chain.rules.filter(({ target }) => !(target && 'chain' in target && target.chain === name))
    if (kept.length < chain.rules.length) chain.rules = kept
  }
  edit.chains.delete(name)
}

function sameRules(a: readonly NfRule[], b: readonly NfRule[]): boolean {
  return (
    a.length === b.length &&
    a.every((rule, i) => isSame(rule, b[i]) && JSON.stringify(rule.cause) === JSON.stringify(b[i].cause))
  )
}

/** The same to iptables: matches and target. */
function isSame(a: NfRule, b: NfRule): boolean {
  return (
    a === b ||
    (JSON.stringify(a.matches) === JSON.stringify(b.matches) && JSON.stringify(a.target) === JSON.stringify(b.target))
  )
}
