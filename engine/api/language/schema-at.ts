import type { KindDef } from '../kinds/kind.ts'
import { OBJECT_META } from '../kinds/meta.ts'
import { ALL_KINDS, kindOf } from '../kinds/registry.ts'
import { any, object, type ObjectSchema, type Schema, string } from '../kinds/schema.ts'
import type { Line } from './cursor.ts'

/** The kind that a document says it is of. */
export function kindOfLines(lines: readonly Line[]): KindDef | undefined {
  const top = (key: string) =>
    lines.find((line) => line.key === key && line.column === 0 && line.dashes.length === 0)?.value?.replace(/["']/g, '')
  const kind = top('kind')
  if (!kind) return undefined
  const apiVersion = top('apiVersion')
  return apiVersion ? kindOf(apiVersion, kind) : ALL_KINDS.find((def) => def.kind === kind)
}

/** The value of a key below metadata, as `namespace`. */
export function metadataOf(lines: readonly Line[], key: string): string | undefined {
  const at = lines.findIndex((line) => line.key === 'metadata' && line.column === 0)
  for (const line of at < 0 ? [] : lines.slice(at + 1)) {
    if (line.key !== undefined && line.column === 0) return undefined
    if (line.key === key) return line.value?.replace(/["']/g, '') || undefined
  }
  return undefined
}

/** The whole object's schema: what every object has, and the fields of its kind. */
export function rootSchema(kind: KindDef | undefined): ObjectSchema {
  const common = {
    apiVersion: string('Group and version of the kind, for example `apps/v1`.', { required: true }),
    kind: string('What sort of object this is.', { required: true }),
    metadata: { ...OBJECT_META, required: true },
  }
  if (!kind) return object('Object', 'A Kubernetes object.', { ...common, spec: any('What is wanted.') })
  const fields = kind.fields ?? { spec: any('What is wanted.') }
  return object(kind.kind, kind.doc, { ...common, ...fields })
}

/** The schema at a path; undefined where anything goes. */
export function schemaAt(root: Schema, path: readonly string[]): Schema | undefined {
  let at: Schema | undefined = root
  for (const step of path) {
    if (at === undefined) return undefined
    if (at.type === 'object') at = Object.hasOwn(at.fields, step) ? at.fields[step] : undefined
    else if (at.type === 'list') at = /^\d+$/.test(step) ? at.items : undefined
    else if (at.type === 'map') at = at.values
    else return undefined
  }
  return at
}

/** How a type is called: `string`, `[]ServicePort`, `map[string]string`. */
export function typeName(schema: Schema): string {
  switch (schema.type) {
    case 'object':
      return schema.name
    case 'list':
      return `[]${typeName(schema.items)}`
    case 'map':
      return `map[string]${typeName(schema.values)}`
    case 'int-or-string':
      return 'IntOrString'
    case 'any':
      return 'any'
    default:
      return schema.type
  }
}

/** What a person should know of a field, in Markdown. */
export function documentation(schema: Schema): string {
  const lines = [schema.doc]
  if ('values' in schema && schema.type === 'string' && schema.values)
    lines.push(`One of ${schema.values.map((value) => `\`${value}\``).join(', ')}.`)
  if (schema.default !== undefined && typeof schema.default !== 'function')
    lines.push(`Default: \`${JSON.stringify(schema.default)}\`.`)
  if (schema.required) lines.push('Required.')
  if (schema.modelled === false) lines.push('Stored, not modelled.')
  return lines.join('\n\n')
}
