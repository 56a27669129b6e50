import type { Result } from '../core/result.ts'
import type { Row, TableDef } from '../core/table.ts'

/** A Kubernetes object as JSON. Frozen; whoever changes it makes a new one. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  // biome-ignore lint/suspicious/noExplicitAny: manifests are open; each kind's module reads its own fields
  readonly [field: string]: any
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly generateName?: string
  // biome-ignore lint/suspicious/noExplicitAny: kept as given
  readonly [field: string]: any
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/**
 * One stored object. `kind` is the kind key: the bare kind for Kubernetes' own groups and `podwalk.dev` (`Pod`, `Service`),
 * `Kind.group` for all others (`Gateway.networking.istio.io`). `id` = `kind/namespace/name`, namespace empty if cluster-scoped,
 * prefixed with `cluster:` for any cluster but the first.
 */
export interface ObjectRow extends Row {
  readonly kind: string
  readonly cluster: string
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: number
  readonly object: KubeObject
  /** Where its fields come from: a text document, perhaps through a template of another object. */
  readonly source?: SourceRef
}

/**
 * A document of the user's text (`file`, and `doc`: a number that belongs to what the document declares, so that it stays
 * the same while documents come and go around it) and the path in it that corresponds to path `at` of this object:
 * a Pod made from a Deployment has {at: '', path: 'spec.template'}; several links cover metadata and spec apart.
 */
export interface SourceRef {
  readonly file: string
  readonly doc: number
  readonly maps: readonly { readonly at: string; readonly path: string }[]
}

/**
 * One document of the user's text, id `file#doc`. The ranges of its keys and values are worked out when somebody asks
 * (`provenance.ts`), so that loading costs nothing and an edit that moves lines changes one small row.
 */
export interface SourceRow extends Row {
  readonly file: string
  readonly doc: number
  /** Line of the file, 1-based, on which `text` begins. */
  readonly line: number
  readonly text: string
}

/** [line, column, endLine, endColumn], 1-based, end exclusive. */
export type SourceRange = readonly [number, number, number, number]

/** A place in the user's text. `line` is null for objects that were given as JSON values. */
export interface SourceLocation {
  readonly file: string
  readonly line: number | null
  readonly column?: number
  readonly endLine?: number
  readonly endColumn?: number
}

/** The API's answer to a refused request (meta/v1 Status): reason and message in Kubernetes' own words. */
export interface Status {
  readonly code: number
  readonly reason: 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Invalid' | 'BadRequest' | 'Forbidden'
  readonly message: string
  /** Field paths of what was invalid. */
  readonly causes?: readonly { readonly field: string; readonly message: string }[]
  /** True if all that was wrong is a field that may not change: deleting and creating the object would do. */
  readonly immutable?: boolean
}

export interface ObjectRef {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly cluster?: string
}

/** The API server as its clients see it. All writes bump resourceVersion; a write that changes nothing is none. */
export interface Api {
  readonly cluster: string
  get(kind: string, namespace: string, name: string): ObjectRow | undefined
  /** In order of namespace and name. Without a namespace: all of them. */
  list(kind: string, namespace?: string): readonly ObjectRow[]
  create(object: KubeObject, options?: { source?: SourceRef }): Result<ObjectRow, Status>
  /** Full replace of spec and metadata; status is kept. Conflict if `metadata.resourceVersion` is given and stale. */
  update(object: KubeObject, options?: { source?: SourceRef }): Result<ObjectRow, Status>
  updateStatus(kind: string, namespace: string, name: string, status: unknown): Result<ObjectRow, Status>
  /** Create, or update if it exists and differs (metadata, spec and all but status). */
  apply(object: KubeObject, options?: { source?: SourceRef }): Result<ObjectRow, Status>
  /** JSON merge patch. */
  patch(
    kind: string,
    namespace: string,
    name: string,
    patch: unknown,
    options?: { source?: SourceRef },
  ): Result<ObjectRow, Status>
  /** Sets deletionTimestamp where finalizers or a grace period ask for it, else removes. */
  delete(
    kind: string,
    namespace: string,
    name: string,
    options?: { graceSeconds?: number; propagation?: 'Background' | 'Foreground' | 'Orphan' },
  ): Result<void, Status>
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'info'
  readonly code: string
  readonly message: string
  readonly file?: string
  readonly line?: number | null
  readonly column?: number
  readonly endLine?: number
  readonly endColumn?: number
  /** `Kind/namespace/name` */
  readonly object?: string
  readonly hint?: string
}

declare module '../core/tables.ts' {
  interface Tables {
    object: ObjectRow
    source: SourceRow
    apiState: ApiStateRow
  }
}

