import type { ObjectRow } from '../api/types.ts'
import { isTerminating } from './pods.ts'
import type { Controller, ControllerCtx } from './types.ts'

/** Empties a Namespace that is being deleted, then lets it go. Models pkg/controller/namespace. */
export const namespaceController: Controller = {
  name: 'namespace-controller',
  watches: ['*'],
  keysFor({ before, after }, ctx) {
    const row = after ?? before
    if (row?.kind === 'Namespace') return !after || isTerminating(row) ? [row.name] : []
    if (after || !before?.namespace) return []
    const namespace = ctx.api.get('Namespace', '', before.namespace)
    return namespace && isTerminating(namespace) ? [before.namespace] : []
  },
  reconcile(name, ctx) {
    const namespace = ctx.api.get('Namespace', '', name)
    if (namespace && !isTerminating(namespace)) return
    const content = contentOf(name, ctx)
    for (const row of content) if (!isTerminating(row)) ctx.api.delete(row.kind, row.namespace, row.name)
    if (!namespace || contentOf(name, ctx).length > 0) return
    ctx.api.update({ ...namespace.object, spec: { ...namespace.object.spec, finalizers: [] } })
    ctx.note({
      actor: 'namespace-controller',
      text: `namespace ${name} is empty and gone`,
      object: `Namespace//${name}`,
    })
  },
}

function contentOf(namespace: string, ctx: ControllerCtx): readonly ObjectRow[] {
  return ctx.tx
    .rows('object')
    .filter((row) => row.namespace === namespace && row.cluster === ctx.cluster && row.kind !== 'Namespace')
}
