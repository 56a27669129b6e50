import type { WorldReader } from '../../core/world.ts'
import type { Family } from '../../net/address.ts'
import type { IptTable, NfChainRow, RecordRef } from '../tables.ts'
import { builtinNames } from './chains.ts'
import { counterOf, POLICY } from './counters.ts'
import { amount, type ListOptions, listHeader, listRule } from './rule-list.ts'
import { ruleText } from './rule-text.ts'
import { chainsOf, type SaveLine } from './save.ts'

interface At {
  readonly netns: string
  readonly family: Family
  readonly table: IptTable
  /** Only this chain. */
  readonly chain?: string
}

/** A chain to print: built-in ones are there even where nobody made them. */
interface Printed {
  readonly name: string
  readonly row?: NfChainRow
  readonly builtin: boolean
}

function printed(world: WorldReader, at: At): Printed[] | undefined {
  const rows = chainsOf(world, at.netns, at.family, at.table)
  const builtin = builtinNames(at.table).map((name): Printed => {
    const row = rows.find((candidate) => candidate.name === name)
    return { name, builtin: true, ...(row ? { row } : {}) }
  })
  const all = [...builtin, ...rows.filter((row) => !row.hook).map((row) => ({ name: row.name, row, builtin: false }))]
  if (at.chain === undefined) return all
  const one = all.filter(({ name }) => name === at.chain)
  return one.length > 0 ? one : undefined
}

/** `iptables -L`; undefined if there is no such chain. */
export function listTable(world: WorldReader, at: At, asked: ListOptions): SaveLine[] | undefined {
  const options = { ...asked, ipv6: at.family === 'ipv6' }
  const chains = printed(world, at)
  if (!chains) return undefined
  const references = countReferences(chainsOf(world, at.netns, at.family, at.table))
  return chains.flatMap((chain, i): SaveLine[] => [
    ...(i > 0 ? [{ text: '' }] : []),
    { text: titleOf(world, chain, references, options), ...(chain.row ? { ref: refOf(chain.row) } : {}) },
    { text: listHeader(options) },
    ...(chain.row?.rules ?? []).map((rule, k) => ({
      text: listRule(rule, k + 1, counterOf(world, chain.row?.id ?? '', k), options),
      ref: refOf(chain.row as NfChainRow, k), // it has the rule
    })),
  ])
}

function titleOf(
  world: WorldReader,
  { name, row, builtin }: Printed,
  references: ReadonlyMap<string, number>,
  options: ListOptions,
): string {
  if (!builtin) return `Chain ${name} (${references.get(name) ?? 0} references)`
  const { packets, bytes } = counterOf(world, row?.id ?? '', POLICY)
  const counted = options.verbose
    ? ` ${amount(packets, options).trim()} packets, ${amount(bytes, options).trim()} bytes`
    : ''
  return `Chain ${name} (policy ${row?.policy ?? 'ACCEPT'}${counted})`
}

function countReferences(rows: readonly NfChainRow[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { rules } of rows) {
    for (const { target } of rules)
      if (target && 'chain' in target) counts.set(target.chain, (counts.get(target.chain) ?? 0) + 1)
  }
  return counts
}

/** `iptables -S`: policies, chains, then rules as commands. */
export function specTable(world: WorldReader, at: At): SaveLine[] | undefined {
  const chains = printed(world, at)
  if (!chains) return undefined
  return [
    ...chains.map(({ name, row, builtin }) => ({
      text: builtin ? `-P ${name} ${row?.policy ?? 'ACCEPT'}` : `-N ${name}`,
      ...(row ? { ref: refOf(row) } : {}),
    })),
    ...chains.flatMap(
      ({ row }) =>
        row?.rules.map((rule, i) => ({ text: ruleText(rule, row.name, at.family), ref: refOf(row, i) })) ?? [],
    ),
  ]
}

function refOf(row: NfChainRow, rule?: number): RecordRef {
  return { table: 'nfChain', id: row.id, ...(rule === undefined ? {} : { rule }), row }
}
