import type { TimeCosts } from '../api/cluster-config.ts'
import type { Api, ObjectRow, Status } from '../api/types.ts'
import type { Change } from '../core/change.ts'
import type { Ctx } from '../core/context.ts'
import type { TableName } from '../core/tables.ts'

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
  /** Kind keys (`Pod`, `Gateway.networking.istio.io`); `*` is every kind. */
  readonly watches: readonly string[]
  /** Keys to reconcile after `row` changed (`before` is absent when it was created, `after` when it was removed). */
  keysFor(change: ObjectChange, ctx: ControllerCtx): readonly string[]
  // biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to say at their end
  reconcile(key: string, ctx: ControllerCtx): ReconcileResult | void
  /** From a watch event to the reconcile, microseconds; absent: the cluster's `watchUs`. */
  readonly latencyUs?: number | ((costs: TimeCosts) => number)
  /** At least so long between two runs of one key. */
  readonly coalesceUs?: number | ((costs: TimeCosts) => number)
  /** Whether a change is too important to wait for `coalesceUs`: a new spec, not one more status. */
  urgent?(change: ObjectChange): boolean
  /** Tables beside the API's objects whose rows wake it too: kernel rows that a daemon repairs, files, sockets. */
  readonly watchesRows?: readonly TableName[]
  /** Keys to reconcile after such a row changed, each with its cluster. Called for every change: be quick to say no. */
  keysForRow?(change: Change, ctx: Ctx): readonly RowKey[]
}

export interface RowKey {
  readonly cluster: string
  readonly key: string
}

export interface ReconcileResult {
  /** Look again after this long. With `background` the wait does not keep the world from being settled. */
  readonly requeueAfterUs?: number
  readonly background?: boolean
  /** The API refused: try again with exponential back-off. */
  readonly error?: Status
}

export interface ObjectChange {
  readonly before?: ObjectRow
  readonly after?: ObjectRow
}

export interface ControllerCtx extends Ctx {
  readonly api: Api
  readonly cluster: string
  readonly costs: TimeCosts
  /** Files an Event about an object, as `kubectl describe` and `kubectl get events` show it. */
  event(about: ObjectRow, type: 'Normal' | 'Warning', reason: string, message: string): void
}
