import { assert } from '../../core/assert.ts'
import type { WorldReader } from '../../core/world.ts'
import type { Family } from '../../net/address.ts'
import type { HookPoint, NfResult, RunHook } from '../contract.ts'
import type { HookRow, NfChainRow, NfHook, NfRule, RecordRef } from '../tables.ts'
import type { ReasonCode } from '../trace/reasons.ts'
import { CONNTRACK_PRIORITY } from './chains.ts'
import { confirm, trackPacket } from './conntrack.ts'
import { count } from './counters.ts'
import { runBaseChain, type Verdict } from './evaluate.ts'
import { NF_PROGRAMS } from './programs.ts'
import { dropReason, report, wayTo } from './report.ts'
import { translate } from './translate.ts'
import { toSkb, type View, viewOf } from './view.ts'

type Stage =
  | { readonly priority: number; readonly kind: 'chain'; readonly row: NfChainRow }
  | { readonly priority: number; readonly kind: 'track' | 'confirm' }
  | { readonly priority: number; readonly kind: 'nat'; readonly row?: NfChainRow }
  | { readonly priority: number; readonly kind: 'program'; readonly row: HookRow }

/**
 * Everything that netfilter does at one hook, in order of priority:
 *
 *     -300 raw   -200 conntrack   -150 mangle   -100 nat (destination)   0 filter   50 security   100 nat (source)   max confirm
 *
 * A netns without tables and hook programs lets everything pass untouched and tracks nothing. A drop or a reject has been
 * reported as a step, with the end of the branch, when this returns.
 */
export const runHook: RunHook = (ctx, at) => {
  const { skb, hook } = at
  const { ip } = skb
  assert(ip, `${hook} sees an IP packet`)
  const stages = stagesOf(ctx.tx, at, ip.family)
  if (stages.length === 0) return { kind: 'accept', skb }
  const view = viewOf(ctx, at, ip)
  for (const stage of stages) {
    const end = runStage(view, stage)
    if (end) {
      count(view)
      return end
    }
  }
  count(view)
  return { kind: 'accept', skb: toSkb(view) }
}

const NAT_PRIORITY: Readonly<Partial<Record<NfHook, number>>> = {
  prerouting: -100,
  output: -100,
  input: 100,
  postrouting: 100,
}

type Stages = Readonly<Record<NfHook, readonly Stage[]>>

function stagesOf(world: WorldReader, { hook, skb }: HookPoint, family: Family): readonly Stage[] {
  const key = `${skb.netns}|${family}`
  const tracking = world.oneBy('nfChain', 'tracking', key) !== undefined
  const own = world.memo('nfChain', 'base', key, tracking ? 'stages tracking' : 'stages', (rows) =>
    allStages(rows, tracking),
  )[hook]
  if (world.count('hook') === 0) return own
  const programs = world.by('hook', 'netnsHook', `${skb.netns}|${hook}`)
  if (programs.length === 0) return own
  return inOrder([...own, ...programs.map((row): Stage => ({ priority: row.priority, kind: 'program', row }))])
}

const inOrder = (stages: Stage[]) => stages.sort((a, b) => a.priority - b.priority)
const NOTHING: Stages = { prerouting: [], input: [], forward: [], output: [], postrouting: [] }

/** NAT takes place, taking it back included, as soon as one built-in chain of table nat exists. Models nf_nat_register_fn(). */
function allStages(rows: readonly NfChainRow[], tracking: boolean): Stages {
  if (rows.length === 0 && !tracking) return NOTHING
  const translates = tracking && rows.some((row) => row.table === 'nat')
  const at = (hook: NfHook): readonly Stage[] => {
    const own = rows.filter((row) => row.hook === hook)
    const nat = own.find(({ table }) => table === 'nat')
    const natPriority = NAT_PRIORITY[hook]
    return inOrder([
      ...own.filter((row) => row !== nat).map((row): Stage => ({ priority: row.priority ?? 0, kind: 'chain', row })),
      ...(tracking && (hook === 'prerouting' || hook === 'output')
        ? [{ priority: CONNTRACK_PRIORITY, kind: 'track' } as const]
        : []),
      ...(translates && natPriority !== undefined
        ? [{ priority: natPriority, kind: 'nat', ...(nat ? { row: nat } : {}) } as const]
        : []),
      ...(tracking && (hook === 'input' || hook === 'postrouting')
        ? [{ priority: Number.MAX_SAFE_INTEGER, kind: 'confirm' } as const]
        : []),
    ])
  }
  return {
    prerouting: at('prerouting'),
    input: at('input'),
    forward: at('forward'),
    output: at('output'),
    postrouting: at('postrouting'),
  }
}

