import { nameOf } from '../core/rng.ts'
import { type Finding, inspectFields } from './inspect.ts'
import { deepFreeze, isObject, type JsonObject } from './json.ts'
import type { KindDef } from './kinds/kind.ts'
import { ALL_KINDS, kindOf, registered } from './kinds/registry.ts'
import { servedAs } from './kinds/served.ts'
import { DEFAULT_CLUSTER, groupOf, kindKey, refText } from './names.ts'
import { nearest } from './nearest.ts'
import { PARSE_LIMITS, type ParseLimits } from './parse/limits.ts'
import { parseText } from './parse/parse.ts'
import { refusedJson } from './parse/json-limits.ts'
import {
  documentNumber,
  DocumentSource,
  flatten,
  type Place,
  placeOfRaw,
  type RawDocument,
  type ScenarioDocument,
} from './scenario-document.ts'
import type { Diagnostic, KubeObject, SourceRow } from './types.ts'
import { sourceId } from './provenance.ts'

export { applyScenario } from './scenario-apply.ts'
export type { ScenarioDocument } from './scenario-document.ts'

/** What a text, or several, declare. */
export interface Scenario {
  /** Everything that was read, in the order of the text: objects and the playground's own documents. */
  readonly documents: readonly ScenarioDocument[]
  /** What goes to API servers; without the playground's own documents. */
  readonly objects: readonly ScenarioDocument[]
  /** Documents of podwalk.dev, of kind and of kube-proxy: read by the playground itself. */
  readonly config: readonly ScenarioDocument[]
  readonly traffic: readonly KubeObject[]
  readonly faults: readonly KubeObject[]
  /** How many documents of podwalk.dev there are. */
  readonly podwalk: number
  readonly sources: readonly SourceRow[]
  readonly diagnostics: readonly Diagnostic[]
  /** True if a document could not be read at all: the last good world should stay. */
  readonly broken: boolean
}

export interface ScenarioText {
  readonly files: readonly { readonly name: string; readonly text: string }[]
  /** Objects as JSON values, reported as `objects[3]`, line null. */
  readonly objects?: readonly unknown[]
  readonly limits?: ParseLimits
  /** Most objects that one scenario may hold. */
  readonly mostObjects?: number
}

const MOST_OBJECTS = 20_000

/** Reads the documents of a scenario. What is wrong with one is a diagnostic; the others are read all the same. */
export function readScenario({
  files,
  objects = [],
  limits = PARSE_LIMITS,
  mostObjects = MOST_OBJECTS,
}: ScenarioText): Scenario {
  const diagnostics: Diagnostic[] = []
  const raws: RawDocument[] = []
  let broken = false
  for (const { name, text } of files) {
    const parsed = parseText(name, text, limits)
    diagnostics.push(...parsed.diagnostics)
    broken ||= parsed.broken
    for (const document of parsed.documents) {
      raws.push(...flatten({ file: name, value: document.value, base: '', text: new DocumentSource(document) }))
    }
  }
  for (const [i, value] of objects.entries()) {
    const file = `objects[${i}]`
    const refused = refusedJson(value, limits)
    if (refused) diagnostics.push({ severity: 'error', code: 'limit', message: refused, file, line: null })
    else raws.push(...flatten({ file, value: deepFreeze(value), base: '' }))
  }
  if (raws.length > mostObjects) {
    const place = placeOfRaw(raws[mostObjects], '')
    diagnostics.push({
      severity: 'error',
      code: 'limit',
      message: `more than ${mostObjects} objects; the rest is left out`,
      ...place,
    })
  }
  return new Reader(raws.slice(0, mostObjects), diagnostics, broken).read()
}

const PLAYGROUND = ['podwalk.dev', 'kind.x-k8s.io', 'kubeproxy.config.k8s.io']

