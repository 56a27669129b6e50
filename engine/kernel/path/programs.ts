import type { Ctx } from '../../core/context.ts'
import { refTo } from '../ids.ts'
import type { HookRow, LinkRow } from '../tables.ts'
import { lose } from '../trace/emit.ts'
import type { ReasonCode } from '../trace/reasons.ts'
import type { Skb } from './skb.ts'

/** What a program on a device's hook says about a packet: TC_ACT_OK, TC_ACT_SHOT, bpf_redirect and their XDP kin. */
export type ProgramVerdict =
  | { readonly kind: 'pass'; readonly skb: Skb }
  | { readonly kind: 'drop'; readonly reason: ReasonCode; readonly detail: string }
  /** To another link, as if received there or as if sent there. The program has reported the step. */
  | { readonly kind: 'redirect'; readonly skb: Skb; readonly link: string; readonly as: 'received' | 'sent' }
  | { readonly kind: 'consumed' }

export type Program = (ctx: Ctx, skb: Skb, link: LinkRow, row: HookRow) => ProgramVerdict

/** Programs of tc, XDP and rx_handler hooks by name. A provider adds its own here and places it with a row of table `hook`. */
export const PROGRAMS: Readonly<Record<string, Program>> = {}

export type DeviceHook = 'xdp' | 'tc-ingress' | 'tc-egress' | 'rx-handler'

/** Runs the programs of one hook of a device in order of priority. Most devices have none: that costs one look-up. */
export function runPrograms(ctx: Ctx, hook: DeviceHook, link: LinkRow, skb: Skb, programs = PROGRAMS): ProgramVerdict {
  if (ctx.tx.count('hook') === 0) return { kind: 'pass', skb }
  let current = skb
  for (const row of ctx.tx.by('hook', 'link', link.id)) {
    const program = row.hook === hook ? programs[row.program] : undefined
    if (!program) continue
    const verdict = program(ctx, current, link, row)
    if (verdict.kind === 'drop') {
      const stage = hook === 'rx-handler' ? 'receive' : hook
      lose(ctx, current, verdict.reason, { stage, dev: link.id, detail: verdict.detail, decidedBy: refTo('hook', row) })
    }
    if (verdict.kind !== 'pass') return verdict
    current = verdict.skb
  }
  return { kind: 'pass', skb: current }
}
