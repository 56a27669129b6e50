import type { NfMatch, NfRule } from '../tables.ts'
import { hostOf } from './cidr-match.ts'
import { compileMatch, type Test } from './match.ts'
import { portsOf, protoOf } from './tuple.ts'
import type { View } from './view.ts'

/** A rule made ready to run. `odds` is what a `statistic` match asks of the dice, of 2^31; it is thrown after all else matched. */
export interface CompiledRule {
  readonly rule: NfRule
  readonly index: number
  readonly tests: readonly Test[]
  readonly odds: number | undefined
}

/**
 * A chain as segments: single rules, and runs of rules that all ask for one destination, or one protocol and port. A packet
 * looks its own destination up in such a run instead of trying every rule, in the order of the chain all the same:
 * KUBE-SERVICES holds a rule per Service port.
 */
export type Segment = CompiledRule | HashedRun
export interface HashedRun {
  readonly byKey: ReadonlyMap<string, readonly CompiledRule[]>
}

const RUN_AT_LEAST = 8
const memo = new WeakMap<readonly NfRule[], readonly Segment[]>()

/** Rules are frozen and shared between nodes, and so is what is made of them. */
export function compileRules(rules: readonly NfRule[]): readonly Segment[] {
  let segments = memo.get(rules)
  if (!segments) {
    segments = segment(rules)
    memo.set(rules, segments)
  }
  return segments
}

/** What a rule is made into, wherever it stands. */
interface Prepared {
  readonly tests: readonly Test[]
  readonly odds: number | undefined
  readonly key: string | undefined
}
const prepared = new WeakMap<NfRule, Prepared>()

function prepare(rule: NfRule): Prepared {
  let made = prepared.get(rule)
  if (!made) {
    const random = rule.matches.find((match) => match.kind === 'statistic' && match.mode === 'random')
    made = {
      tests: rule.matches.map(compileMatch).filter((test) => test !== undefined),
      odds: random?.kind === 'statistic' && random.mode === 'random' ? random.p : undefined,
      key: keyOf(rule.matches),
    }
    prepared.set(rule, made)
  }
  return made
}

function segment(rules: readonly NfRule[]): Segment[] {
  const segments: Segment[] = []
  let run: Keyed[] = []
  const close = () => {
    if (run.length >= RUN_AT_LEAST) segments.push(hash(run))
    else for (const { rule } of run) segments.push(rule)
    run = []
  }
  rules.forEach((rule, index) => {
    const { tests, odds, key } = prepare(rule)
    const compiled: CompiledRule = { rule, index, tests, odds }
    if (key !== undefined) {
      run.push({ rule: compiled, key })
      return
    }
    close()
    segments.push(compiled)
  })
  close()
  return segments
}

interface Keyed {
  readonly rule: CompiledRule
  readonly key: string
}

function hash(run: readonly Keyed[]): HashedRun {
  const byKey = new Map<string, CompiledRule[]>()
  for (const { rule, key } of run) {
    const same = byKey.get(key)
    if (same) same.push(rule)
    else byKey.set(key, [rule])
  }
  return { byKey }
}

/** What a rule can be found by: `10.96.0.1|tcp|443`, `10.96.0.1` or `|tcp|30080`. */
function keyOf(matches: readonly NfMatch[]): string | undefined {
  let dst = ''
  let port = ''
  for (const match of matches) {
    if ('not' in match && match.not) continue
    if (match.kind === 'dst') dst = hostOf(match.cidr) ?? ''
    else if (match.kind === 'dport' && match.from === match.to) port = `|${match.proto}|${match.from}`
  }
  return dst === '' && port === '' ? undefined : dst + port
}

/** The rules of a run that this packet may match, in the order of the chain. */
export function candidates({ byKey }: HashedRun, { ip }: View): readonly CompiledRule[] {
  const port = `|${protoOf(ip)}|${portsOf(ip.body)[1]}`
  const found = [byKey.get(ip.dst + port), byKey.get(ip.dst), byKey.get(port)].filter((list) => list !== undefined)
  if (found.length < 2) return found[0] ?? []
  return found.flat().sort((a, b) => a.index - b.index)
}
