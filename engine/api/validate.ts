import { duplicate, type FieldError, invalid, required, unsupported } from './field-error.ts'
import { formatProblems, isQuantity, NON_NEGATIVE, QUANTITY_MESSAGE } from './formats.ts'
import { isObject, type JsonObject } from './json.ts'
import type { ListSchema, MapSchema, ObjectSchema, ScalarSchema, Schema } from './kinds/schema.ts'

/** Frozen values that passed already: pods of one template are checked once. */
const VALID = new WeakMap<object, Schema>()

/** Everything that is wrong with a value, in the order of the schema's fields. */
export function validateValue(schema: Schema, value: unknown, path: string, owner = ''): readonly FieldError[] {
  if (typeof value !== 'object' || value === null) return validateScalarOrAny(schema, value, path, owner)
  if (VALID.get(value) === schema) return NONE
  const errors = validateCollection(schema, value, path, owner)
  if (errors.length === 0 && Object.isFrozen(value)) VALID.set(value, schema)
  return errors
}

const NONE: readonly FieldError[] = Object.freeze([])

function validateCollection(schema: Schema, value: object, path: string, owner: string): readonly FieldError[] {
  switch (schema.type) {
    case 'any':
      return NONE
    case 'object':
      return isObject(value) ? validateObject(schema, value, path) : [decodeError(schema, value, path, owner)]
    case 'list':
      return Array.isArray(value) ? validateList(schema, value, path, owner) : [decodeError(schema, value, path, owner)]
    case 'map':
      return isObject(value) ? validateMap(schema, value, path, owner) : [decodeError(schema, value, path, owner)]
    default:
      return [decodeError(schema, value, path, owner)]
  }
}

function validateObject(schema: ObjectSchema, value: JsonObject, path: string): readonly FieldError[] {
  const errors = validateFields(schema.fields, value, path, schema.name)
  if (!schema.check || errors.some((error) => error.type === 'decode')) return errors
  return [...errors, ...schema.check(value as never, path)] // its fields have the types that the schema gives them
}

/** The fields of an object, whose Go type is `owner`; without those that are the very ones that `before` has. */
export function validateFields(
  fields: ObjectSchema['fields'],
  value: JsonObject,
  path: string,
  owner: string,
  before?: JsonObject,
): FieldError[] {
  const errors: FieldError[] = []
  for (const key in fields) {
    const schema = fields[key]
    const given = value[key]
    if (given === undefined && !schema.required) continue
    if (before !== undefined && given === before[key]) continue
    const at = path === '' ? key : `${path}.${key}`
    if (given === undefined || given === null || (schema.required && isEmpty(given))) {
      if (schema.required) errors.push(required(at))
    } else {
      const wrong = validateValue(schema, given, at, owner)
      if (wrong.length > 0) errors.push(...wrong)
    }
  }
  return errors
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0)
}

function validateList(
  schema: ListSchema,
  value: readonly unknown[],
  path: string,
  owner: string,
): readonly FieldError[] {
  const errors: FieldError[] = []
  for (let i = 0; i < value.length; i++) {
    const item = value[i]
    if (item === null && schema.items.type !== 'any')
      errors.push(decodeError(schema.items, item, `${path}[${i}]`, owner))
    else errors.push(...validateValue(schema.items, item, `${path}[${i}]`, owner))
  }
  return schema.unique ? [...errors, ...duplicates(schema.unique, value, path)] : errors
}

function duplicates(keys: readonly string[], value: readonly unknown[], path: string): FieldError[] {
  const seen = new Set<string>()
  return value.flatMap((item, i) => {
    if (!isObject(item) || keys.every((key) => item[key] === undefined)) return []
    const parts = keys.map((key) => item[key])
    const key = JSON.stringify(parts)
    const twice = seen.has(key)
    seen.add(key)
    if (!twice) return []
    return [keys.length === 1 ? duplicate(`${path}[${i}].${keys[0]}`, parts[0]) : duplicate(`${path}[${i}]`, item)]
  })
}