/** Groups of configuration files that look like objects and that no API server serves. */
const TOOL_GROUPS: readonly string[] = [
  ...['kustomize.config.k8s.io', 'kubeadm.k8s.io', 'kubelet.config.k8s.io', 'kubescheduler.config.k8s.io'],
  ...['apiserver.config.k8s.io', 'apiserver.k8s.io', 'audit.k8s.io', 'client.authentication.k8s.io', 'skaffold'],
]

class Reader {
  private readonly raws: readonly RawDocument[]
  private readonly diagnostics: Diagnostic[]
  private readonly broken: boolean
  private readonly documents = new Map<string, ScenarioDocument>()
  private readonly sources = new Map<DocumentSource, SourceRow>()
  private readonly numbers = new Set<string>()
  private readonly generated = new Map<string, number>()
  /** Scope of custom kinds that the text itself defines. */
  private readonly clusterScoped: ReadonlySet<string>
  private readonly clusters: readonly string[]

  constructor(raws: readonly RawDocument[], diagnostics: Diagnostic[], broken: boolean) {
    this.raws = raws
    this.diagnostics = diagnostics
    this.broken = broken
    this.clusterScoped = new Set(raws.flatMap(({ value }) => clusterScopedKind(value)))
    this.clusters = raws.flatMap(({ value }) => clusterName(value))
  }

  read(): Scenario {
    for (const raw of this.raws) this.readOne(raw)
    const documents = [...this.documents.values()]
    const isConfig = ({ object }: ScenarioDocument) => PLAYGROUND.includes(groupOf(object.apiVersion))
    const own = (kind: string) =>
      documents
        .filter(({ object }) => object.kind === kind && groupOf(object.apiVersion) === 'podwalk.dev')
        .map(({ object }) => object)
    return {
      documents,
      objects: documents.filter((document) => !isConfig(document)),
      config: documents.filter(isConfig),
      traffic: own('Traffic'),
      faults: own('Fault'),
      podwalk: documents.filter(({ object }) => groupOf(object.apiVersion) === 'podwalk.dev').length,
      sources: [...this.sources.values()],
      diagnostics: this.diagnostics,
      broken: this.broken,
    }
  }

  private readOne(raw: RawDocument): void {
    const identity = this.identify(raw)
    if (!identity) return
    const { object, kind, key, cluster, id } = identity
    const place = (path: string) => placeOfRaw(raw, path)
    const doc = this.sourceNumber(raw, id)
    const source = { file: raw.file, doc, maps: [{ at: '', path: raw.base }] }
    const say = (severity: Diagnostic['severity'], code: string, message: string, path: string, hint?: string) =>
      this.say(
        {
          severity,
          code,
          message,
          object: refText(key, object.metadata.namespace ?? '', object.metadata.name),
          ...(hint ? { hint } : {}),
        },
        place(path),
      )

    const served = PLAYGROUND.includes(groupOf(object.apiVersion)) ? 'yes' : servedAs(kind, object.apiVersion)
    if (registered(kind) && served === 'never') {
      const version = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
      return say(
        'error',
        'no-match',
        `no matches for kind "${object.kind}" in version "${object.apiVersion}"`,
        'apiVersion',
        `${object.kind} is in ${version}.`,
      )
    }
    if (served === 'no longer') {
      const version = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
      say(
        'warning',
        'old-version',
        `${object.kind} is no longer served as ${object.apiVersion}; it is read as ${version}`,
        'apiVersion',
      )
    }
    if (this.documents.has(id)) {
      say(
        'warning',
        'twice',
        `${object.kind} "${object.metadata.name}" is declared twice; the later one wins`,
        'metadata.name',
      )
      this.documents.delete(id)
    }
    this.documents.set(id, { id, key, kind, cluster, object, source, locate: place })
    if (!kind.acts && !PLAYGROUND.includes(groupOf(object.apiVersion))) {
      const ownGroup = key === object.kind && !registered(kind)
      const meant = ownGroup
        ? nearest(
            object.kind,
            ALL_KINDS.map((def) => def.kind),
          )
        : undefined
      const severity = ownGroup ? 'warning' : 'info'
      say(
        severity,
        'kind-not-modelled',
        `${object.kind} (${object.apiVersion}) is stored, not modelled`,
        'kind',
        meant && `Did you mean "${meant}"?`,
      )
    }
    if (key === 'Cluster') return // its own reader says what it does not know
    for (const finding of inspectFields(raw.value as JsonObject, kind)) this.sayFinding(finding, say)
  }

