import type { ObjectSchema, Schema } from './kinds/schema.ts'
import { isObject, type JsonObject } from './json.ts'

/** Frozen values that were completed against a schema already: a template's pods share its subtrees and pass at once. */
const COMPLETE = new WeakMap<object, Schema>()

/**
 * The value with every default filled in that its schema knows. The same value if nothing is missing; what is given is
 * never changed. Models the generated zz_generated.defaults.go of each API group.
 */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || COMPLETE.get(value) === schema) return value
  const complete = fill(schema, value)
  if (typeof complete === 'object' && complete !== null && Object.isFrozen(complete)) COMPLETE.set(complete, schema)
  return complete
}

/** Remembers that a value, now frozen, is complete. */
export function markComplete(schema: Schema, value: unknown): void {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value) || COMPLETE.get(value) === schema) return
  COMPLETE.set(value, schema)
  if (schema.type === 'object') {
    for (const key in value) if (schema.fields[key]) markComplete(schema.fields[key], (value as JsonObject)[key])
  } else if (schema.type === 'list' && Array.isArray(value)) {
    for (const item of value) markComplete(schema.items, item)
  }
}

function fill(schema: Schema, value: object): unknown {
  switch (schema.type) {
    case 'object':
      return isObject(value) ? fillFields(schema.fields, value) : value
    case 'list':
      return Array.isArray(value) ? fillItems(schema.items, value) : value
    case 'map':
      return isObject(value) && schema.values.type === 'object' ? fillValues(schema.values, value) : value
    default:
      return value
  }
}

/** Fills the fields of an object; the same object if nothing was missing. */
export function fillFields<T extends JsonObject>(fields: ObjectSchema['fields'], value: T): T {
  let result: Record<string, unknown> | undefined
  for (const key in fields) {
    const schema = fields[key]
    const given = value[key]
    let wanted = given
    if (given === undefined || given === null) {
      if (schema.default === undefined) continue
      wanted = typeof schema.default === 'function' ? schema.default(result ?? value) : schema.default
      if (wanted === undefined) continue
    }
    wanted = withDefaults(schema, wanted)
    if (wanted === given) continue
    result ??= { ...value }
    result[key] = wanted
  }
  return (result ?? value) as T // the same fields, some of them completed
}

function fillItems(items: Schema, value: readonly unknown[]): readonly unknown[] {
  if (items.type !== 'object') return value
  let result: unknown[] | undefined
  for (let i = 0; i < value.length; i++) {
    const wanted = withDefaults(items, value[i])
    if (wanted === value[i]) continue
    result ??= [...value]
    result[i] = wanted
  }
  return result ?? value
}

function fillValues(values: Schema, value: JsonObject): JsonObject {
  const entries = Object.entries(value)
  const filled = entries.map(([key, item]) => [key, withDefaults(values, item)] as const)
  return filled.some(([, item], i) => item !== entries[i][1]) ? Object.fromEntries(filled) : value
}
