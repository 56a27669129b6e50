import type { Ctx } from '../core/context.ts'
import { draw, nameOf } from '../core/rng.ts'
import { err, ok, type Result } from '../core/result.ts'
import type { Tx } from '../core/world.ts'
import { admit, admitUpdate } from './admission.ts'
import type { FieldError } from './field-error.ts'
import { DEFAULT_FLAGS } from './flags.ts'
import { deepEqual, deepFreeze, mergePatch, shareUnchanged } from './json.ts'
import type { KindDef } from './kinds/kind.ts'
import { findKind, kindByKey } from './kinds/lookup.ts'
import { knownKind } from './kinds/registry.ts'
import { firstCluster, isFirstCluster, kindKeyOf, objectId, versionOf } from './names.ts'
import {
  alreadyExists,
  conflict,
  invalidObject,
  namespaceNotFound,
  namespaceTerminating,
  notFound,
  quotaExceeded,
  uidConflict,
} from './status.ts'
import { timestampAt } from './time.ts'
import type { Api, ApiFlags, KubeObject, ObjectMeta, ObjectRow, SourceRef, Status } from './types.ts'
import { retireUid, uidFor } from './uid.ts'

export interface ApiOptions {
  /** False: what a real API server would refuse is stored all the same, as long as its lists are lists and its maps are maps. */
  readonly admission?: boolean
  /** False: not even that is looked at. For the playground's own documents, whose readers complain themselves. */
  readonly shaped?: boolean
}

/** Sets kube-apiserver's flags for a cluster. The first cluster that is configured is the first of the world. */
export function configureApi(tx: Tx, cluster: string, flags: Partial<ApiFlags>): void {
  const state = tx.get('apiState', cluster)
  const first = state?.first ?? tx.count('apiState') === 0
  const next = { ...DEFAULT_FLAGS, ...state?.flags, ...flags }
  const { resourceVersion = 0, pods = 0 } = state ?? {}
  tx.put('apiState', { id: cluster, resourceVersion, pods, first, flags: next })
}

/** The API server of a cluster (the first one if none is named), on a world's tables. It keeps nothing itself. */
export function apiOf(on: Ctx | Tx, cluster?: string, options: ApiOptions = {}): Api {
  const tx = 'tx' in on ? on.tx : on
  return new Store(tx, cluster ?? firstCluster(tx), options)
}

/** Namespaces that every cluster has, whether or not somebody stored them. */
export const ETERNAL_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

class Store implements Api {
  readonly cluster: string
  private readonly tx: Tx
  private readonly admission: boolean
  private readonly shaped: boolean

  constructor(tx: Tx, cluster: string, { admission = true, shaped = true }: ApiOptions) {
    this.tx = tx
    this.cluster = cluster
    this.admission = admission
    this.shaped = shaped
  }

  get(kind: string, namespace: string, name: string): ObjectRow | undefined {
    return this.tx.get('object', this.idOf(kind, namespace, name))
  }

  list(kind: string, namespace?: string): readonly ObjectRow[] {
    const key = `${this.cluster}|${kind}`
    return namespace === undefined
      ? this.tx.by('object', 'kind', key)
      : this.tx.by('object', 'kindNamespace', `${key}|${namespace}`)
  }

  create(given: KubeObject, options?: { source?: SourceRef }): Result<ObjectRow, Status> {
    const kind = findKind(this.tx, this.cluster, given)
    const namespace = kind.namespaced ? given.metadata.namespace || 'default' : ''
    const name = given.metadata.name || this.generatedName(kindKeyOf(given), namespace, given.metadata.generateName)
    const key = kindKeyOf(given)
    const id = this.idOf(key, namespace, name)
    if (this.tx.get('object', id)) return err(alreadyExists(kind, name))
    const refused = kind.namespaced && this.admission ? this.checkNamespace(kind, namespace, name) : undefined
    if (refused) return err(refused)
    const beyond = key === 'Pod' ? this.checkQuota(kind, namespace, name) : undefined
    if (beyond) return err(beyond)

    const metadata = this.newMetadata(given.metadata, kind, id, namespace, name)
    const admitted = admit({ ...given, metadata } as KubeObject, kind, this.allocation())
    const errors = this.refusing(admitted.errors)
    if (errors.length > 0) return err(invalidObject(kind, versionOf(given.apiVersion), name, errors))
    if (key === 'Pod') this.countPods(1)
    return ok(this.store(id, key, namespace, name, admitted.object, options?.source))
  }

