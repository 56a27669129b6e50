import { err, ok, type Result } from '../../core/result.ts'
import type { Tx } from '../../core/world.ts'
import type { Family } from '../../net/address.ts'
import type { IptTable, NfHook, NfRule } from '../tables.ts'
import { builtinOf, TABLE_NAMES } from './chains.ts'
import { parseRule } from './rule-parse.ts'
import { sameRule } from './same-rule.ts'
import { TableEdit } from './table-edit.ts'
import { splitLine } from './words.ts'

export interface RestoreOptions {
  /** Who writes: the daemon's name, or `by hand`. */
  readonly owner: string
  /** Chains that the text does not name stay (`-n`). */
  readonly noflush?: boolean
  readonly family?: Family
}

/** What iptables-restore says on standard error, and the line of the text that it is about. */
export interface RestoreError {
  readonly line: number
  readonly message: string
}

/**
 * Loads a ruleset in iptables-save's format, table by table: each COMMIT takes effect at once, and a table with an error not
 * at all. Models iptables/iptables-restore.c. Built-in chains come to be when first used.
 */
export function iptablesRestore(
  tx: Tx,
  netns: string,
  text: string,
  options: RestoreOptions,
): Result<void, RestoreError> {
  const family = options.family ?? 'ipv4'
  const tool = family === 'ipv4' ? 'iptables-restore' : 'ip6tables-restore'
  const fail = (line: number, message: string) =>
    err({ line, message: `${tool} v1.8.9 (nf_tables): ${message}${trailer(tool, line)}` })
  let edit: TableEdit | undefined
  let table: IptTable | undefined
  let pending: Pending[] = []
  const lines = text.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const number = i + 1
    const line = lines[i].trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('*')) {
      const name = line.slice(1)
      table = TABLE_NAMES.find((candidate) => candidate === name)
      if (!table) return fail(number, `${tool}: line ${number} table name '${name}' invalid\n`)
      edit = new TableEdit(tx, { netns, family, table })
      pending = []
      if (!options.noflush) for (const chain of edit.chains.values()) reset(edit, chain.name)
      continue
    }
    if (!edit || !table) return err({ line: number, message: `${tool}: line ${number} failed\n` })
    if (line === 'COMMIT') {
      const problem = check(edit, table, pending)
      if (problem?.kind === 'jump') return fail(number, `Chain '${problem.chain}' does not exist\n`)
      if (problem)
        return err({
          line: problem.line,
          message: `${tool} v1.8.9 (nf_tables): \nline ${problem.line}: RULE_APPEND failed (Invalid argument): rule in chain ${problem.chain}\n`,
        })
      edit.commit(options.owner)
      edit = undefined
      continue
    }
    if (line.startsWith(':')) {
      declare(edit, table, line)
      continue
    }
    const added = addRule(edit, line, family, options.owner)
    if (typeof added === 'string')
      return added === NO_CHAIN
        ? err({ line: number, message: `${tool}: line ${number} failed: No chain/target/match by that name.\n` })
        : fail(number, `${added}\n`)
    pending.push(...added.map((rule) => ({ ...rule, line: number })))
  }
  if (edit) return err({ line: lines.length, message: `${tool}: COMMIT expected at line ${lines.length}\n` })
  return ok(undefined)
}

interface Pending {
  readonly chain: string
  readonly rule: NfRule
  readonly line: number
}

const trailer = (tool: string, line: number) =>
  `Error occurred at line: ${line}\nTry \`${tool} -h' or '${tool} --help' for more information.\n`
const NO_CHAIN = 'No chain/target/match by that name.'

/** Without `-n` everything goes but the built-in chains, which are emptied. */
function reset(edit: TableEdit, name: string): void {
  const draft = edit.chains.get(name)
  if (draft?.policy) draft.rules = []
  else edit.chains.delete(name)
}

/** `:INPUT ACCEPT [0:0]` sets a policy; `:KUBE-SERVICES - [0:0]` makes a chain, or empties it. */
function declare(edit: TableEdit, table: IptTable, line: string): void {
  const [name, policy] = splitLine(line.slice(1))
  if (builtinOf(table, name)) {
    const draft = edit.chain(name)
    if (draft && (policy === 'ACCEPT' || policy === 'DROP')) draft.policy = policy
    return
  }
  const draft = edit.chains.get(name)
  if (draft) draft.rules = []
  else edit.add(name)
}

function addRule(
  edit: TableEdit,
  line: string,
  family: Family,
  owner: string,
): { chain: string; rule: NfRule }[] | string {
  const words = splitLine(line.replace(/^\[\d+:\d+\]\s*/, ''))
  const [verb, name, ...rest] = words
  const isInsert = verb === '-I' || verb === '--insert'
  if (!isInsert && verb !== '-A' && verb !== '--append' && verb !== '-X' && verb !== '-D')
    return `Bad argument \`${verb}'`
  const chain = edit.chain(name)
  if (verb === '-X') {
    edit.chains.delete(name)
    return chain ? [] : NO_CHAIN
  }
  const at = isInsert && /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) - 1 : 0
  const parsed = parseRule(rest, family)
  if ('error' in parsed) return parsed.error
  if (!chain) return NO_CHAIN
  const rules = parsed.rules.map((rule) => Object.freeze({ ...rule, owner }))
  if (verb === '-D') chain.rules = chain.rules.filter((other) => !rules.some((rule) => sameRule(rule, other)))
  else
    chain.rules = isInsert
      ? [...chain.rules.slice(0, at), ...rules, ...chain.rules.slice(at)]
      : [...chain.rules, ...rules]
  return rules.map((rule) => ({ chain: name, rule }))
}

type Problem = { kind: 'jump'; chain: string } | { kind: 'place'; chain: string; line: number }

/** What the kernel refuses when a table is committed: jumps to nowhere, and targets where they have no meaning. */
function check(edit: TableEdit, table: IptTable, pending: readonly Pending[]): Problem | undefined {
  for (const { chain, rule, line } of pending) {
    const { target } = rule
    if (target && 'chain' in target && !edit.chains.has(target.chain)) return { kind: 'jump', chain: target.chain }
    const hook = builtinOf(table, chain)?.hook
    if (target && !fits(target.kind, table, hook)) return { kind: 'place', chain, line }
  }
  return undefined
}

const PLACES: Readonly<Record<string, { readonly table: IptTable; readonly hooks: readonly NfHook[] }>> = {
  DNAT: { table: 'nat', hooks: ['prerouting', 'output'] },
  REDIRECT: { table: 'nat', hooks: ['prerouting', 'output'] },
  SNAT: { table: 'nat', hooks: ['postrouting', 'input'] },
  MASQUERADE: { table: 'nat', hooks: ['postrouting'] },
  REJECT: { table: 'filter', hooks: ['input', 'forward', 'output'] },
  CT: { table: 'raw', hooks: ['prerouting', 'output'] },
  NOTRACK: { table: 'raw', hooks: ['prerouting', 'output'] },
}

function fits(kind: string, table: IptTable, hook: NfHook | undefined): boolean {
  const place = PLACES[kind]
  return !place || (place.table === table && (hook === undefined || place.hooks.includes(hook)))
}
