import type { NfChainRow, RecordRef } from '../tables.ts'
import { runBaseChain, type Verdict } from './evaluate.ts'
import { bindToNothing, isDecided, manipOf, quotedTranslationOf, translationOf } from './nat.ts'
import { difference, endText, report, wayTo } from './report.ts'
import { rewrite, rewriteQuoted } from './rewrite.ts'
import { isIcmpError } from './tuple.ts'
import { directionOf, updateEntry, type View } from './view.ts'

/**
 * NAT at one hook: a flow's first packet asks the chain, every packet is changed as its entry says.
 * Models nf_nat_core.c nf_nat_inet_fn(). `exhausted` if no free tuple was left.
 */
export function translate(view: View, chain: NfChainRow | undefined): Verdict | 'exhausted' | undefined {
  const { ct, at } = view
  if (ct?.kind !== 'tracked') return undefined
  const manip = manipOf(at.hook)
  let verdict: Verdict | undefined
  if (ct.info === 'new' && !isDecided(ct.row, manip)) {
    verdict = chain && runBaseChain(view, chain)
    if (verdict && verdict.kind !== 'accept') return verdict
    const row = view.ct?.kind === 'tracked' ? view.ct.row : ct.row
    if (ct.confirmed) reportKept(view, verdict)
    else if (!isDecided(row, manip)) {
      const bound = bindToNothing(view.ctx, row, manip)
      if (!bound) return 'exhausted'
      updateEntry(view, () => bound)
    }
  }
  change(view, verdict?.kind === 'accept' ? verdict.via : [])
  return verdict
}

/** The chain would translate, but the flow is older than the rule. */
function reportKept(view: View, verdict: Verdict | undefined): void {
  if (view.ct?.kind !== 'tracked' || verdict?.by.rule === undefined) return
  const { row } = view.ct
  report(view, {
    stage: 'nat',
    action: 'kept',
    detail: `${wayTo(verdict.via, verdict.by)} comes too late: the flow's first packet decided, before the rule was there`,
    decidedBy: { table: 'conntrack', id: row.id, row },
  })
}

function change(view: View, via: readonly RecordRef[]): void {
  if (view.ct?.kind !== 'tracked') return
  const { row, info, confirmed } = view.ct
  const dir = directionOf(info)
  const translation = translationOf(row, dir, manipOf(view.at.hook))
  if (!translation) return
  const { manip, ip, port, undo, by } = translation
  const before = view.ip
  if (isIcmpError(before.body)) {
    const quoted = quotedTranslationOf(row, dir, manip)
    const readdressed = manip === 'src' ? { ...before, src: ip } : { ...before, dst: ip }
    view.ip = rewriteQuoted(readdressed, (inner) => rewrite(inner, quoted.manip, quoted.ip, quoted.port))
  } else view.ip = rewrite(before, manip, ip, port)
  const fields = difference(before, view.ip)
  if (Object.keys(fields.after ?? {}).length === 0) return
  const isSource = (manip === 'src') !== undo
  if (isSource) view.snat = by ?? view.snat
  else view.dnat = by ?? view.dnat
  const isFirst = info === 'new' && !confirmed && by !== undefined
  const entry: RecordRef = { table: 'conntrack', id: row.id, row }
  const name = isSource ? 'SNAT' : 'DNAT'
  const becomes = `${manip === 'src' ? 'source' : 'destination'} ${endText(before, manip)} becomes ${endText(view.ip, manip)}`
  report(view, {
    stage: 'nat',
    action: undo ? `un-${name}` : name,
    detail: isFirst ? `${becomes}: ${wayTo(via, by)}` : `${becomes}, as the conntrack entry of the flow says`,
    decidedBy: isFirst ? by : entry,
    via: isFirst ? via : by ? [by] : [],
    ...fields,
  })
}
