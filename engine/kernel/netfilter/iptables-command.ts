import type { Tx } from '../../core/world.ts'
import type { Family } from '../../net/address.ts'
import type { IptTable } from '../tables.ts'
import { builtinOf, TABLE_NAMES } from './chains.ts'
import { dropCounters } from './counters.ts'
import { parseRule } from './rule-parse.ts'
import { sameRule } from './same-rule.ts'
import { TableEdit } from './table-edit.ts'

/** What iptables says when a verb that changes a table has run. */
export interface CommandResult {
  readonly stderr: string
  readonly exitCode: number
}

/** The words of one iptables command, sorted into table, verb, chain and the rest. */
export interface IptablesWords {
  readonly table: IptTable
  readonly verb: string
  readonly chain?: string
  readonly rest: readonly string[]
}

const VERBS: Readonly<Record<string, string>> = {
  '--append': '-A',
  '--insert': '-I',
  '--delete': '-D',
  '--check': '-C',
  '--replace': '-R',
  '--flush': '-F',
  '--new-chain': '-N',
  '--new': '-N',
  '--delete-chain': '-X',
  '--policy': '-P',
  '--rename-chain': '-E',
  '--zero': '-Z',
  '--list': '-L',
  '--list-rules': '-S',
}
const KNOWN = Object.values(VERBS)
const HELP = (tool: string) => `Try \`${tool} -h' or '${tool} --help' for more information.\n`

/** Reads `-t TABLE`, the verb and its chain; options for printing stay in `rest`. */
export function iptablesWords(args: readonly string[], tool: string): IptablesWords | CommandResult {
  const complaint = (text: string, code: number) => ({ stderr: `${tool} v1.8.9 (nf_tables)${text}`, exitCode: code })
  let table: IptTable = 'filter'
  let verb: string | undefined
  let chain: string | undefined
  const rest: string[] = []
  for (let i = 0; i < args.length; i++) {
    const word = VERBS[args[i]] ?? args[i]
    if (word === '-t' || word === '--table') {
      const found = TABLE_NAMES.find((name) => name === args[i + 1])
      if (!found)
        return complaint(
          `: table '${args[i + 1]}' does not exist\nPerhaps ${tool} or your kernel needs to be upgraded.\n`,
          3,
        )
      table = found
      i++
    } else if (!verb && KNOWN.includes(word)) {
      verb = word
      const next = args[i + 1]
      if (next !== undefined && !next.startsWith('-') && next !== '!') chain = args[++i]
    } else if (word !== '-w' && word !== '--wait') rest.push(word)
  }
  const unknown = rest.find((word) => /^-[A-Z]$/.test(word))
  if (!verb)
    return complaint(
      unknown ? `: unknown option "${unknown}"\n${HELP(tool)}` : `: no command specified\n${HELP(tool)}`,
      2,
    )
  return { table, verb, rest, ...(chain === undefined ? {} : { chain }) }
}

const NO_CHAIN = 'No chain/target/match by that name.'
const NO_RULE = 'Bad rule (does a matching rule exist in that chain?).'

/** Runs a verb that changes a table, as a hand at a terminal would. Models iptables/xtables.c do_commandeb(). */
export function iptablesCommand(
  tx: Tx,
  at: { netns: string; family: Family; owner: string },
  words: IptablesWords,
): CommandResult {
  const tool = at.family === 'ipv4' ? 'iptables' : 'ip6tables'
  const edit = new TableEdit(tx, { netns: at.netns, family: at.family, table: words.table })
  const failed = run(edit, words, at, tool)
  if (failed !== undefined)
    return {
      stderr: failed.startsWith(tool) ? failed : `${tool}: ${failed}\n`,
      exitCode: failed.startsWith(`${tool} v`) ? 2 : 1,
    }
  edit.commit(at.owner)
  if (words.verb === '-Z')
    for (const row of tx.by('nfChain', 'netnsTable', `${at.netns}|${at.family}|${words.table}`))
      if (!words.chain || row.name === words.chain) dropCounters(tx, row.id)
  return { stderr: '', exitCode: 0 }
}