/** The API server's own counter and flags: id `<cluster>`; allocators keep nothing here, they read the objects. Pods alone are counted. */
export interface ApiStateRow extends Row {
  readonly resourceVersion: number
  /** How many Pods are stored; what a quota would call `used`. */
  readonly pods: number
  /** True for the cluster that references without a cluster mean. */
  readonly first: boolean
  readonly flags: ApiFlags
}

/** Flags of kube-apiserver that allocation depends on, and the playground's own budget. */
export interface ApiFlags {
  /** `--service-cluster-ip-range`: one range, or two of different families; the first is the cluster's own family. */
  readonly serviceCidrs: readonly string[]
  /** `--service-node-port-range`, both ends inclusive. */
  readonly nodePorts: readonly [number, number]
  /** Most Pods that the cluster may hold: a ResourceQuota over all namespaces, so that no text can ask for a billion. */
  readonly mostPods: number
}

export const objectTable: TableDef<ObjectRow> = {
  name: 'object',
  order: (a, b) =>
    a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  indexes: {
    kind: (r) => `${r.cluster}|${r.kind}`,
    kindNamespace: (r) => `${r.cluster}|${r.kind}|${r.namespace}`,
    owner: (r) => ownersOf(r.object.metadata.ownerReferences),
    node: (r) => (r.kind === 'Pod' && r.object.spec?.nodeName ? `${r.cluster}|${r.object.spec.nodeName}` : undefined),
    uid: (r) => r.object.metadata.uid,
    podIp: (r) => (r.kind === 'Pod' && !r.object.spec?.hostNetwork ? podIpsOf(r) : undefined),
    clusterIP: (r) => (r.kind === 'Service' ? clusterIPsOf(r) : undefined),
    nodePort: (r) => (r.kind === 'Service' ? nodePortsOf(r) : undefined),
    /** Pods by each of their labels: `cluster|namespace|key=value`. */
    podLabel: (r) => (r.kind === 'Pod' ? labelPairs(r) : undefined),
    /** Pods and ReplicaSets that no controller owns, for those who might adopt them: `cluster|kind|namespace`. */
    orphan: (r) =>
      (r.kind === 'Pod' || r.kind === 'ReplicaSet') && isOrphan(r.object)
        ? `${r.cluster}|${r.kind}|${r.namespace}`
        : undefined,
  },
}

function labelPairs({ cluster, namespace, object }: ObjectRow): string[] {
  const pairs: string[] = []
  for (const key in object.metadata.labels) pairs.push(`${cluster}|${namespace}|${key}=${object.metadata.labels[key]}`)
  return pairs
}

function isOrphan({ metadata }: KubeObject): boolean {
  const owners: unknown = metadata.ownerReferences
  return !Array.isArray(owners) || !owners.some((owner) => owner?.controller)
}

/** UIDs of the owners. Objects that were stored without admission may hold anything. */
function ownersOf(owners: unknown): string | string[] | undefined {
  if (!Array.isArray(owners)) return undefined
  if (owners.length === 1 && typeof owners[0]?.uid === 'string') return owners[0].uid
  return owners.flatMap((owner) => (typeof owner?.uid === 'string' ? owner.uid : []))
}

function clusterIPsOf({ cluster, object }: ObjectRow): string[] | undefined {
  const ips: unknown = object.spec?.clusterIPs
  return Array.isArray(ips) ? ips.filter((ip) => ip !== 'None').map((ip) => `${cluster}|${ip}`) : undefined
}

function nodePortsOf({ cluster, object }: ObjectRow): string[] | undefined {
  const ports: unknown = object.spec?.ports
  const given = Array.isArray(ports) ? ports.map((port) => port?.nodePort) : []
  const taken = [...new Set([...given, object.spec?.healthCheckNodePort])].filter(Boolean)
  return taken.length > 0 ? taken.map((port) => `${cluster}|${port}`) : undefined
}

/** Addresses that a pod has or asks for. */
function podIpsOf({ cluster, object }: ObjectRow): readonly string[] | undefined {
  const has = object.status?.podIP
  const asks = object.metadata.annotations?.['podwalk.dev/ip']
  if (!has && !asks) return undefined
  return has && asks && has !== asks ? [`${cluster}|${has}`, `${cluster}|${asks}`] : [`${cluster}|${has ?? asks}`]
}

export const sourceTable: TableDef<SourceRow> = { name: 'source', indexes: { file: (r) => r.file } }
export const apiStateTable: TableDef<ApiStateRow> = { name: 'apiState' }
export const API_TABLES = [objectTable, sourceTable, apiStateTable] as const
