import { isObject } from '../../../api/json.ts'
import type { KubeObject } from '../../../api/types.ts'
import type { Page } from './page.ts'

/** Kinds without a description of their own: every field by its name. Models describe.go GenericDescriber. */
export function describeAny(object: KubeObject, page: Page): void {
  const { apiVersion, kind, metadata, ...rest } = object
  const { name, namespace, labels, annotations, managedFields: _, ...more } = metadata
  page.field('Name', name)
  page.line(0, `Namespace:\t${namespace ?? ''}`)
  page.labels('Labels', labels)
  page.labels('Annotations', annotations)
  page.field('API Version', apiVersion)
  page.field('Kind', kind)
  write({ metadata: more, ...rest }, page, 0)
  page.events(object)
}

function write(fields: Readonly<Record<string, unknown>>, page: Page, level: number): void {
  for (const key of Object.keys(fields).sort()) {
    const value = fields[key]
    const label = titled(key)
    if (isObject(value)) {
      page.line(level, `${label}:`)
      write(value, page, level + 1)
    } else if (Array.isArray(value)) {
      page.line(level, `${label}:`)
      for (const item of value) {
        if (isObject(item)) write(item, page, level + 1)
        else page.line(level + 1, String(item))
      }
    } else page.line(level, `${label}:\t${String(value)}`)
  }
}

/** `creationTimestamp` -> `Creation Timestamp`, `podCIDR` -> `Pod CIDR`; keys that are no words stay. */
function titled(key: string): string {
  if (!/^[a-zA-Z]+$/.test(key)) return key
  const words = key.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
  return words[0].toUpperCase() + words.slice(1)
}
