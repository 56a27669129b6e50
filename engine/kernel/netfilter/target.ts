import type { NfTarget, RecordRef } from '../tables.ts'
import { updateEntry, type View } from './view.ts'
import { bindTarget } from './nat-target.ts'
import { report, wayTo } from './report.ts'
import { clampMss } from './tcpmss.ts'

type Acting = Exclude<NfTarget, { kind: 'jump' | 'goto' | 'RETURN' }>

/** Does what a target does; `continue` if the next rule is to be tried. */
export function applyTarget(view: View, target: NfTarget, by: RecordRef): 'continue' | 'accept' | 'drop' | 'reject' {
  const acting = target as Acting // the caller follows jumps and returns itself
  switch (acting.kind) {
    case 'ACCEPT':
      return 'accept'
    case 'DROP':
      return 'drop'
    case 'REJECT':
      return 'reject'
    case 'MARK':
      setMark(view, ((view.mark & ~acting.mask) ^ acting.value) >>> 0, by)
      return 'continue'
    case 'CONNMARK':
      changeConnmark(view, acting, by)
      return 'continue'
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
      return bindTarget(view, acting, by)
    case 'NOTRACK':
      return untrack(view)
    case 'CT':
      if (acting.zone !== undefined) view.zone = acting.zone
      return acting.notrack ? untrack(view) : 'continue'
    case 'TCPMSS':
      clampMss(view, acting, by)
      return 'continue'
    case 'LOG':
      report(view, { action: 'LOG', detail: `${acting.prefix ?? ''}logged by ${wayTo(view.path, by)}`, decidedBy: by })
      return 'continue'
    // Simplified: TRACE writes nothing of its own, because every walk is a trace.
    case 'TRACE':
      return 'continue'
  }
}

function untrack(view: View): 'continue' {
  if (!view.ct) view.ct = { kind: 'untracked' }
  return 'continue'
}

/** A mark is reported when it is set: what clears it again (KUBE-POSTROUTING) only tidies up. */
function setMark(view: View, mark: number, by: RecordRef): void {
  const before = view.mark
  view.mark = mark
  if (mark === before || mark === 0) return
  report(view, {
    action: 'MARK',
    detail: `marked ${hex(mark)} by ${wayTo(view.path, by)}`,
    decidedBy: by,
    via: [...view.path],
    before: { mark: hex(before) },
    after: { mark: hex(mark) },
  })
}

const hex = (mark: number) => `0x${mark.toString(16)}`

function changeConnmark(view: View, target: Extract<NfTarget, { kind: 'CONNMARK' }>, by: RecordRef): void {
  if (view.ct?.kind !== 'tracked') return
  const { mark } = view.ct.row
  const mask = target.mask ?? 0xffff_ffff
  switch (target.op) {
    case 'set-xmark':
      return updateEntry(view, (row) => remarked(row, ((mark & ~mask) ^ target.value) >>> 0))
    case 'save':
      return updateEntry(view, (row) => remarked(row, ((mark & ~mask) ^ (view.mark & mask)) >>> 0))
    case 'restore':
      return setMark(view, ((view.mark & ~mask) ^ (mark & mask)) >>> 0, by)
  }
}

const remarked = <R extends { readonly mark: number }>(row: R, mark: number): R =>
  row.mark === mark ? row : { ...row, mark }
