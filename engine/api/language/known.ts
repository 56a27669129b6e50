import type { WorldReader } from '../../core/world.ts'
import { isObject } from '../json.ts'
import { kindKeyOf } from '../names.ts'
import { splitDocuments } from '../parse/split.ts'
import { readLines } from './cursor.ts'
import { kindOfLines, metadataOf } from './schema-at.ts'
import { kindKeyOfDef } from '../kinds/registry.ts'

/** Names of the objects of a kind: those in the world and those in the text at hand. */
export function knownNames(world: WorldReader | undefined, text: string, kind: string, namespace: string): string[] {
  const names = new Set<string>()
  for (const row of world?.rows('object') ?? []) {
    if (row.kind === kind && (row.namespace === '' || row.namespace === namespace)) names.add(row.name)
  }
  for (const document of splitDocuments(text)) {
    const lines = readLines(document.text)
    const def = kindOfLines(lines)
    if (!def || kindKeyOfDef(def) !== kind) continue
    if (def.namespaced && (metadataOf(lines, 'namespace') ?? 'default') !== namespace) continue
    const name = metadataOf(lines, 'name')
    if (name) names.add(name)
  }
  return [...names].sort()
}

/** Labels that pods of a namespace carry, or would carry by their templates: key -> values. */
export function knownLabels(
  world: WorldReader | undefined,
  namespace: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>()
  const add = (source: unknown) => {
    if (!isObject(source)) return
    for (const [key, value] of Object.entries(source)) {
      if (typeof value === 'string') labels.set(key, (labels.get(key) ?? new Set()).add(value))
    }
  }
  for (const { object, namespace: own } of world?.rows('object') ?? []) {
    if (own !== namespace) continue
    if (kindKeyOf(object) === 'Pod') add(object.metadata.labels)
    else add(object.spec?.template?.metadata?.labels)
  }
  return labels
}
