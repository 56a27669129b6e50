import type { WorldReader } from '../../core/world.ts'
import { rulesOf } from '../../kernel/fib/rules.ts'
import { refTo } from '../../kernel/ids.ts'
import type { RuleRow } from '../../kernel/tables.ts'
import type { Cidr } from '../../net/address.ts'
import { baseOf, BITS, familyOf, lengthOf } from '../../net/ip.ts'
import { failed, type Output, type Place, printed } from '../types.ts'
import type { Options } from '../words.ts'
import { tableName, tableNumber } from './route-table.ts'

/** `ip rule [show] [table T]`. Models iproute2 ip/iprule.c print_rule(). */
export function showRules(world: WorldReader, place: Place, options: Options, args: readonly string[]): Output {
  const at = args.findIndex((word) => word === 'table' || word === 'lookup')
  const table = at < 0 ? undefined : tableNumber(args[at + 1] ?? '')
  if (at >= 0 && table === undefined)
    return failed(`Error: argument "${args[at + 1] ?? ''}" is wrong: invalid table ID`, 255)
  const rules = rulesOf(world, place.netns, options.family ?? 'ipv4').filter(
    (rule) => table === undefined || (typeof rule.action !== 'string' && rule.action.lookup === table),
  )
  const names = new Set(world.by('link', 'netns', place.netns).map((link) => link.name))
  return printed(rules.map((rule) => ({ text: textOf(rule, names, options.details), ref: refTo('rule', rule) })))
}

function textOf(rule: RuleRow, names: ReadonlySet<string>, details: boolean): string {
  const words = [`from ${rule.from ? prefixText(rule.from) : 'all'}`]
  if (rule.to) words.push(`to ${prefixText(rule.to)}`)
  if (rule.fwmark) {
    const { value, mask } = rule.fwmark
    words.push(`fwmark 0x${value.toString(16)}${mask === 0xffffffff ? '' : `/0x${mask.toString(16)}`}`)
  }
  if (rule.iif) words.push(`iif ${rule.iif}${names.has(rule.iif) ? '' : ' [detached]'}`)
  words.push(typeof rule.action === 'string' ? rule.action : `lookup ${tableName(rule.action.lookup)}`)
  if (details) words.push(`proto ${rule.owner === 'kernel' ? 'kernel' : 'unspec'}`)
  return `${rule.priority}:\t${words.join(' ')}`
}

/** A single address is printed without its length. */
function prefixText(cidr: Cidr): string {
  return lengthOf(cidr) === BITS[familyOf(cidr)] ? baseOf(cidr) : cidr
}
