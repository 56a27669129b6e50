import type { Cause } from '../../core/cause.ts'
import type { Tx } from '../../core/world.ts'
import type { Family } from '../../net/address.ts'
import type { IptTable, NfChainRow, NfRule } from '../tables.ts'
import { builtinOf, chainId } from './chains.ts'
import { sameRule } from './same-rule.ts'
import { deleteChain, writeChain } from './table-edit.ts'

/** A chain of a daemon's own, as it is to be. Rules are best the same objects on every node that wants the same. */
export interface DesiredChain {
  readonly table: IptTable
  readonly name: string
  readonly rules: readonly NfRule[]
  readonly cause?: Cause
}

/** A rule in a chain that others use too, most often a jump from a built-in one. */
export interface DesiredJump {
  readonly table: IptTable
  readonly chain: string
  readonly rule: NfRule
  /** `first` is `-I`, `last` is `-A`; several of one owner keep the order in which they are listed. */
  readonly where: 'first' | 'last'
}

export interface ChainOwner {
  readonly netns: string
  readonly family: Family
  readonly owner: string
}

/**
 * How a daemon programs iptables: it says everything that it wants in a netns, and the smallest change is made. Chains of
 * this owner that it no longer names go; rules that stay are the same objects, with their counters; a second sync writes
 * nothing. An equal rule that somebody else put is as good as one's own.
 */
export function syncChains(
  tx: Tx,
  who: ChainOwner,
  chains: readonly DesiredChain[],
  jumps: readonly DesiredJump[],
): void {
  const found = marks(tx, who)
  const [{ chains: known, jumps: knownJumps, all }] = found
  const inPlace = known && knownJumps === jumps && found.every((mark, k) => mark === all?.[k])
  if (inPlace && known === chains) return
  if (inPlace) syncDifference(tx, who, difference(known, chains))
  else syncAll(tx, who, chains, jumps)
  const now = marks(tx, who)
  if (now[0] !== NO_ROWS) Object.assign(now[0], { chains, jumps, all: now })
}

interface Difference {
  readonly changed: readonly DesiredChain[]
  readonly gone: readonly DesiredChain[]
}

const differences = new WeakMap<readonly DesiredChain[], WeakMap<readonly DesiredChain[], Difference>>()

/** What to do from one list to another; nodes that hold the same lists share the answer. */
function difference(before: readonly DesiredChain[], after: readonly DesiredChain[]): Difference {
  const known = differences.get(before) ?? new WeakMap<readonly DesiredChain[], Difference>()
  differences.set(before, known)
  let found = known.get(after)
  if (!found) {
    const keyOf = ({ table, name }: DesiredChain) => `${table} ${name}`
    const old = new Set(before)
    const names = new Set(after.map(keyOf))
    found = {
      changed: after.filter((chain) => !old.has(chain)),
      gone: before.filter((chain) => !names.has(keyOf(chain))),
    }
    known.set(after, found)
  }
  return found
}

function syncDifference(tx: Tx, who: ChainOwner, { changed, gone }: Difference): void {
  const idOf = ({ table, name }: DesiredChain) => chainId(who.netns, who.family, table, name)
  for (const chain of changed) syncChain(tx, who, idOf(chain), chain)
  for (const chain of gone) {
    const row = tx.get('nfChain', idOf(chain))
    if (row?.owner === who.owner) deleteChain(tx, row)
  }
}

/** What was found to be in place: remembered with a table of rows for as long as none of these rows changes. */
interface Mark {
  readonly chains?: readonly DesiredChain[]
  readonly jumps?: readonly DesiredJump[]
  readonly all?: readonly Mark[]
}

const NO_ROWS: Mark = Object.freeze({})

/** One mark per table that daemons write. They ask again and again for the very same lists, and are answered at once. */
function marks(tx: Tx, who: ChainOwner): readonly [Mark, ...Mark[]] {
  const mark = (table: IptTable): Mark =>
    tx.memo('nfChain', 'netnsTable', `${who.netns}|${who.family}|${table}`, `synced ${who.owner}`, (rows) =>
      rows.length > 0 ? {} : NO_ROWS,
    )
  return [mark('nat'), mark('filter'), mark('mangle'), mark('raw')]
}

