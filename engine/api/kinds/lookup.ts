import type { WorldReader } from '../../core/world.ts'
import { groupOf } from '../names.ts'
import type { KubeObject } from '../types.ts'
import type { KindDef } from './kind.ts'
import { kindOf, pluralOf, registered } from './registry.ts'

/** What is known of an object's kind: its own schema, else what a CustomResourceDefinition in the cluster says. */
export function findKind(reader: WorldReader, cluster: string, object: KubeObject): KindDef {
  return findKindNamed(reader, cluster, object.apiVersion, object.kind)
}

export function findKindNamed(reader: WorldReader, cluster: string, apiVersion: string, kind: string): KindDef {
  const known = kindOf(apiVersion, kind)
  if (registered(known) || !groupOf(apiVersion).includes('.')) return known
  return customKind(reader, cluster, known) ?? known
}

/** The kind behind a kind key: `Pod`, `Gateway.networking.istio.io`. */
export function kindByKey(reader: WorldReader, cluster: string, key: string): KindDef {
  const dot = key.indexOf('.')
  if (dot >= 0) return findKindNamed(reader, cluster, `${key.slice(dot + 1)}/v1`, key.slice(0, dot))
  const some = reader.by('object', 'kind', `${cluster}|${key}`)[0]
  return kindOf(some?.object.apiVersion ?? 'v1', key)
}

function customKind(reader: WorldReader, cluster: string, stranger: KindDef): KindDef | undefined {
  const definitions = reader.memo('object', 'kind', `${cluster}|CustomResourceDefinition`, 'by kind', (rows) =>
    Object.fromEntries(rows.map(({ object }) => [`${object.spec?.names?.kind}.${object.spec?.group}`, object.spec])),
  )
  const spec = definitions[`${stranger.kind}.${stranger.group}`]
  if (!spec) return undefined
  const singular: string = spec.names.singular || stranger.kind.toLowerCase()
  return {
    ...stranger,
    singular,
    plural: spec.names.plural || pluralOf(singular),
    shortNames: Array.isArray(spec.names.shortNames) ? spec.names.shortNames : [],
    namespaced: spec.scope !== 'Cluster',
  }
}
