import type { Ctx } from '../core/context.ts'
import type { Tx } from '../core/world.ts'
import { clusterConfig } from './cluster-config.ts'
import { deepEqual, isObject } from './json.ts'
import type { ScenarioDocument } from './scenario-document.ts'
import type { Scenario } from './scenario-text.ts'
import { apiOf, ETERNAL_NAMESPACES } from './store.ts'
import type { Api, Diagnostic, KubeObject, SourceRow, Status } from './types.ts'

export interface ApplyOptions {
  /** False: what a real API server would refuse is stored all the same. */
  readonly admission?: boolean
}

/**
 * Brings the world's objects from what one text declared to what another declares, as `kubectl apply --prune` would:
 * only fields that the text gave are changed or taken away, objects that controllers made are left alone. Returns what the
 * API server refused, at the line of the field.
 */
export function applyScenario(
  ctx: Ctx,
  previous: Pick<Scenario, 'documents' | 'sources'> | undefined,
  next: Pick<Scenario, 'documents' | 'sources'>,
  options: ApplyOptions = {},
): readonly Diagnostic[] {
  syncSources(ctx.tx, previous?.sources ?? [], next.sources)
  const before = new Map((previous?.documents ?? []).map((document) => [document.id, document]))
  const apply = new Applier(ctx, options)
  const wanted = new Set(next.documents.map(({ id }) => id))
  const inUse = new Set(next.documents.map(({ cluster, object }) => `${cluster}|${object.metadata.namespace ?? ''}`))
  const stillUsed = ({ key, cluster, object }: ScenarioDocument) =>
    key === 'Namespace' && inUse.has(`${cluster}|${object.metadata.name}`)
  for (const document of before.values()) if (!wanted.has(document.id) && !stillUsed(document)) apply.remove(document)
  for (const document of inOrder(next.documents)) apply.reach(document, before.get(document.id))
  return apply.diagnostics
}

class Applier {
  readonly diagnostics: Diagnostic[] = []
  private readonly ctx: Ctx
  private readonly options: ApplyOptions

  constructor(ctx: Ctx, options: ApplyOptions) {
    this.ctx = ctx
    this.options = options
  }

  remove({ key, cluster, object: { metadata } }: ScenarioDocument): void {
    if (key === 'Node' && clusterConfig(this.ctx.tx, cluster)?.nodes.some(({ name }) => name === metadata.name)) return
    this.api(cluster).delete(key, metadata.namespace ?? '', metadata.name)
  }

  reach(document: ScenarioDocument, before: ScenarioDocument | undefined): void {
    const { key, cluster, object, source } = document
    const api = this.api(cluster, isPlayground(object))
    const { name, namespace = '' } = object.metadata
    const row = api.get(key, namespace, name)
    if (!row) return this.create(document, api)
    if (before && deepEqual(before.object, object) && deepEqual(row.source, source)) return
    const patch = before ? patchBetween(before.object, object) : object
    const result = api.patch(key, namespace, name, retainKeys(withoutVersion(patch), row.object), { source })
    if (result.ok) return
    if (!result.error.immutable) return this.refuse(document, result.error)
    api.delete(key, namespace, name, { graceSeconds: 0 })
    const held = api.get(key, namespace, name)
    if (held) return this.refuse(document, result.error)
    this.say(
      document,
      'info',
      'made-anew',
      `made anew, because kubectl apply would be refused: ${result.error.message}`,
      result.error.causes?.[0]?.field,
    )
    this.create(document, api)
  }

  private create(document: ScenarioDocument, api: Api): void {
    const { metadata } = document.object
    if (metadata.namespace && document.kind.namespaced) this.ensureNamespace(document, metadata.namespace, api)
    const { resourceVersion: _, ...rest } = metadata
    const object =
      metadata.resourceVersion === undefined ? document.object : ({ ...document.object, metadata: rest } as KubeObject)
    const result = api.create(object, { source: document.source })
    if (!result.ok) this.refuse(document, result.error)
  }

  /** A stranger's manifests just load: a namespace that nobody declared is made, and said so. */
  private ensureNamespace(document: ScenarioDocument, namespace: string, api: Api): void {
    if (ETERNAL_NAMESPACES.includes(namespace) || api.get('Namespace', '', namespace)) return
    const made = api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    if (made.ok)
      this.say(
        document,
        'info',
        'namespace-made',
        `namespace "${namespace}" is not declared and was made`,
        'metadata.namespace',
      )
  }

