import type { WorldReader } from '../../core/world.ts'
import { groupOf } from '../names.ts'
import type { KubeObject } from '../types.ts'
import type { KindDef } from './kind.ts'
import { isCalled, kindOf, knownKind, pluralOf, registered } from './registry.ts'

/** What is known of an object's kind: its own schema, else what a CustomResourceDefinition in the cluster says. */
export function findKind(reader: WorldReader, cluster: string, object: KubeObject): KindDef {
  return findKindNamed(reader, cluster, object.apiVersion, object.kind)
}

function findKindNamed(reader: WorldReader, cluster: string, apiVersion: string, kind: string): KindDef {
  const known = kindOf(apiVersion, kind)
  if (registered(known) || !groupOf(apiVersion).includes('.')) return known
  return customKinds(reader, cluster).find((def) => def.kind === kind && def.group === known.group) ?? known
}

/** The kind behind a kind key: `Pod`, `Gateway.networking.istio.io`. */
export function kindByKey(reader: WorldReader, cluster: string, key: string): KindDef {
  const known = knownKind(key)
  if (known) return known
  const dot = key.indexOf('.')
  if (dot >= 0) return findKindNamed(reader, cluster, `${key.slice(dot + 1)}/v1`, key.slice(0, dot))
  const some = reader.by('object', 'kind', `${cluster}|${key}`)[0]
  return kindOf(some?.object.apiVersion ?? 'v1', key)
}

/** The custom kind of this name, if a CustomResourceDefinition in the cluster defines one. */
export function customKindCalled(reader: WorldReader, cluster: string, name: string): KindDef | undefined {
  return customKinds(reader, cluster).find((def) => isCalled(def, name))
}

function customKinds(reader: WorldReader, cluster: string): readonly KindDef[] {
  return reader.memo('object', 'kind', `${cluster}|CustomResourceDefinition`, 'kinds', (rows) =>
    rows.flatMap(({ object }) => customKind(object.spec)),
  )
}

function customKind(spec: KubeObject['spec']): KindDef[] {
  const { kind, singular, plural, shortNames } = spec?.names ?? {}
  if (typeof kind !== 'string' || typeof spec.group !== 'string') return []
  const version = Array.isArray(spec.versions)
    ? spec.versions.find((each: { storage?: boolean }) => each?.storage)?.name
    : spec.version
  const base = kindOf(`${spec.group}/${typeof version === 'string' ? version : 'v1'}`, kind)
  const name: string = typeof singular === 'string' && singular !== '' ? singular : kind.toLowerCase()
  return [
    {
      ...base,
      singular: name,
      plural: typeof plural === 'string' ? plural : pluralOf(name),
      shortNames: Array.isArray(shortNames) ? shortNames.filter((each) => typeof each === 'string') : [],
      namespaced: spec.scope !== 'Cluster',
    },
  ]
}