function validateMap(schema: MapSchema, value: JsonObject, path: string, owner: string): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const key in value) {
    const item = value[key]
    if (item === null && schema.values.type === 'string') continue // the decoder reads null as the empty string
    errors.push(...validateValue(schema.values, item, `${path}[${key}]`, owner))
    if (errors.length > 0 || !schema.holds || schema.holds === 'data') continue
    for (const problem of formatProblems('qualified-name', key)) errors.push(invalid(path, key, problem))
    if (schema.holds === 'annotations') continue
    for (const problem of formatProblems('label-value', item)) errors.push(invalid(path, item, problem))
  }
  return errors
}

function validateScalarOrAny(schema: Schema, value: unknown, path: string, owner: string): readonly FieldError[] {
  if (schema.type === 'any') return NONE
  if (schema.type === 'object' || schema.type === 'list' || schema.type === 'map') {
    return [decodeError(schema, value, path, owner)]
  }
  return validateScalar(schema, value, path, owner)
}

function validateScalar(schema: ScalarSchema, value: unknown, path: string, owner: string): readonly FieldError[] {
  if (!hasType(schema, value)) {
    if (schema.type === 'quantity') return [decodeError(schema, value, path, owner)]
    return [decodeError(schema, value, path, owner)]
  }
  if (schema.values && !schema.values.includes(value as string)) return [unsupported(path, value, schema.values)]
  if (schema.format) {
    const wrong = formatProblems(schema.format, value)
    if (wrong.length > 0) return wrong.map((problem) => invalid(path, value, problem))
  }
  if (typeof value === 'number') {
    if (schema.min !== undefined && value < schema.min) {
      if (schema.min === 0 && schema.max === undefined) return [invalid(path, value, NON_NEGATIVE)]
      if (schema.max === undefined) return [invalid(path, value, `must be greater than or equal to ${schema.min}`)]
    }
    if ((schema.min !== undefined && value < schema.min) || (schema.max !== undefined && value > schema.max)) {
      return [invalid(path, value, `must be between ${schema.min} and ${schema.max}, inclusive`)]
    }
  }
  return NONE
}

function hasType(schema: ScalarSchema, value: unknown): boolean {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string'
    case 'int':
      return typeof value === 'number' && Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'bool':
      return typeof value === 'boolean'
    case 'int-or-string':
      return typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))
    case 'quantity':
      return isQuantity(value)
  }
}

const GO_TYPES: Readonly<Record<ScalarSchema['type'], string>> = {
  string: 'string',
  int: 'int32',
  number: 'float64',
  bool: 'bool',
  'int-or-string': 'intstr.IntOrString',
  quantity: 'resource.Quantity',
}

/** The sentence of sigs.k8s.io/json for a value of the wrong type; list indexes are not part of its path. */
function decodeError(schema: Schema, value: unknown, path: string, owner: string): FieldError {
  if (schema.type === 'quantity' && typeof value !== 'object' && typeof value !== 'boolean') {
    return { type: 'decode', field: path, message: QUANTITY_MESSAGE }
  }
  const field = path.replace(/\[\d+\]/g, '').replace(/\[([^\]]*)\]/g, '')
  return {
    type: 'decode',
    field: path,
    message: `json: cannot unmarshal ${jsonType(value)} into Go struct field ${owner}.${field} of type ${goType(schema)}`,
    ...(isComposite(schema) || typeof value === 'object' ? { misshapen: true } : {}),
  }
}

function isComposite({ type }: Schema): boolean {
  return type === 'object' || type === 'list' || type === 'map'
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number' && !Number.isInteger(value)) return `number ${value}`
  return typeof value
}

function goType(schema: Schema): string {
  switch (schema.type) {
    case 'object':
      return `v1.${schema.name}`
    case 'list':
      return `[]${goType(schema.items)}`
    case 'map':
      return `map[string]${goType(schema.values)}`
    case 'any':
      return 'interface {}'
    default:
      return GO_TYPES[schema.type]
  }
}
