import type { Tx } from '../../core/world.ts'
import type { Family } from '../../net/address.ts'
import type { IptTable, NfChainRow, NfRule } from '../tables.ts'
import { builtinOf, chainId } from './chains.ts'
import { dropCounters, moveCounters } from './counters.ts'

/** A chain while somebody edits it. */
export interface ChainDraft {
  readonly name: string
  rules: readonly NfRule[]
  policy?: 'ACCEPT' | 'DROP'
}

/** One iptables table of one netns, edited aside and written at COMMIT with the smallest change. */
export class TableEdit {
  readonly chains: Map<string, ChainDraft>
  private readonly at: { readonly netns: string; readonly family: Family; readonly table: IptTable }
  private readonly tx: Tx
  private readonly before: ReadonlyMap<string, NfChainRow>

  constructor(tx: Tx, at: { netns: string; family: Family; table: IptTable }) {
    this.tx = tx
    this.at = at
    const rows = tx.by('nfChain', 'netnsTable', `${at.netns}|${at.family}|${at.table}`)
    this.before = new Map(rows.map((row) => [row.name, row]))
    this.chains = new Map(rows.map(({ name, rules, policy }) => [name, { name, rules, ...(policy ? { policy } : {}) }]))
  }

  /** The chain, made on first use if it is a built-in one. */
  chain(name: string): ChainDraft | undefined {
    const known = this.chains.get(name)
    if (known || !builtinOf(this.at.table, name)) return known
    return this.add(name)
  }

  add(name: string): ChainDraft {
    const draft: ChainDraft = {
      name,
      rules: [],
      ...(builtinOf(this.at.table, name) ? { policy: 'ACCEPT' as const } : {}),
    }
    this.chains.set(name, draft)
    return draft
  }

  isUsed(name: string): boolean {
    return [...this.chains.values()].some(({ rules }) =>
      rules.some(({ target }) => target && 'chain' in target && target.chain === name),
    )
  }

  commit(owner: string): void {
    for (const row of this.before.values()) if (!this.chains.has(row.name)) deleteChain(this.tx, row)
    for (const draft of this.chains.values()) this.write(draft, owner)
  }

  private write(draft: ChainDraft, owner: string): void {
    const { netns, family, table } = this.at
    const row = this.before.get(draft.name)
    if (row && row.rules === draft.rules && row.policy === draft.policy) return
    const base = builtinOf(table, draft.name)
    writeChain(this.tx, row, {
      id: chainId(netns, family, table, draft.name),
      netns,
      family,
      table,
      name: draft.name,
      ...(base ? { ...base, policy: draft.policy ?? 'ACCEPT' } : {}),
      rules: Object.freeze(draft.rules),
      owner: row?.owner ?? owner,
      ...(row?.cause ? { cause: row.cause } : {}),
    })
  }
}

/** Writes a chain; counters of rules that stay stay with them. */
export function writeChain(tx: Tx, before: NfChainRow | undefined, after: NfChainRow): void {
  tx.put('nfChain', after)
  if (before && before.rules !== after.rules) moveCounters(tx, before, after)
}

export function deleteChain(tx: Tx, row: NfChainRow): void {
  tx.delete('nfChain', row.id)
  dropCounters(tx, row.id)
}
