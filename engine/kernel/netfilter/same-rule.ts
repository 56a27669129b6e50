import type { NfRule } from '../tables.ts'

const memo = new WeakMap<NfRule, string>()

/** Two rules that print alike are one to `-D`, `-C` and to daemons that look whether a rule is there. */
export function sameRule(a: NfRule, b: NfRule): boolean {
  return a === b || specOf(a) === specOf(b)
}

function specOf(rule: NfRule): string {
  let spec = memo.get(rule)
  if (spec === undefined) {
    spec = JSON.stringify([rule.matches.map(sorted), rule.target && sorted(rule.target)])
    memo.set(rule, spec)
  }
  return spec
}

/** Fields in one order: rules are made by different hands. */
const sorted = (part: object) => Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))
