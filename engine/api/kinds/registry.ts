import { groupOf, kindKey, versionOf } from '../names.ts'
import type { KindDef } from './kind.ts'

/** The kinds with a schema of their own. */
export const KINDS: readonly KindDef[] = []

const BY_KEY: ReadonlyMap<string, KindDef> = new Map(KINDS.map((def) => [def.kind, def]))

/** What is known of a kind; for strangers what their name suggests. */
export function registered(def: KindDef): boolean {
  return BY_KEY.get(def.kind) === def
}

export function kindOf(apiVersion: string, kind: string): KindDef {
  return BY_KEY.get(kindKey(apiVersion, kind)) ?? strangerKind(apiVersion, kind)
}

function strangerKind(apiVersion: string, kind: string): KindDef {
  const singular = kind.toLowerCase()
  return {
    kind,
    group: groupOf(apiVersion),
    version: versionOf(apiVersion),
    plural: pluralOf(singular),
    singular,
    shortNames: [],
    namespaced: !kind.startsWith('Cluster'),
    acts: false,
    generation: true,
    doc: '',
    nameFormat: 'dns-subdomain',
  }
}

export function pluralOf(singular: string): string {
  if (/(s|x|z|ch|sh)$/.test(singular)) return `${singular}es`
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`
  return `${singular}s`
}
