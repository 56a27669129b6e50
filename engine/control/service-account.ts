import { isTerminating } from './pods.ts'
import type { Controller } from './types.ts'

/** Every Namespace has a ServiceAccount `default`. Models pkg/controller/serviceaccount/serviceaccounts_controller.go. */
export const serviceAccountController: Controller = {
  name: 'serviceaccount-controller',
  watches: ['Namespace', 'ServiceAccount'],
  keysFor({ before, after }) {
    const row = after ?? before
    if (row?.kind === 'Namespace') return after && !before ? [after.name] : []
    return row && !after && row.name === 'default' ? [row.namespace] : []
  },
  reconcile(name, ctx) {
    const namespace = ctx.api.get('Namespace', '', name)
    if (!namespace || isTerminating(namespace) || ctx.api.get('ServiceAccount', name, 'default')) return
    ctx.api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } })
  },
}