  private sayFinding(
    { code, path, hint }: Finding,
    say: (severity: Diagnostic['severity'], code: string, message: string, path: string, hint?: string) => void,
  ): void {
    if (code === 'unknown-field') say('warning', code, `unknown field "${path}"`, path, hint)
    else say('info', code, `field "${path}" is stored, not modelled`, path)
  }

  /** The object with its name and namespace, or a diagnostic that says what is missing. */
  private identify(raw: RawDocument): Omit<ScenarioDocument, 'source' | 'locate'> | undefined {
    const { value } = raw
    const fail = (code: string, message: string, hint: string, path = '') => {
      this.say({ severity: 'error', code, message, hint }, placeOfRaw(raw, path))
      return undefined
    }
    if (!isObject(value)) {
      const what = Array.isArray(value) ? 'a list' : `the text "${String(value).slice(0, 40)}"`
      return fail(
        'not-an-object',
        `this document is ${what}, not an object`,
        'A Kubernetes object begins with apiVersion and kind.',
      )
    }
    const { apiVersion, kind: kindName, metadata } = value
    if (typeof kindName !== 'string' || kindName === '') {
      return fail(
        'missing-kind',
        'kind is missing: what sort of object is this?',
        'Add a line such as "kind: Service".',
        'kind',
      )
    }
    if (typeof apiVersion !== 'string' || apiVersion === '') {
      const known = ALL_KINDS.find((def) => def.kind === kindName)
      const version = known ? (known.group === '' ? known.version : `${known.group}/${known.version}`) : 'v1'
      return fail(
        'missing-api-version',
        `apiVersion is missing for kind "${kindName}"`,
        `Add the line "apiVersion: ${version}".`,
        'kind',
      )
    }
    const config = PLAYGROUND.includes(groupOf(apiVersion))
    const key = kindKey(apiVersion, kindName)
    const kind = this.scoped(kindOf(apiVersion, kindName), key)
    const meta: JsonObject = isObject(metadata) ? metadata : {}
    if (metadata !== undefined && metadata !== null && !isObject(metadata)) {
      return fail(
        'bad-metadata',
        'metadata must be a map',
        'Write the name as "name: ..." on a line of its own below metadata.',
        'metadata',
      )
    }
    const namespace = kind.namespaced
      ? typeof meta.namespace === 'string' && meta.namespace !== ''
        ? meta.namespace
        : 'default'
      : undefined
    const name = this.nameFor(key, namespace, meta, value, config)
    if (name === undefined) {
      if (TOOL_GROUPS.includes(groupOf(apiVersion)))
        return fail(
          'no-match',
          `no matches for kind "${kindName}" in version "${apiVersion}"`,
          `This is a file for a tool, not an object of a cluster${kindName === 'Kustomization' ? ': render it first (kubectl kustomize), and paste the result' : ''}.`,
          'kind',
        )
      return fail(
        'missing-name',
        `metadata.name is missing for kind "${kindName}"`,
        'Every object needs a name.',
        metadata === undefined ? 'kind' : 'metadata',
      )
    }
    const cluster = this.clusterFor(raw, meta)
    const { namespace: _, ...rest } = meta
    const same = meta.name === name && meta.namespace === namespace && isObject(metadata)
    const object = (same
      ? value
      : deepFreeze({
          ...value,
          metadata: { ...(kind.namespaced ? rest : meta), name, ...(namespace ? { namespace } : {}) },
        })) as unknown as KubeObject // apiVersion, kind and name were checked
    const first = this.clusters[0] ?? DEFAULT_CLUSTER
    const id = `${cluster === first ? '' : `${cluster}:`}${refText(key, namespace ?? '', name)}`
    return { id, key, kind, cluster, object }
  }

