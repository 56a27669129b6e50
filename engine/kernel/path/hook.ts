import type { Ctx } from '../../core/context.ts'
import type { HookPoint } from '../contract.ts'
import { runHook } from '../netfilter/hook.ts'
import { answerReject } from './icmp-send.ts'
import type { Skb } from './skb.ts'

/** Runs a netfilter hook; the packet as it left it, or undefined if it did not. A REJECT is answered here. */
export function passHook(ctx: Ctx, at: HookPoint): Skb | undefined {
  const result = runHook(ctx, at)
  if (result.kind === 'accept') return result.skb
  if (result.kind === 'reject') answerReject(ctx, result.skb, result.with)
  return undefined
}
