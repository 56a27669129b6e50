import { assert } from '../../core/assert.ts'
import type { NfChainRow, NfRule, RecordRef } from '../tables.ts'
import { chainId } from './chains.ts'
import { type CompiledRule, candidates, compileRules } from './compile.ts'
import { POLICY } from './counters.ts'
import { refOf } from './report.ts'
import { applyTarget } from './target.ts'
import type { View } from './view.ts'

/** How a chain ended for a packet. `by` is the rule, or the chain alone if its policy spoke. */
export type Verdict =
  | { readonly kind: 'accept'; readonly by: RecordRef; readonly via: readonly RecordRef[] }
  | { readonly kind: 'drop'; readonly by: RecordRef; readonly via: readonly RecordRef[]; readonly rule?: NfRule }
  | {
      readonly kind: 'reject'
      readonly by: RecordRef
      readonly via: readonly RecordRef[]
      readonly rule: NfRule
      readonly with: string
    }

/** A packet through a base chain: its rules and those they jump to, and at the end the policy. Models ipt_do_table(). */
export function runBaseChain(view: View, row: NfChainRow): Verdict {
  const verdict = runChain(view, row)
  view.path.length = 0
  if (verdict !== 'return') return verdict
  view.hits.push({ chain: row, rule: POLICY })
  return { kind: row.policy === 'DROP' ? 'drop' : 'accept', by: refOf(row), via: [] }
}

function runChain(view: View, row: NfChainRow): Verdict | 'return' {
  assert(view.path.length < 256, `jumps of ${row.id} end`)
  for (const segment of compileRules(row.rules)) {
    const rules = 'byKey' in segment ? candidates(segment, view) : undefined
    if (!rules) {
      const outcome = runRule(view, row, segment as CompiledRule) // not a run, so a rule
      if (outcome !== 'continue') return outcome
      continue
    }
    for (const rule of rules) {
      const outcome = runRule(view, row, rule)
      if (outcome !== 'continue') return outcome
    }
  }
  return 'return'
}

function runRule(
  view: View,
  row: NfChainRow,
  { rule, index, tests, odds }: CompiledRule,
): Verdict | 'continue' | 'return' {
  for (const test of tests) if (!test(view)) return 'continue'
  if (odds !== undefined && !throwDice(view, row, odds)) return 'continue'
  view.hits.push({ chain: row, rule: index })
  const { target } = rule
  if (!target) return 'continue'
  switch (target.kind) {
    case 'RETURN':
      return 'return'
    case 'jump':
    case 'goto':
      return follow(view, row, index, target)
    default: {
      const by = refOf(row, index)
      const outcome = applyTarget(view, target, by)
      if (outcome === 'continue') return outcome
      const via = [...view.path]
      switch (outcome) {
        case 'accept':
          return { kind: 'accept', by, via }
        case 'drop':
          return { kind: 'drop', by, via, rule }
        case 'reject':
          return { kind: 'reject', by, via, rule, with: target.kind === 'REJECT' ? target.with : '' }
      }
    }
  }
}

/** A jump comes back after the chain's end; a goto does not: what it returns from is the chain that was jumped to before. */
function follow(
  view: View,
  row: NfChainRow,
  index: number,
  target: { kind: 'jump' | 'goto'; chain: string },
): Verdict | 'continue' | 'return' {
  const next = view.ctx.tx.get('nfChain', chainId(row.netns, row.family, row.table, target.chain))
  if (!next) return 'continue'
  view.path.push(refOf(row, index))
  const outcome = runChain(view, next)
  if (outcome !== 'return') return outcome
  view.path.pop()
  return target.kind === 'jump' ? 'continue' : 'return'
}

/** Models xt_statistic: 31 random bits below the rule's number. Each chain has dice of its own. */
function throwDice(view: View, row: NfChainRow, odds: number): boolean {
  const yes = odds / 2 ** 31
  return view.ctx.random(`statistic/${row.netns}/${row.name}`, { yes }) < yes
}
