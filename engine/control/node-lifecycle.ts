import type { ObjectRow } from '../api/types.ts'
import { keyOf, splitKey } from './keys.ts'
import { conditionOf } from './pods.ts'
import { runs } from './components.ts'
import type { Taint } from './scheduler/taints.ts'
import type { Controller, ControllerCtx } from './types.ts'

const NOT_READY = 'node.kubernetes.io/not-ready'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/**
 * Keeps the taints of a Node in step with its conditions. Models pkg/controller/nodelifecycle doNoScheduleTaintingPass.
 * Simplified: nodes do not lose their heartbeat and nobody is evicted, because no lesson takes a machine away yet.
 */
export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  watches: ['Node'],
  keysFor({ after }) {
    return after ? [after.name] : []
  },
  reconcile(name, ctx) {
    const node = ctx.api.get('Node', '', name)
    if (!node) return
    const ready = conditionOf(node, 'Ready')?.status
    // Without a kubelet nobody reports: the Node counts as it was given.
    const missing = ready === undefined ? runs(ctx.tx, 'kubelet') && ctx.tx.count('host') > 0 : ready !== 'True'
    const before: readonly Taint[] = node.object.spec?.taints ?? []
    const wanted = [
      ...before.filter(({ key, effect }) => !(effect === 'NoSchedule' && (key === NOT_READY || key === UNSCHEDULABLE))),
      ...(missing ? [{ key: NOT_READY, effect: 'NoSchedule' }] : []),
      ...(node.object.spec?.unschedulable ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' }] : []),
    ]
    if (sameTaints(before, wanted)) return
    ctx.api.patch('Node', '', name, { spec: { taints: wanted.length > 0 ? wanted : null } })
  },
}

function sameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  return (
    a.length === b.length &&
    b.every((taint) => a.some(({ key, effect }) => key === taint.key && effect === taint.effect))
  )
}

/** Removes pods whose Node is gone. Models pkg/controller/podgc gcOrphaned. */
export const podGcController: Controller = {
  name: 'pod-garbage-collector-controller',
  watches: ['Node'],
  keysFor({ before, after }, ctx) {
    return after || !before ? [] : podsOn(before.name, ctx).map(keyOf)
  },
  reconcile(key, ctx) {
    const { namespace, name } = splitKey(key)
    const pod = ctx.api.get('Pod', namespace, name)
    const node: string | undefined = pod?.object.spec?.nodeName
    if (pod && node && !ctx.api.get('Node', '', node)) ctx.api.delete('Pod', namespace, name, { graceSeconds: 0 })
  },
}

function podsOn(node: string, ctx: ControllerCtx): readonly ObjectRow[] {
  return ctx.tx.by('object', 'node', `${ctx.cluster}|${node}`)
}