  private refuse(document: ScenarioDocument, { reason, message, causes = [] }: Status): void {
    const head = message.slice(0, message.indexOf(': ') + 2)
    if (causes.length <= 1 || reason !== 'Invalid')
      return this.say(document, 'error', codeOf(reason), message, causes[0]?.field)
    for (const cause of causes)
      this.say(document, 'error', codeOf(reason), `${head}${cause.field}: ${cause.message}`, cause.field)
  }

  private say(
    { key, object: { metadata }, locate }: ScenarioDocument,
    severity: Diagnostic['severity'],
    code: string,
    message: string,
    field = '',
  ): void {
    const object = `${key}/${metadata.namespace ?? ''}/${metadata.name}`
    this.diagnostics.push({ severity, code, message, object, ...locate(field) })
  }

  /** The playground's own documents are kept as objects too, so that causes lead to their lines; nobody judges them here. */
  private api(cluster: string, playground = false): Api {
    return apiOf(this.ctx, cluster, playground ? { admission: false, shaped: false } : this.options)
  }
}

const codeOf = (reason: Status['reason']) =>
  `api-${reason.replace(/[A-Z]/g, (letter, i) => (i > 0 ? '-' : '') + letter.toLowerCase())}`

const isPlayground = ({ apiVersion }: KubeObject) =>
  /^(podwalk\.dev|kind\.x-k8s\.io|kubeproxy\.config\.k8s\.io)\//.test(apiVersion)

/** Namespaces and definitions first, then what asks for a certain address or port, then the rest as written. */
function inOrder(documents: readonly ScenarioDocument[]): readonly ScenarioDocument[] {
  return documents
    .map((document, i) => ({ document, i, rank: rankOf(document) }))
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .map(({ document }) => document)
}

function rankOf({ key, object }: ScenarioDocument): number {
  if (key === 'Namespace') return 0
  if (key === 'CustomResourceDefinition') return 1
  if (key === 'Node') return 2
  if (key !== 'Service') return 5
  const { clusterIP, clusterIPs, ports, healthCheckNodePort } = object.spec ?? {}
  const fixed =
    clusterIP || clusterIPs || healthCheckNodePort || (Array.isArray(ports) && ports.some((port) => port?.nodePort))
  return fixed ? 3 : 4
}

function withoutVersion(patch: unknown): unknown {
  if (!isObject(patch) || !isObject(patch.metadata)) return patch
  const { resourceVersion: _, uid: __, ...metadata } = patch.metadata
  return { ...patch, metadata }
}

/** RFC 7386: what turns one given object into the other; fields that the first had and the second has not become null. */
function patchBetween(before: unknown, after: unknown): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  if (!isObject(before) || !isObject(after)) return patch
  for (const key of Object.keys(before)) if (after[key] === undefined) patch[key] = null
  for (const [key, value] of Object.entries(after)) {
    if (deepEqual(before[key], value)) continue
    patch[key] = isObject(before[key]) && isObject(value) ? patchBetween(before[key], value) : value
  }
  return patch
}

/** A strategy that is given is the whole strategy: what another type left behind goes (`patchStrategy: retainKeys`). */
function retainKeys(patch: unknown, live: KubeObject): unknown {
  if (!isObject(patch) || !isObject(patch.spec)) return patch
  const spec: Record<string, unknown> = { ...patch.spec }
  for (const key of ['strategy', 'updateStrategy']) {
    const given = spec[key]
    const old = live.spec?.[key]
    if (!isObject(given) || !isObject(old) || given.type === undefined) continue
    const gone = Object.keys(old).filter((each) => given[each] === undefined)
    spec[key] = { ...Object.fromEntries(gone.map((each) => [each, null])), ...given }
  }
  return { ...patch, spec }
}

function syncSources(tx: Tx, before: readonly SourceRow[], after: readonly SourceRow[]): void {
  const wanted = new Set(after.map(({ id }) => id))
  for (const { id } of before) if (!wanted.has(id)) tx.delete('source', id)
  for (const row of after) {
    const old = tx.get('source', row.id)
    if (!old || old.line !== row.line || old.text !== row.text) tx.put('source', row)
  }
}