function runStage(view: View, stage: Stage): NfResult | undefined {
  switch (stage.kind) {
    case 'chain':
      return endOf(view, runBaseChain(view, stage.row), stage.row)
    case 'nat': {
      const verdict = translate(view, stage.row)
      if (verdict === 'exhausted')
        return lose(view, 'snat.ports-exhausted', 'no free source port is left for this flow', entryRef(view))
      return verdict && stage.row ? endOf(view, verdict, stage.row) : undefined
    }
    case 'track':
      return track(view)
    case 'confirm':
      return finish(view)
    case 'program':
      return NF_PROGRAMS[stage.row.program]?.(view, stage.row)
  }
}

function track(view: View): NfResult | undefined {
  if (view.ct) return undefined // looped back, seen by the bridge, or exempted
  const tracked = trackPacket(view.ctx, { ...view.skb, ctZone: view.zone }, view.ip)
  if (tracked.kind === 'full') {
    const by = { table: 'sysctl', id: `${view.skb.netns}|net.netfilter.nf_conntrack_max` }
    return lose(view, 'ct.full', 'nf_conntrack: table full, dropping packet', by)
  }
  view.ct = tracked
  return undefined
}

function finish(view: View): NfResult | undefined {
  if (view.ct?.kind !== 'tracked' || view.ct.confirmed) return undefined
  const confirmed = confirm(view.ctx, view.ct.row)
  if (confirmed === 'clash')
    return lose(view, 'ct.race', 'another packet took the same conntrack tuple first', entryRef(view))
  view.ct = { ...view.ct, row: confirmed, confirmed: true }
  return undefined
}

function entryRef(view: View): RecordRef {
  const row = view.ct?.kind === 'tracked' ? view.ct.row : undefined
  return { table: 'conntrack', id: row?.id ?? '', ...(row ? { row } : {}) }
}

function endOf(view: View, verdict: Verdict, chain: NfChainRow): NfResult | undefined {
  const { by, via } = verdict
  const way = wayTo(via, by)
  switch (verdict.kind) {
    case 'accept':
      if (chain.table === 'filter' && chain.rules.length > 0) {
        report(view, { action: 'accept', detail: `${way} lets it pass`, decidedBy: by, via })
      }
      return undefined
    case 'drop': {
      const reason = reasonOf(verdict.rule) ?? dropReason(view.at.hook)
      return lose(view, reason, `${way} drops it`, by, via)
    }
    case 'reject': {
      const reason = verdict.rule.reason ?? 'fw.reject'
      const end = { disposition: 'rejected', reason } as const
      report(view, { action: 'rejected', detail: `${way} rejects it with ${verdict.with}`, decidedBy: by, via, end })
      return { kind: 'reject', by, with: verdict.with, skb: toSkb(view), reason }
    }
  }
}

/** What the rule's owner calls it; a rule for INVALID packets speaks for itself. */
function reasonOf(rule: NfRule | undefined): ReasonCode | undefined {
  if (rule?.reason) return rule.reason
  const state = rule?.matches.find((match) => match.kind === 'ctstate')
  return state?.kind === 'ctstate' && !state.not && state.states.join() === 'INVALID' ? 'ct.invalid' : undefined
}

function lose(view: View, reason: ReasonCode, detail: string, by: RecordRef, via: readonly RecordRef[] = []): NfResult {
  report(view, { action: 'dropped', detail, decidedBy: by, via, end: { disposition: 'dropped', reason } })
  return { kind: 'drop', by, reason }
}
