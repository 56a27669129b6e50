import { groupOf, kindKey, versionOf } from '../names.ts'
import { configMap, event, lease, namespace, node, secret, serviceAccount } from './config.ts'
import { endpointSlice, endpoints } from './endpoints.ts'
import { job } from './job.ts'
import type { KindDef } from './kind.ts'
import { cluster, fault, traffic } from './podwalk.ts'
import { pod } from './pod.ts'
import { service } from './service.ts'
import { WELL_KNOWN } from './well-known.ts'
import { daemonSet, deployment, replicaSet, replicationController, statefulSet } from './workloads.ts'

/** The kinds with a schema of their own, in the order in which completion offers them. */
export const KINDS: readonly KindDef[] = [
  ...[deployment, service, pod, namespace, configMap, secret, serviceAccount],
  ...[statefulSet, daemonSet, job, replicaSet, replicationController],
  ...[node, endpointSlice, endpoints, event, lease],
  ...[cluster, traffic, fault],
]

const BY_KEY: ReadonlyMap<string, KindDef> = new Map(KINDS.map((def) => [def.kind, def]))

const STRANGERS: ReadonlyMap<string, KindDef> = new Map(
  WELL_KNOWN.map(([kind, group, version, plural, shortNames, namespaced]) => [
    kindKey(group === '' ? version : `${group}/${version}`, kind),
    { ...stranger(kind, group, version), plural, shortNames, namespaced },
  ]),
)

/** What is known of a kind; for strangers what their name suggests. */
export function kindOf(apiVersion: string, kind: string): KindDef {
  const key = kindKey(apiVersion, kind)
  return BY_KEY.get(key) ?? STRANGERS.get(key) ?? stranger(kind, groupOf(apiVersion), versionOf(apiVersion))
}

/** The kind behind a kind key, if it is one that needs no look into the cluster. */
export function knownKind(key: string): KindDef | undefined {
  return BY_KEY.get(key) ?? STRANGERS.get(key)
}

/** True for kinds that are known without a CustomResourceDefinition. */
export function registered(def: KindDef): boolean {
  return BY_KEY.get(def.kind) === def || STRANGERS.get(kindKeyOfDef(def)) === def
}

/** Every kind that is known by name. */
export const ALL_KINDS: readonly KindDef[] = [...KINDS, ...STRANGERS.values()]

export function kindKeyOfDef({ group, version, kind }: KindDef): string {
  return kindKey(group === '' ? version : `${group}/${version}`, kind)
}

/** The kind key of a kind as people write it: `Pod`, `pod`, `pods`, `po`, `deployments.apps`, or a kind key itself. */
export function kindKeyOf(name: string, apiVersion?: string): string {
  if (apiVersion) return kindKey(apiVersion, name)
  const known = knownKind(name) ?? ALL_KINDS.find((def) => isCalled(def, name))
  return known ? kindKeyOfDef(known) : name
}

/** Whether `kubectl` knows the kind by this name. */
export function isCalled(def: KindDef, name: string): boolean {
  const wanted = name.toLowerCase()
  if (wanted === def.plural || wanted === def.singular || def.shortNames.includes(wanted)) return true
  if (!wanted.includes('.') || def.group === '') return false
  const [head, ...rest] = wanted.split('.')
  if (head !== def.plural && head !== def.singular) return false
  if (rest.join('.') === def.group) return true
  // Of a kind without a schema here one version is known; objects of its other versions are the same objects.
  const version = BY_KEY.get(def.kind) === def ? def.version : /^v\d+((alpha|beta)\d+)?$/.exec(rest[0])?.[0]
  return rest[0] === version && rest.slice(1).join('.') === def.group
}

function stranger(kind: string, group: string, version: string): KindDef {
  const singular = kind.toLowerCase()
  return {
    kind,
    group,
    version,
    plural: pluralOf(singular),
    singular,
    shortNames: [],
    namespaced: !kind.startsWith('Cluster'),
    acts: false,
    generation: true,
    doc: '',
    nameFormat: group === 'rbac.authorization.k8s.io' ? 'path' : 'dns-subdomain',
  }
}

export function pluralOf(singular: string): string {
  if (/(s|x|z|ch|sh)$/.test(singular)) return `${singular}es`
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`
  return `${singular}s`
}