  update(given: KubeObject, options?: { source?: SourceRef }): Result<ObjectRow, Status> {
    const { kind, row } = this.existing(given)
    if (!row) return err(notFound(kind, given.metadata.name))
    return this.replace(kind, row, given, row.object.status, options?.source)
  }

  updateStatus(kindName: string, namespace: string, name: string, status: unknown): Result<ObjectRow, Status> {
    const row = this.get(kindName, namespace, name)
    if (!row) return err(notFound(kindByKey(this.tx, this.cluster, kindName), name))
    if (deepEqual(row.object.status, status)) return ok(row)
    const object = { ...row.object, status: shareUnchanged(row.object.status, status) }
    return ok(this.store(row.id, row.kind, row.namespace, row.name, object, row.source))
  }

  apply(given: KubeObject, options?: { source?: SourceRef }): Result<ObjectRow, Status> {
    const { kind, row } = this.existing(given)
    if (!row) return this.create(given, options)
    const { resourceVersion: _, ...metadata } = given.metadata
    return this.replace(kind, row, { ...given, metadata } as KubeObject, row.object.status, options?.source)
  }

  patch(
    kindName: string,
    namespace: string,
    name: string,
    patch: unknown,
    options?: { source?: SourceRef },
  ): Result<ObjectRow, Status> {
    const row = this.get(kindName, namespace, name)
    const kind = kindByKey(this.tx, this.cluster, kindName)
    if (!row) return err(notFound(kind, name))
    const next = mergePatch(row.object, patch) as KubeObject // a patch of an object is an object
    return this.replace(kind, row, next, next.status, options?.source)
  }

  delete(
    kindName: string,
    namespace: string,
    name: string,
    options: { graceSeconds?: number; propagation?: 'Background' | 'Foreground' | 'Orphan' } = {},
  ): Result<void, Status> {
    const row = this.get(kindName, namespace, name)
    if (!row) return err(notFound(kindByKey(this.tx, this.cluster, kindName), name))
    const { metadata } = row.object
    const finalizers = [...(metadata.finalizers ?? []), ...propagationFinalizer(options.propagation, metadata)]
    const grace = graceOf(row, options.graceSeconds)
    const held = finalizers.length > 0 || (row.kind === 'Namespace' && (row.object.spec?.finalizers ?? []).length > 0)
    if (grace === 0 && !held) {
      this.remove(row)
      return ok(undefined)
    }
    if (metadata.deletionTimestamp !== undefined && grace >= (metadata.deletionGracePeriodSeconds ?? 0)) {
      return ok(undefined)
    }
    const deleting: ObjectMeta = {
      ...metadata,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      deletionTimestamp: timestampAt(this.now + grace * 1_000_000),
      deletionGracePeriodSeconds: grace,
    }
    const object = { ...row.object, metadata: deleting }
    const terminating =
      row.kind === 'Namespace' ? { ...object, status: { ...row.object.status, phase: 'Terminating' } } : object
    this.store(row.id, row.kind, row.namespace, row.name, terminating, row.source)
    return ok(undefined)
  }

