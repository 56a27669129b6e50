import type { FieldError } from '../field-error.ts'

/**
 * The shape of a kind, written once and read by defaulting, validation, completion, hover and `unknown field` warnings.
 *
 *     object('ServiceSpec', 'What the Service is.', { ports: list('...', object('ServicePort', ...)) })
 */
export type Schema = ScalarSchema | ObjectSchema | ListSchema | MapSchema | AnySchema

interface Common {
  /** One sentence for the hover card. */
  readonly doc: string
  readonly required?: boolean
  /** What the API server fills in where nothing was given: a value, or computed from the object around it. */
  readonly default?: unknown
  /** False: stored and read back, but nothing in the simulation looks at it. */
  readonly modelled?: false
}

export interface ScalarSchema extends Common {
  readonly type: 'string' | 'int' | 'number' | 'bool' | 'int-or-string' | 'quantity'
  readonly values?: readonly string[]
  readonly format?: Format
  readonly min?: number
  readonly max?: number
  /** Kind whose names complete this field. */
  readonly refersTo?: string
}

export interface ObjectSchema extends Common {
  readonly type: 'object'
  /** Name of the Go type, which decode errors print. */
  readonly name: string
  readonly fields: Readonly<Record<string, Schema>>
  /** Rules between fields. Pure: a value that passed once is not looked at again. */
  readonly check?: (value: never, path: string) => readonly FieldError[]
}

export interface ListSchema extends Common {
  readonly type: 'list'
  readonly items: Schema
  /** The fields whose combination must be unique. */
  readonly unique?: readonly string[]
}

export interface MapSchema extends Common {
  readonly type: 'map'
  readonly values: Schema
  /** What the keys and values mean, for validation and completion. */
  readonly holds?: 'labels' | 'selector' | 'annotations' | 'data'
}

export interface AnySchema extends Common {
  readonly type: 'any'
}

export type Format =
  | 'dns-label'
  | 'dns-1035'
  | 'dns-subdomain'
  | 'port'
  | 'port-or-name'
  | 'port-name'
  | 'ip'
  | 'cidr'
  | 'qualified-name'
  | 'label-value'
  | 'int-or-percent'

type Options<S extends Schema> = Partial<Omit<S, 'type' | 'doc'>>

const scalar =
  (type: ScalarSchema['type']) =>
  (doc: string, options: Options<ScalarSchema> = {}): ScalarSchema => ({ type, doc, ...options })

export const string = scalar('string')
export const int = scalar('int')
export const number = scalar('number')
export const bool = scalar('bool')
export const intOrString = scalar('int-or-string')
export const quantity = scalar('quantity')

export function object(
  name: string,
  doc: string,
  fields: Readonly<Record<string, Schema>>,
  options: Omit<Options<ObjectSchema>, 'name' | 'fields'> = {},
): ObjectSchema {
  return { type: 'object', name, doc, fields, ...options }
}

export function list(doc: string, items: Schema, options: Omit<Options<ListSchema>, 'items'> = {}): ListSchema {
  return { type: 'list', doc, items, ...options }
}

export function map(doc: string, values: Schema, options: Omit<Options<MapSchema>, 'values'> = {}): MapSchema {
  return { type: 'map', doc, values, ...options }
}

export const any = (doc: string, options: Options<AnySchema> = {}): AnySchema => ({ type: 'any', doc, ...options })

/** The same schema under another sentence or with other options. */
export function with_<S extends Schema>(schema: S, options: Partial<S>): S {
  return { ...schema, ...options }
}

/** Known to Kubernetes, kept and read back, without effect in the simulation. */
export function unmodelled<S extends Schema>(schema: S): S {
  return { ...schema, modelled: false }
}
