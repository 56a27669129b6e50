/** Field errors in the words of apimachinery/pkg/util/validation/field/errors.go. */

export interface FieldError {
  readonly type:
    | 'required'
    | 'invalid'
    | 'unsupported'
    | 'duplicate'
    | 'forbidden'
    | 'not-found'
    | 'too-many'
    | 'too-long'
    | 'decode'
  /** JSON path such as `spec.ports[0].port`. */
  readonly field: string
  /** What follows `field: `. For `decode` the whole sentence of the JSON decoder. */
  readonly message: string
  /** True where the trouble is a field that may not change: the object would have to be made anew. */
  readonly immutable?: boolean
  /** True where a list, a map or a scalar stands where another of the three belongs: nobody could read such an object. */
  readonly misshapen?: boolean
}

export const required = (field: string, detail = ''): FieldError => ({
  type: 'required',
  field,
  message: `Required value${detail && `: ${detail}`}`,
})

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'invalid',
  field,
  message: `Invalid value: ${printed(value)}: ${detail}`,
})

export const immutable = (field: string, value: unknown, detail = 'field is immutable'): FieldError => ({
  ...invalid(field, value, detail),
  immutable: true,
})

export const unsupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'unsupported',
  field,
  message: `Unsupported value: ${printed(value)}: supported values: ${[...supported].sort().map(printed).join(', ')}`,
})

export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'duplicate',
  field,
  message: `Duplicate value: ${printed(value)}`,
})

export const forbidden = (field: string, detail: string, fixed = false): FieldError => ({
  type: 'forbidden',
  field,
  message: `Forbidden: ${detail}`,
  ...(fixed ? { immutable: true } : {}),
})

export const notFoundValue = (field: string, value: unknown): FieldError => ({
  type: 'not-found',
  field,
  message: `Not found: ${printed(value)}`,
})

export const tooMany = (field: string, actual: number, most: number): FieldError => ({
  type: 'too-many',
  field,
  message: `Too many: ${actual}: must have at most ${most} ${most === 1 ? 'item' : 'items'}`,
})

export const tooLong = (field: string, most: number): FieldError => ({
  type: 'too-long',
  field,
  message: `Too long: may not be more than ${most} bytes`,
})

/** Strings quoted, everything else as JSON: `"web"`, `70000`, `{"app":"web"}`, `null`. */
function printed(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}
