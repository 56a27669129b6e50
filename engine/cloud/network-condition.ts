import { timestampAt } from '../api/time.ts'
import type { ControllerCtx } from '../control/types.ts'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

/** Sets a Node's condition NetworkUnavailable, which whoever connects nodes takes away: flannel's daemon or a cloud's routes. */
export function setNetworkCondition(
  ctx: ControllerCtx,
  node: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
): void {
  const row = ctx.api.get('Node', '', node)
  if (!row) return
  const conditions: readonly Condition[] = row.object.status?.conditions ?? []
  const old = conditions.find(({ type }) => type === 'NetworkUnavailable')
  if (old?.status === status && old.reason === reason) return
  const now = timestampAt(ctx.clock.now)
  const condition = {
    type: 'NetworkUnavailable',
    status,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason,
    message,
  }
  ctx.api.updateStatus('Node', '', node, {
    ...row.object.status,
    conditions: [condition, ...conditions.filter((other) => other !== old)],
  })
}