  private nameFor(
    key: string,
    namespace: string | undefined,
    meta: JsonObject,
    value: JsonObject,
    config: boolean,
  ): string | undefined {
    if (typeof meta.name === 'string' && meta.name !== '') return meta.name
    if (typeof meta.generateName === 'string' && meta.generateName !== '') {
      // The n-th document of this prefix keeps its name however often the text is read.
      const stream = `${key}/${namespace ?? ''}/${meta.generateName}`
      const n = this.generated.get(stream) ?? 0
      this.generated.set(stream, n + 1)
      return meta.generateName.slice(0, 58) + nameOf(0, `${stream}#${n}`, 5)
    }
    if (!config) return undefined
    return clusterName(value)[0] ?? (value.kind as string).toLowerCase()
  }

  private clusterFor(raw: RawDocument, meta: JsonObject): string {
    const first = this.clusters[0] ?? DEFAULT_CLUSTER
    const asked = isObject(meta.annotations) ? meta.annotations['podwalk.dev/cluster'] : undefined
    if (typeof asked !== 'string' || asked === first || this.clusters.includes(asked))
      return typeof asked === 'string' ? asked : first
    const hint = `There is ${this.clusters.length > 0 ? this.clusters.join(', ') : first}.`
    this.say(
      {
        severity: 'warning',
        code: 'no-such-cluster',
        message: `there is no cluster "${asked}"; the first one is taken`,
        hint,
      },
      placeOfRaw(raw, 'metadata.annotations[podwalk.dev/cluster]'),
    )
    return first
  }

  private scoped(kind: KindDef, key: string): KindDef {
    if (registered(kind)) return kind
    return this.clusterScoped.has(key)
      ? { ...kind, namespaced: false }
      : this.clusterScoped.has(`${key} namespaced`)
        ? { ...kind, namespaced: true }
        : kind
  }

  private sourceNumber(raw: RawDocument, id: string): number {
    if (!raw.text) return 0
    const known = this.sources.get(raw.text)
    if (known) return known.doc
    const doc = documentNumber(raw.file, id, this.numbers)
    const { file, line, text } = raw.text
    this.sources.set(raw.text, { id: sourceId(file, doc), file, doc, line, text })
    return doc
  }

  private say(diagnostic: Omit<Diagnostic, keyof Place>, place: Place): void {
    this.diagnostics.push({ ...diagnostic, ...place })
  }
}

/** The kind key that a CustomResourceDefinition defines, if its objects belong to the cluster; marked if to a namespace. */
function clusterScopedKind(value: unknown): string[] {
  if (!isObject(value) || value.kind !== 'CustomResourceDefinition' || !isObject(value.spec)) return []
  const { group, names, scope } = value.spec
  if (typeof group !== 'string' || !isObject(names) || typeof names.kind !== 'string') return []
  const key = kindKey(`${group}/v1`, names.kind)
  return [scope === 'Cluster' ? key : `${key} namespaced`]
}

/** The name of the cluster that a Cluster document describes, as its reader calls it. */
function clusterName(value: unknown): string[] {
  if (!isObject(value) || value.kind !== 'Cluster' || typeof value.apiVersion !== 'string') return []
  const group = groupOf(value.apiVersion)
  if (group === 'kind.x-k8s.io') return [typeof value.name === 'string' ? value.name : 'kind']
  if (group !== 'podwalk.dev') return []
  return [isObject(value.metadata) && typeof value.metadata.name === 'string' ? value.metadata.name : DEFAULT_CLUSTER]
}
