import { isObject, type JsonObject } from './json.ts'
import type { KindDef } from './kinds/kind.ts'
import { OBJECT_META } from './kinds/meta.ts'
import type { Schema } from './kinds/schema.ts'
import { nearest } from './nearest.ts'
import { itemPath, keyPath } from './path.ts'

/** A field that the kind does not have, or that is kept without effect. */
export interface Finding {
  readonly code: 'unknown-field' | 'field-not-modelled'
  readonly path: string
  readonly hint?: string
}

/** Fields of a given object that are unknown or not modelled. Kinds without a schema have none. */
export function inspectFields(object: JsonObject, kind: KindDef): readonly Finding[] {
  if (!kind.fields) return []
  const findings: Finding[] = []
  for (const [key, value] of Object.entries(object)) {
    if (key === 'apiVersion' || key === 'kind') continue
    if (key === 'metadata') walk(OBJECT_META, value, key, findings)
    else inspectField(kind.fields, key, value, key, findings)
  }
  return findings
}

function inspectField(
  fields: Readonly<Record<string, Schema>>,
  key: string,
  value: unknown,
  path: string,
  findings: Finding[],
): void {
  const schema = Object.hasOwn(fields, key) ? fields[key] : undefined
  if (!schema) {
    const meant = nearest(key, Object.keys(fields))
    findings.push({ code: 'unknown-field', path, ...(meant ? { hint: `Did you mean "${meant}"?` } : {}) })
  } else if (schema.modelled === false) {
    if (!isEmpty(value)) findings.push({ code: 'field-not-modelled', path })
  } else walk(schema, value, path, findings)
}

function walk(schema: Schema, value: unknown, path: string, findings: Finding[]): void {
  if (schema.type === 'object' && isObject(value)) {
    for (const key in value) inspectField(schema.fields, key, value[key], keyPath(path, key), findings)
  } else if (schema.type === 'list' && Array.isArray(value) && hasFields(schema.items)) {
    for (const [i, item] of value.entries()) walk(schema.items, item, itemPath(path, i), findings)
  } else if (schema.type === 'map' && isObject(value) && hasFields(schema.values)) {
    for (const key in value) walk(schema.values, value[key], keyPath(path, key), findings)
  }
}

const hasFields = (schema: Schema) => schema.type === 'object' || schema.type === 'list' || schema.type === 'map'

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
