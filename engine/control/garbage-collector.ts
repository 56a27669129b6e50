import type { ObjectRow } from '../api/types.ts'
import { isTerminating } from './pods.ts'
import type { Controller, ControllerCtx } from './types.ts'

/**
 * Deletes what a deleted owner leaves behind. Keys: `owner/<uid>` for an owner that is gone, `object/<kind>/<ns>/<name>`
 * for one that waits for its dependents. Models pkg/controller/garbagecollector.
 * Simplified: an owner that never existed here is not taken for deleted, so that pods pasted without their ReplicaSet stay.
 */
export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  watches: ['*'],
  keysFor({ before, after }, ctx) {
    if (after) return waits(after) && (!before || !waits(before)) ? [objectKey(after)] : []
    if (!before) return []
    const uid = before.object.metadata.uid
    const orphaned = uid !== undefined && ctx.tx.oneBy('object', 'owner', uid) ? [`owner/${uid}`] : []
    return [...orphaned, ...waitingOwners(before, ctx)]
  },
  reconcile(key, ctx) {
    const [what, id, namespace, name] = key.split('/')
    if (what === 'owner') return collect(id, ctx)
    const owner = ctx.api.get(id, namespace, name)
    if (owner && waits(owner)) return settle(owner, ctx)
  },
}

const FINALIZERS = ['foregroundDeletion', 'orphan']

function waits(row: ObjectRow): boolean {
  const { finalizers, deletionTimestamp } = row.object.metadata
  return deletionTimestamp !== undefined && (finalizers ?? []).some((name) => FINALIZERS.includes(name))
}

function objectKey({ kind, namespace, name }: ObjectRow): string {
  return `object/${kind}/${namespace}/${name}`
}

/** Owners that wait for this one to be gone. */
function waitingOwners(row: ObjectRow, ctx: ControllerCtx): string[] {
  const owners = (row.object.metadata.ownerReferences ?? []).flatMap(
    ({ uid }) => ctx.tx.oneBy('object', 'uid', uid) ?? [],
  )
  return owners.filter(waits).map(objectKey)
}

/** Dependents of an owner that is gone: deleted, unless another owner is still there. */
function collect(uid: string, ctx: ControllerCtx): void {
  if (ctx.tx.oneBy('object', 'uid', uid)) return
  const dependents = ctx.tx.by('object', 'owner', uid).filter((row) => row.cluster === ctx.cluster)
  let deleted = 0
  for (const row of dependents) {
    const others = (row.object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid)
    if (others.some((owner) => ctx.tx.oneBy('object', 'uid', owner.uid))) {
      ctx.api.patch(row.kind, row.namespace, row.name, { metadata: { ownerReferences: others } })
    } else if (!isTerminating(row)) {
      ctx.api.delete(row.kind, row.namespace, row.name)
      deleted++
    }
  }
  if (deleted > 0)
    ctx.note({
      actor: 'garbage-collector',
      text: `deleted ${deleted} ${deleted === 1 ? 'dependent' : 'dependents'} of an owner that is gone`,
    })
}

/** Foreground: dependents first. Orphan: they are let go of. Then the owner itself. */
function settle(owner: ObjectRow, ctx: ControllerCtx): void {
  const { uid, finalizers = [] } = owner.object.metadata
  const dependents = uid === undefined ? [] : ctx.tx.by('object', 'owner', uid)
  if (finalizers.includes('orphan')) {
    for (const row of dependents) {
      const ownerReferences = row.object.metadata.ownerReferences?.filter((each) => each.uid !== uid)
      ctx.api.patch(row.kind, row.namespace, row.name, { metadata: { ownerReferences } })
    }
  } else {
    const blocking = dependents.filter((row) =>
      row.object.metadata.ownerReferences?.some((each) => each.uid === uid && each.blockOwnerDeletion),
    )
    for (const row of dependents)
      if (!isTerminating(row)) ctx.api.delete(row.kind, row.namespace, row.name, { propagation: 'Foreground' })
    if (blocking.some((row) => ctx.tx.get('object', row.id))) return // their going wakes us
  }
  const current = ctx.tx.get('object', owner.id)
  if (!current) return
  const left = finalizers.filter((name) => !FINALIZERS.includes(name))
  ctx.api.patch(owner.kind, owner.namespace, owner.name, { metadata: { finalizers: left.length > 0 ? left : null } })
}