function syncAll(tx: Tx, who: ChainOwner, chains: readonly DesiredChain[], jumps: readonly DesiredJump[]): void {
  const wanted = new Set<string>()
  for (const chain of chains) {
    const id = chainId(who.netns, who.family, chain.table, chain.name)
    wanted.add(id)
    syncChain(tx, who, id, chain)
  }
  for (const [key, own] of jumpsByChain(jumps)) {
    const [table, name] = key.split(' ') as [IptTable, string]
    wanted.add(chainId(who.netns, who.family, table, name))
    syncJumps(tx, who, { table, name }, own)
  }
  for (const row of tx.by('nfChain', 'base', `${who.netns}|${who.family}`))
    if (!wanted.has(row.id)) syncJumps(tx, who, row, [])
  for (const row of tx.by('nfChain', 'owned', `${who.netns}|${who.family}|${who.owner}`)) {
    if (!wanted.has(row.id) && !row.hook) deleteChain(tx, row)
  }
}

function syncChain(tx: Tx, who: ChainOwner, id: string, chain: DesiredChain): void {
  const before = tx.get('nfChain', id)
  // Two daemons may keep one chain (KUBE-FIREWALL): as long as they agree, it stays the first one's.
  if (before && before.owner !== who.owner && alike(before.rules, chain.rules)) return
  const rules = before ? merged(before.rules, chain.rules) : chain.rules
  if (before && before.rules === rules && before.owner === who.owner) return
  writeChain(tx, before, {
    ...{ id, netns: who.netns, family: who.family, table: chain.table, name: chain.name },
    rules: Object.isFrozen(rules) ? rules : Object.freeze([...rules]),
    owner: who.owner,
    ...(chain.cause ? { cause: chain.cause } : {}),
  })
}

/** The wanted rules, each as the object that is there already if there is an equal one; the old list if nothing differs. */
function merged(before: readonly NfRule[], wanted: readonly NfRule[]): readonly NfRule[] {
  if (before === wanted) return before
  const differs = before.length !== wanted.length || wanted.some((rule, i) => !equalRules(rule, before[i]))
  return differs ? wanted : before
}

function alike(a: readonly NfRule[], b: readonly NfRule[]): boolean {
  return a.length === b.length && a.every((rule, i) => sameRule(rule, b[i]))
}

function equalRules(a: NfRule, b: NfRule): boolean {
  return (
    a === b ||
    (sameRule(a, b) &&
      a.reason === b.reason &&
      a.owner === b.owner &&
      JSON.stringify(a.cause) === JSON.stringify(b.cause))
  )
}

function jumpsByChain(jumps: readonly DesiredJump[]): Map<string, DesiredJump[]> {
  const byChain = new Map<string, DesiredJump[]>()
  for (const jump of jumps) {
    const key = `${jump.table} ${jump.chain}`
    const list = byChain.get(key)
    if (list) list.push(jump)
    else byChain.set(key, [jump])
  }
  return byChain
}

function syncJumps(
  tx: Tx,
  who: ChainOwner,
  at: { table: IptTable; name: string },
  jumps: readonly DesiredJump[],
): void {
  const id = chainId(who.netns, who.family, at.table, at.name)
  const before = tx.get('nfChain', id)
  if (!before && jumps.length === 0) return
  const rules = withJumps(before?.rules ?? [], jumps, who.owner)
  if (before && rules.length === before.rules.length && rules.every((rule, i) => rule === before.rules[i])) return
  const base = builtinOf(at.table, at.name)
  const made: NfChainRow = {
    ...{ id, netns: who.netns, family: who.family, table: at.table, name: at.name },
    ...(base ? { ...base, policy: 'ACCEPT' } : {}),
    rules: [],
    owner: who.owner,
  }
  writeChain(tx, before, { ...(before ?? made), rules: Object.freeze(rules) })
}

/** Models utiliptables EnsureRule: what is there stays where it is; what is missing goes next to its neighbours of the list. */
function withJumps(current: readonly NfRule[], jumps: readonly DesiredJump[], owner: string): NfRule[] {
  const rules = current.filter((rule) => rule.owner !== owner || jumps.some((jump) => sameRule(jump.rule, rule)))
  const placeOf = (jump: DesiredJump) => rules.findIndex((rule) => sameRule(rule, jump.rule))
  let anchor = 0
  for (const jump of jumps.filter(({ where }) => where === 'first').reverse()) {
    const place = placeOf(jump)
    if (place < 0) rules.splice(anchor, 0, jump.rule)
    else if (rules[place].owner === owner) anchor = place
  }
  for (const jump of jumps) if (jump.where === 'last' && placeOf(jump) < 0) rules.push(jump.rule)
  return rules
}
