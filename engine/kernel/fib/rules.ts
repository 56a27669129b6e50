import type { Owned } from '../../core/cause.ts'
import type { Tx, WorldReader } from '../../core/world.ts'
import type { Family, Ip } from '../../net/address.ts'
import { cidrContains } from '../../net/ip.ts'
import { done, type NetlinkResult, refuse } from '../netlink-result.ts'
import type { RuleRow } from '../tables.ts'
import { DEFAULT, LOCAL, MAIN } from './route-row.ts'

/**
 * Policy routing. A netns is born with three rules (IPv6: two); they become rows when somebody first changes the list,
 * so that thousands of pods do not hold thousands of equal rows.
 */
export function rulesOf(world: WorldReader, netns: string, family: Family): readonly RuleRow[] {
  const rows = world.by('rule', 'netns', netns)
  if (rows.length === 0) return bornRules(netns, family)
  const own = world.memo('rule', 'netns', netns, family, (all) => all.filter((row) => row.family === family))
  return own.length > 0 ? own : bornRules(netns, family)
}

/** True while the netns has only the rules it was born with: the ordinary case, local, main, default. */
export function hasCustomRules(world: WorldReader, netns: string, family: Family): boolean {
  return world.by('rule', 'netns', netns).some((row) => row.family === family)
}

export interface RuleSpec extends Owned {
  readonly netns: string
  readonly family?: Family
  /** Absent: one less than the smallest above 0, as the kernel chooses. */
  readonly priority?: number
  readonly from?: RuleRow['from']
  readonly to?: RuleRow['to']
  readonly fwmark?: RuleRow['fwmark']
  /** Interface name. */
  readonly iif?: string
  readonly action: RuleRow['action']
}

export function ruleAdd(tx: Tx, spec: RuleSpec): NetlinkResult {
  const family = spec.family ?? 'ipv4'
  const rows = materialize(tx, spec.netns, family)
  const smallest = rows.find((row) => row.priority > 0)?.priority ?? MAIN_PRIORITY
  const row = ruleRow({ ...spec, family, priority: spec.priority ?? smallest - 1 })
  if (tx.get('rule', row.id)) return refuse('EEXIST')
  tx.put('rule', row)
  return done
}

/** Removes the first rule that fits what is said. */
export function ruleDel(
  tx: Tx,
  spec: Omit<RuleSpec, 'action'> & { readonly action?: RuleRow['action'] },
): NetlinkResult {
  const same = (a: unknown, b: unknown) => a === undefined || JSON.stringify(a) === JSON.stringify(b)
  const found = materialize(tx, spec.netns, spec.family ?? 'ipv4').find(
    (row) =>
      same(spec.priority, row.priority) &&
      same(spec.from, row.from) &&
      same(spec.to, row.to) &&
      same(spec.fwmark, row.fwmark) &&
      same(spec.iif, row.iif) &&
      same(spec.action, row.action),
  )
  if (!found) return refuse('ENOENT')
  tx.delete('rule', found.id)
  return done
}

export interface RuleKey {
  readonly src?: Ip
  readonly dst: Ip
  readonly mark: number
  /** Interface name; `lo` for what the host itself sends. */
  readonly iif: string
}

/** Models net/core/fib_rules.c fib_rule_match(). */
export function ruleMatches(rule: RuleRow, key: RuleKey): boolean {
  if (rule.iif !== undefined && rule.iif !== key.iif) return false
  if (rule.fwmark && ((key.mark ^ rule.fwmark.value) & rule.fwmark.mask) !== 0) return false
  if (rule.to && !cidrContains(rule.to, key.dst)) return false
  return !rule.from || (key.src !== undefined && cidrContains(rule.from, key.src))
}

export function ruleRow(rule: RuleSpec & { readonly family: Family; readonly priority: number }): RuleRow {
  const { netns, family, priority, from, to, fwmark, iif, action, owner, cause } = rule
  const what = [
    from ? `from ${from}` : '',
    to ? `to ${to}` : '',
    fwmark ? `fwmark ${fwmark.value}/${fwmark.mask}` : '',
    iif ? `iif ${iif}` : '',
    typeof action === 'string' ? action : `lookup ${action.lookup}`,
  ].filter(Boolean)
  return {
    id: `${netns}|${family}|${priority}|${what.join(' ')}`,
    netns,
    family,
    priority,
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    ...(fwmark ? { fwmark } : {}),
    ...(iif ? { iif } : {}),
    action,
    ...(owner ? { owner } : {}),
    ...(cause ? { cause } : {}),
  }
}

const MAIN_PRIORITY = 32766

function bornRules(netns: string, family: Family): readonly RuleRow[] {
  const rule = (priority: number, lookup: number) =>
    ruleRow({ netns, family, priority, action: { lookup }, owner: 'kernel' })
  const both = [rule(0, LOCAL), rule(MAIN_PRIORITY, MAIN)]
  return family === 'ipv4' ? [...both, rule(32767, DEFAULT)] : both
}

function materialize(tx: Tx, netns: string, family: Family): readonly RuleRow[] {
  if (!hasCustomRules(tx, netns, family)) for (const row of bornRules(netns, family)) tx.put('rule', row)
  return rulesOf(tx, netns, family)
}
