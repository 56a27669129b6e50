import type { ObjectRow, OwnerReference } from '../api/types.ts'
import type { ControllerCtx } from './types.ts'

/** The owner that manages an object, if any. Models apimachinery metav1.GetControllerOf. */
export function controllerRefOf(row: ObjectRow): OwnerReference | undefined {
  return row.object.metadata.ownerReferences?.find((owner) => owner.controller)
}

/** The reference that a controller puts on what it creates. Models metav1.NewControllerRef. */
export function controllerRefTo(owner: ObjectRow): OwnerReference {
  const { apiVersion, kind, metadata } = owner.object
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }
}

/** Objects of one kind that `owner` manages, in order of name. */
export function ownedBy(ctx: ControllerCtx, owner: ObjectRow, kind: string): ObjectRow[] {
  const uid = owner.object.metadata.uid
  if (uid === undefined) return []
  return ctx.tx
    .by('object', 'owner', uid)
    .filter(
      (row) =>
        row.kind === kind &&
        row.cluster === ctx.cluster &&
        row.namespace === owner.namespace &&
        controllerRefOf(row)?.uid === uid,
    )
}

/** Objects without a manager. */
export function orphansOf(ctx: ControllerCtx, kind: 'Pod' | 'ReplicaSet', namespace: string): readonly ObjectRow[] {
  return ctx.tx.by('object', 'orphan', `${ctx.cluster}|${kind}|${namespace}`)
}

/** The object of `kind` that manages `row`, if that is its controller. */
export function ownerOf(ctx: ControllerCtx, row: ObjectRow, kind: string): ObjectRow | undefined {
  const ref = controllerRefOf(row)
  if (ref?.kind !== kind) return undefined
  const owner = ctx.api.get(kind, row.namespace, ref.name)
  return owner?.object.metadata.uid === ref.uid ? owner : undefined
}

/** Key of the manager of a kind, by reference alone: the object itself may be gone or not there yet. */
export function managerKeys(rows: readonly (ObjectRow | undefined)[], kind: string): string[] {
  const keys = new Set<string>()
  for (const row of rows) {
    const ref = row && controllerRefOf(row)
    if (ref?.kind === kind) keys.add(`${row?.namespace}/${ref.name}`)
  }
  return [...keys]
}

/** Makes `owner` the manager of an orphan. */
export function adopt(ctx: ControllerCtx, owner: ObjectRow, orphan: ObjectRow): void {
  const ownerReferences = [...(orphan.object.metadata.ownerReferences ?? []), controllerRefTo(owner)]
  ctx.api.patch(orphan.kind, orphan.namespace, orphan.name, { metadata: { ownerReferences } })
}

/** Takes `owner`'s reference from an object that its selector no longer selects. */
export function release(ctx: ControllerCtx, owner: ObjectRow, owned: ObjectRow): void {
  const ownerReferences = owned.object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.object.metadata.uid)
  ctx.api.patch(owned.kind, owned.namespace, owned.name, { metadata: { ownerReferences } })
}
