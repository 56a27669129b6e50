import { apiOf } from '../api/store.ts'
import { kindKeyOf } from '../api/kinds/registry.ts'
import type { KubeObject, Status } from '../api/types.ts'
import type { Running } from '../scenario.ts'

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
    for (const { kind, namespace, name, patch } of step.patch ?? [])
      note(api.patch(kindKeyOf(kind), namespace ?? 'default', name, patch))
    for (const { kind, namespace, name } of step.delete ?? [])
      note(api.delete(kindKeyOf(kind), namespace ?? 'default', name))
  })
  return refused && { code: refused.reason, message: refused.message }
}
