import type { Api, ObjectRow } from '../api/types.ts'
import type { Ctx } from '../core/context.ts'

/**
 * A control loop: level-triggered, keyed. `watches` names the kinds whose changes wake it; `keysFor` turns a changed
 * object into keys of its own. `reconcile(key)` reads the state as it is now and makes the smallest change towards what
 * it wants; running it again writes nothing.
 *
 * Controllers of the control plane and the daemons of every node have this one shape. A daemon's key begins with its
 * node's name (`worker` or `worker/default/web-0`), and it is listed once, not once per node.
 */
export interface Controller {
  /** As the real component is called: `deployment-controller`, `kubelet`, `kube-proxy`, `flanneld`. */
  readonly name: string
  readonly watches: readonly string[]
  /** Keys to reconcile after `row` changed (`before` is absent when it was created, `after` when it was removed). */
  keysFor(change: ObjectChange, ctx: ControllerCtx): readonly string[]
  reconcile(key: string, ctx: ControllerCtx): { requeueAfterUs?: number; background?: boolean } | void
  /** From a watch event to the reconcile, microseconds; with `coalesceUs`, at least so long between two runs of one key. */
  readonly latencyUs?: number
  readonly coalesceUs?: number
}

export interface ObjectChange {
  readonly before?: ObjectRow
  readonly after?: ObjectRow
}

export interface ControllerCtx extends Ctx {
  readonly api: Api
  readonly cluster: string
  /** Files an Event object, as `kubectl describe` and `kubectl get events` show it. */
  event(about: ObjectRow, type: 'Normal' | 'Warning', reason: string, message: string): void
}