  /** Metadata, spec and the rest by `given`; server-set fields and the source (unless given) stay. */
  private replace(
    kind: KindDef,
    row: ObjectRow,
    given: KubeObject,
    status: unknown,
    source: SourceRef | undefined,
  ): Result<ObjectRow, Status> {
    const before = row.object
    const version = given.metadata.resourceVersion
    if (version && version !== before.metadata.resourceVersion) return err(conflict(kind, row.name))
    const uid = given.metadata.uid
    if (uid && before.metadata.uid && uid !== before.metadata.uid)
      return err(uidConflict(kind, row.name, uid, before.metadata.uid))

    const object = { ...given, metadata: keptMetadata(given.metadata, before.metadata, row) } as Record<string, unknown>
    if (status === undefined) delete object.status
    else object.status = status
    const admitted = admitUpdate(object as unknown as KubeObject, before, kind, this.allocation(before))
    const errors = this.refusing(admitted.errors)
    if (errors.length > 0) return err(invalidObject(kind, versionOf(given.apiVersion), row.name, errors))
    const next = admitted.object
    if (next === before) {
      if (source === undefined || deepEqual(source, row.source)) return ok(row)
      const moved = { ...row, source: deepFreeze(source) }
      this.tx.put('object', moved)
      return ok(moved)
    }
    const kept = kind.generation ? withGeneration(next, before) : next
    const { metadata } = kept
    if (metadata.deletionTimestamp !== undefined && isReleased(kept)) {
      this.remove(row)
      return ok({ ...row, object: kept })
    }
    return ok(this.store(row.id, row.kind, row.namespace, row.name, kept, source ?? row.source))
  }

  private store(
    id: string,
    kind: string,
    namespace: string,
    name: string,
    object: KubeObject,
    source: SourceRef | undefined,
  ): ObjectRow {
    const resourceVersion = this.bump()
    const stored = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(resourceVersion) } })
    const row: ObjectRow = {
      id,
      kind,
      cluster: this.cluster,
      namespace,
      name,
      resourceVersion,
      object: stored,
      ...(source ? { source: deepFreeze(source) } : {}),
    }
    this.tx.put('object', row)
    return row
  }

  private remove(row: ObjectRow): void {
    this.bump()
    if (row.kind === 'Pod') this.countPods(-1)
    retireUid(this.tx, row.id)
    this.tx.delete('object', row.id)
  }

  private bump(): number {
    const state = this.tx.get('apiState', this.cluster)
    const resourceVersion = (state?.resourceVersion ?? 0) + 1
    if (state) this.tx.put('apiState', { ...state, resourceVersion })
    else
      this.tx.put('apiState', {
        id: this.cluster,
        resourceVersion,
        pods: 0,
        first: isFirstCluster(this.tx, this.cluster),
        flags: DEFAULT_FLAGS,
      })
    return resourceVersion
  }

  private countPods(difference: 1 | -1): void {
    const state = this.tx.get('apiState', this.cluster)
    if (!state) this.bump()
    const { pods = 0 } = state ?? {}
    this.tx.patch('apiState', this.cluster, { pods: pods + difference })
  }

  /** The budget of Pods. It holds without admission too: it protects the page, not the cluster. */
  private checkQuota(kind: KindDef, namespace: string, name: string): Status | undefined {
    const { pods: used = 0, flags = DEFAULT_FLAGS } = this.tx.get('apiState', this.cluster) ?? {}
    const most = flags.mostPods + (namespace.startsWith('kube-') ? SYSTEM_RESERVE : 0)
    return used < most ? undefined : quotaExceeded(kind, name, { used, most })
  }

  /** Which errors refuse an object. A list where a text belongs is refused without admission too: nobody could read it. */
  private refusing(errors: readonly FieldError[]): readonly FieldError[] {
    if (this.admission) return errors
    return this.shaped ? errors.filter(({ misshapen }) => misshapen) : []
  }

  private existing(given: KubeObject): { kind: KindDef; row: ObjectRow | undefined } {
    const kind = findKind(this.tx, this.cluster, given)
    const namespace = kind.namespaced ? given.metadata.namespace || 'default' : ''
    const name = given.metadata.name
    return { kind, row: name ? this.get(kindKeyOf(given), namespace, name) : undefined }
  }

  private checkNamespace(kind: KindDef, namespace: string, name: string): Status | undefined {
    const row = this.get('Namespace', '', namespace)
    if (!row) return ETERNAL_NAMESPACES.includes(namespace) ? undefined : namespaceNotFound(namespace)
    return row.object.metadata.deletionTimestamp === undefined ? undefined : namespaceTerminating(kind, name, namespace)
  }

  private newMetadata(given: ObjectMeta, kind: KindDef, id: string, namespace: string, name: string): ObjectMeta {
    const metadata: Record<string, unknown> = { ...given, name }
    if (namespace === '') delete metadata.namespace
    else metadata.namespace = namespace
    for (const key of ['creationTimestamp', 'deletionTimestamp']) if (metadata[key] == null) delete metadata[key]
    metadata.uid ||= uidFor(this.tx, this.seed, id)
    metadata.creationTimestamp ||= timestampAt(this.now)
    if (kind.generation) metadata.generation = 1
    return metadata as unknown as ObjectMeta // a name, and whatever was given
  }

  /** The prefix and five characters, as apiserver's names.SimpleNameGenerator; from one stream per kind and prefix. */
  private generatedName(kind: string, namespace: string, prefix: string | undefined): string {
    if (!prefix) return ''
    const stream = `generateName/${this.cluster}/${kind}/${namespace}/${prefix}`
    for (;;) {
      const drawn = this.tx.get('rng', stream)?.drawn ?? 0
      draw(this.tx, this.seed, stream)
      const name = prefix.slice(0, 58) + nameOf(this.seed, `${stream}#${drawn}`, 5)
      if (!this.get(kind, namespace, name)) return name
    }
  }

  private allocation(before?: KubeObject) {
    return { reader: this.tx, cluster: this.cluster, seed: this.seed, before }
  }

  private idOf(kind: string, namespace: string, name: string): string {
    const scope = knownKind(kind)?.namespaced === false ? '' : namespace
    return objectId(this.tx, { kind, namespace: scope, name, cluster: this.cluster })
  }

  private get now(): number {
    return this.tx.get('clock', 'clock')?.now ?? 0
  }

  private get seed(): number {
    return this.tx.get('clock', 'clock')?.seed ?? 0
  }
}