/** The complaint, or undefined. */
function run(
  edit: TableEdit,
  { table, verb, chain: name, rest }: IptablesWords,
  at: { family: Family; owner: string },
  tool: string,
): string | undefined {
  const usage = (text: string) => `${tool} v1.8.9 (nf_tables): ${text}\n${HELP(tool)}`
  switch (verb) {
    case '-F':
      if (name !== undefined && !edit.chain(name)) return NO_CHAIN
      for (const draft of edit.chains.values()) if (name === undefined || draft.name === name) draft.rules = []
      return undefined
    case '-N':
      if (name === undefined) return usage('option "-N" requires an argument')
      if (edit.chains.has(name) || builtinOf(table, name)) return 'Chain already exists.'
      edit.add(name)
      return undefined
    case '-X':
      return deleteChains(edit, table, name, tool)
    case '-P': {
      const draft = name === undefined || !builtinOf(table, name) ? undefined : edit.chain(name)
      if (!draft) return usage('Bad built-in chain name')
      if (rest[0] !== 'ACCEPT' && rest[0] !== 'DROP') return usage('Bad policy name')
      draft.policy = rest[0]
      return undefined
    }
    case '-E':
      return rename(edit, name, rest[0])
    case '-Z':
      return undefined
    default:
      return editRules(edit, verb, name, [...rest], at, usage)
  }
}

function deleteChains(edit: TableEdit, table: IptTable, name: string | undefined, tool: string): string | undefined {
  const busy = (chain: string) =>
    `${tool} v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain ${chain}\n`
  if (name !== undefined && !edit.chain(name)) return NO_CHAIN
  for (const { name: chain, rules } of [...edit.chains.values()]) {
    if (name === undefined ? builtinOf(table, chain) : chain !== name) continue
    if (rules.length > 0 || edit.isUsed(chain) || builtinOf(table, chain)) return busy(chain)
    edit.chains.delete(chain)
  }
  return undefined
}

function rename(edit: TableEdit, from: string | undefined, to: string | undefined): string | undefined {
  const draft = from === undefined ? undefined : edit.chains.get(from)
  if (!draft || from === undefined || to === undefined) return NO_CHAIN
  if (edit.chains.has(to)) return 'File exists.'
  edit.chains.delete(from)
  edit.add(to).rules = draft.rules
  for (const other of edit.chains.values()) {
    other.rules = other.rules.map((rule) =>
      rule.target && 'chain' in rule.target && rule.target.chain === from
        ? { ...rule, target: { ...rule.target, chain: to } }
        : rule,
    )
  }
  return undefined
}

function editRules(
  edit: TableEdit,
  verb: string,
  name: string | undefined,
  rest: string[],
  at: { family: Family; owner: string },
  usage: (text: string) => string,
): string | undefined {
  const draft = name === undefined ? undefined : edit.chain(name)
  const isNumber = /^\d+$/.test(rest[0] ?? '')
  if (verb === '-D' && isNumber) {
    const index = Number(rest[0]) - 1
    if (!draft) return NO_CHAIN
    if (index >= draft.rules.length) return 'Index of deletion too big.'
    draft.rules = draft.rules.filter((_, i) => i !== index)
    return undefined
  }
  const place = isNumber && (verb === '-I' || verb === '-R') ? Number(rest.shift()) - 1 : 0
  const parsed = parseRule(rest, at.family)
  if ('error' in parsed) return usage(parsed.error)
  const missing = parsed.rules.find(({ target }) => target && 'chain' in target && !edit.chains.has(target.chain))
  if (missing?.target && 'chain' in missing.target) return usage(`Chain '${missing.target.chain}' does not exist`)
  if (!draft) return NO_CHAIN
  const rules = parsed.rules.map((rule) => Object.freeze({ ...rule, owner: at.owner }))
  const found = draft.rules.findIndex((rule) => sameRule(rule, rules[0]))
  switch (verb) {
    case '-A':
      draft.rules = [...draft.rules, ...rules]
      return undefined
    case '-I':
      if (place > draft.rules.length) return 'Index of insertion too big.'
      draft.rules = [...draft.rules.slice(0, place), ...rules, ...draft.rules.slice(place)]
      return undefined
    case '-R':
      if (place >= draft.rules.length) return 'Index of replacement too big.'
      draft.rules = draft.rules.map((rule, i) => (i === place ? rules[0] : rule))
      return undefined
    case '-C':
      return found < 0 ? NO_RULE : undefined
    default:
      if (found < 0) return NO_RULE
      draft.rules = draft.rules.filter((_, i) => i !== found)
      return undefined
  }
}
