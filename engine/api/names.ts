import type { WorldReader } from '../core/world.ts'
import type { KubeObject, ObjectRow } from './types.ts'

/** The group of an apiVersion: `apps` of `apps/v1`, empty for core's `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

/** The version of an apiVersion: `v1` of `apps/v1`. */
export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1)
}

/**
 * The key under which objects of a kind are stored: the bare kind for Kubernetes' own groups and `podwalk.dev`, else
 * `Kind.group` (`Gateway.networking.istio.io`). Kubernetes' own groups have no dot or end in `.k8s.io`.
 */
export function kindKey(apiVersion: string, kind: string): string {
  const group = groupOf(apiVersion)
  const own =
    !group.includes('.') || group === 'podwalk.dev' || (group.endsWith('.k8s.io') && !group.endsWith('.x-k8s.io'))
  return own ? kind : `${kind}.${group}`
}

export const kindKeyOf = (object: KubeObject): string => kindKey(object.apiVersion, object.kind)

/** `Kind/namespace/name`, as notes, diagnostics and `ObjectRow.id` spell it (the latter with a cluster in front). */
export function refText(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}

/** The id of an object's row; `cluster` absent means the first one. */
export function objectId(
  reader: WorldReader,
  ref: { readonly kind: string; readonly namespace?: string; readonly name: string; readonly cluster?: string },
): string {
  const text = refText(ref.kind, ref.namespace ?? '', ref.name)
  return ref.cluster === undefined || isFirstCluster(reader, ref.cluster) ? text : `${ref.cluster}:${text}`
}

/** Whether references without a cluster mean this one: it is the first that the world knew, or there is none yet. */
export function isFirstCluster(reader: WorldReader, cluster: string): boolean {
  const state = reader.get('apiState', cluster)
  return state ? state.first : reader.count('apiState') === 0
}

/** Name of the first cluster, `kubernetes` in a world that has none yet. */
export function firstCluster(reader: WorldReader): string {
  return reader.rows('apiState').find((state) => state.first)?.id ?? DEFAULT_CLUSTER
}

export const DEFAULT_CLUSTER = 'kubernetes'

/** The reference that others keep to an object of this row. */
export function controllerRefOf({ object }: ObjectRow) {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  } as const
}
