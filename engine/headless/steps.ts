import { apiOf } from '../api/store.ts'
import { kindKey } from '../api/names.ts'
import type { KubeObject, Status } from '../api/types.ts'
import type { Running } from '../scenario.ts'
import { attachGivenPods } from '../cluster/given-pods.ts'

/** One element of `steps`: what changes before its asks. */
export interface StepRequest {
  readonly apply?: readonly KubeObject[]
  readonly delete?: readonly {
    readonly kind: string
    readonly apiVersion?: string
    readonly namespace?: string
    readonly name: string
  }[]
  readonly patch?: readonly {
    readonly kind: string
    readonly apiVersion?: string
    readonly namespace?: string
    readonly name: string
    readonly patch: unknown
  }[]
  readonly asks?: readonly unknown[]
}

/** Applies a step as one commit. The first refusal of the API is returned; the rest is applied all the same. */
export function applyStep(running: Running, step: StepRequest): { code: string; message: string } | undefined {
  let refused: Status | undefined
  running.sim.transact('step', (ctx) => {
    const api = apiOf(ctx, running.configs[0].name, { admission: running.input.admission })
    const note = (result: { ok: boolean; error?: Status }) => {
      if (!result.ok) refused ??= result.error
    }
    for (const object of step.apply ?? []) note(api.apply(object))
    for (const { apiVersion = '', kind, namespace, name, patch } of step.patch ?? [])
      note(api.patch(kindKey(apiVersion, kind), namespaceOf(kind, namespace), name, patch))
    for (const { apiVersion = '', kind, namespace, name } of step.delete ?? [])
      note(api.delete(kindKey(apiVersion, kind), namespaceOf(kind, namespace), name))
    attachGivenPods(ctx)
  })
  return refused && { code: refused.reason, message: refused.message }
}

/** Where a reference without a namespace points: `default`, or nowhere for the kinds that live in no namespace. */
function namespaceOf(kind: string, namespace: string | undefined): string {
  return namespace ?? (CLUSTER_SCOPED.has(kind) ? '' : 'default')
}

const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'Node',
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'StorageClass',
  'IngressClass',
  'CustomResourceDefinition',
])
