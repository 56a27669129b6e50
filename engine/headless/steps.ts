import { isObject, type JsonObject } from '../api/json.ts'
import { apiOf } from '../api/store.ts'
import { kindKey } from '../api/names.ts'
import { applyScenario, readScenario, type ScenarioDocument } from '../api/scenario-text.ts'
import type { KubeObject } from '../api/types.ts'
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
    /** A JSON merge patch (RFC 7396): an object. */
    readonly patch: JsonObject
  }[]
  readonly asks?: readonly unknown[]
}

/** What is wrong with the form of a step; undefined if nothing is. What its objects hold, the API server judges. */
export function malformedStep(step: unknown, i: number): string | undefined {
  const at = `steps[${i}]`
  if (!isObject(step)) return `\`${at}\` is an object`
  for (const name of ['apply', 'delete', 'patch', 'asks']) {
    const list = step[name]
    if (list === undefined) continue
    if (!Array.isArray(list)) return `\`${at}.${name}\` is a list`
    if (name === 'apply' || name === 'asks') continue
    const wrong = list.findIndex((each) => !isObject(each) || !names(each))
    if (wrong >= 0) return `\`${at}.${name}[${wrong}]\` names an object by kind, namespace and name`
    if (name === 'delete') continue
    const without = list.findIndex(({ patch }) => !isObject(patch))
    if (without >= 0)
      return `\`${at}.patch[${without}].patch\` is an object, a JSON merge patch such as {"spec": {"replicas": 2}}`
  }
  return undefined
}

function names({ apiVersion, kind, namespace, name }: Record<string, unknown>): boolean {
  const text = (value: unknown) => typeof value === 'string'
  return text(kind) && text(name) && [apiVersion, namespace].every((each) => each === undefined || text(each))
}

/**
 * Applies a step as one commit: `apply` as kubectl apply would, against what the scenario or an earlier step gave, then
 * patches, then deletions. The first refusal is returned; the rest is applied all the same.
 */
export function applyStep(
  running: Running,
  step: StepRequest,
  given: Map<string, ScenarioDocument>,
): { code: string; message: string } | undefined {
  let refused: { code: string; message: string } | undefined
  const refuse = (code: string, message: string) => {
    refused ??= { code, message }
  }
  running.sim.transact('step', (ctx) => {
    const { admission } = running.input
    const api = apiOf(ctx, running.configs[0].name, { admission })
    const next = readScenario({ files: [], objects: step.apply ?? [] })
    const before = next.documents.flatMap(({ id }) => given.get(id) ?? [])
    const said = applyScenario(
      ctx,
      { documents: before, sources: [] },
      { documents: next.documents, sources: [] },
      { admission },
    )
    for (const { severity, code, message } of [...next.diagnostics, ...said])
      if (severity === 'error') refuse(code, message)
    for (const document of next.documents) given.set(document.id, document)
    for (const { apiVersion = '', kind, namespace, name, patch } of step.patch ?? []) {
      const result = api.patch(kindKey(apiVersion, kind), namespaceOf(kind, namespace), name, patch)
      if (!result.ok) refuse(result.error.reason, result.error.message)
    }
    for (const { apiVersion = '', kind, namespace, name } of step.delete ?? []) {
      const result = api.delete(kindKey(apiVersion, kind), namespaceOf(kind, namespace), name)
      if (!result.ok) refuse(result.error.reason, result.error.message)
    }
    attachGivenPods(ctx)
  })
  return refused
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
