import type { WorldReader } from '../../core/world.ts'
import type { Family } from '../../net/address.ts'
import type { IptTable, NfHook } from '../tables.ts'

/** Built-in chains: their hook and priority in each table, in the order in which iptables-save prints them. */
const PRIORITY: Readonly<Record<IptTable, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 }
const HOOKS: Readonly<Record<IptTable, readonly NfHook[]>> = {
  raw: ['prerouting', 'output'],
  mangle: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  nat: ['prerouting', 'input', 'output', 'postrouting'],
  filter: ['input', 'forward', 'output'],
  security: ['input', 'forward', 'output'],
}

export const CONNTRACK_PRIORITY = -200
export const TABLE_NAMES = Object.keys(HOOKS) as readonly IptTable[]

export function chainId(netns: string, family: Family, table: IptTable, name: string): string {
  return `${netns}|${family}|${table}|${name}`
}

export function builtinNames(table: IptTable): readonly string[] {
  return HOOKS[table].map((hook) => hook.toUpperCase())
}

/** Hook and priority of a built-in chain; undefined for a chain of the user's. */
export function builtinOf(table: IptTable, name: string): { hook: NfHook; priority: number } | undefined {
  const hook = HOOKS[table].find((candidate) => candidate.toUpperCase() === name)
  if (!hook) return undefined
  const isSource = table === 'nat' && (hook === 'input' || hook === 'postrouting')
  return { hook, priority: isSource ? 100 : PRIORITY[table] }
}

/** Whether connections are tracked in a netns: one of its rules asks for it. */
export function tracks(world: WorldReader, netns: string, family: Family): boolean {
  return world.oneBy('nfChain', 'tracking', `${netns}|${family}`) !== undefined
}