/** Pods of the system may go so far beyond the budget: daemons of every node have to start, whatever a text asks for. */
const SYSTEM_RESERVE = 2_048

/** Server-set metadata survives whatever the client sends. */
function keptMetadata(given: ObjectMeta, before: ObjectMeta, row: ObjectRow): ObjectMeta {
  if (given === before) return before
  const metadata: Record<string, unknown> = { ...given, name: row.name }
  for (const key of SERVER_SET) {
    if (before[key] === undefined) delete metadata[key]
    else metadata[key] = before[key]
  }
  return metadata as unknown as ObjectMeta // the given metadata with the server's own fields
}

const SERVER_SET = [
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

/** Counts a change of the desired state. The binding of a pod goes past the strategy that counts, and is none. */
function withGeneration(next: KubeObject, before: KubeObject): KubeObject {
  const same = (key: string) => {
    if (key === 'metadata' || key === 'status' || next[key] === before[key]) return true
    if (key !== 'spec' || next.kind !== 'Pod' || before.spec?.nodeName) return deepEqual(next[key], before[key])
    return deepEqual({ ...next.spec, nodeName: undefined }, { ...before.spec, nodeName: undefined })
  }
  if (Object.keys({ ...next, ...before }).every(same)) return next
  return { ...next, metadata: { ...next.metadata, generation: (before.metadata.generation ?? 0) + 1 } }
}

/** Whether an object that is being deleted may go: nobody holds it and its grace period is no longer waited for. */
function isReleased({ kind, metadata, spec }: KubeObject): boolean {
  if ((metadata.finalizers ?? []).length > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false
  return kind !== 'Namespace' || (spec?.finalizers ?? []).length === 0
}

/** Models registry/core/pod/strategy.go CheckGracefulDelete: only pods that may run somewhere are waited for. */
function graceOf(row: ObjectRow, asked: number | undefined): number {
  if (row.kind !== 'Pod') return 0
  const { spec, status } = row.object
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  return asked ?? spec.terminationGracePeriodSeconds ?? 30
}

function propagationFinalizer(propagation: string | undefined, { finalizers = [] }: ObjectMeta): string[] {
  const wanted = propagation === 'Foreground' ? 'foregroundDeletion' : propagation === 'Orphan' ? 'orphan' : undefined
  return wanted && !finalizers.includes(wanted) ? [wanted] : []
}
