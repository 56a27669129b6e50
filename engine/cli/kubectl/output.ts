import { dump, type ScalarLayout, SCALAR_STYLE } from 'js-yaml'
import { isObject } from '../../api/json.ts'
import { resolvePlain } from '../../api/parse/scalars.ts'
import { segmentsOf } from '../../api/path.ts'
import type { KubeObject } from '../../api/types.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { evaluateTemplate, printed, select } from './jsonpath.ts'
import { GET_SPACING, tabwrite } from './tabwriter.ts'

/** The forms of `-o` that print objects rather than a table. `single` is set if one object was asked for by name. */
export function printObjects(format: string, objects: readonly KubeObject[], single: boolean): Result<string, string> {
  const value = single
    ? withoutManagedFields(objects[0])
    : { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: objects.map(withoutManagedFields) }
  if (format === 'yaml') return ok(toYaml(value))
  if (format === 'json') return ok(`${JSON.stringify(sorted(value), null, 4)}\n`)
  const [name, ...rest] = format.split('=')
  const argument = rest.join('=')
  if (name === 'jsonpath' || name === 'jsonpath-as-json') {
    if (argument === '') return err('error: template format specified but no template given')
    const text = evaluateTemplate(unwrapped(argument), value)
    return text.ok ? text : err(`error: error parsing jsonpath ${unwrapped(argument)}, ${text.error}`)
  }
  if (name === 'custom-columns') return customColumns(argument, objects)
  return err(
    `error: unable to match a printer suitable for the output format "${format}", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml`,
  )
}

/** A shell would have taken the quotes away. */
function unwrapped(argument: string): string {
  const quote = argument[0]
  return (quote === "'" || quote === '"') && argument.endsWith(quote) && argument.length > 1
    ? argument.slice(1, -1)
    : argument
}

function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Keys in alphabetical order, as Go prints its maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

/**
 * YAML as sigs.k8s.io/yaml writes it: keys sorted, lists not indented, double quotes around text that looks like
 * something else, single quotes where a sign stands in the way.
 * Simplified: long lines are not folded, because nobody compares where they break.
 */
export function toYaml(value: unknown): string {
  return dump(sorted(value), { seqNoIndent: true, lineWidth: -1, noRefs: true, scalarStyleRules: [quoteLikeGo] })
}

/** Text that YAML 1.1 reads as a time or as a number to base 60. */
const TIME_OR_BASE_60 = /^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$|^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/

function quoteLikeGo(layout: ScalarLayout): void {
  const allowed = (style: number) => (layout.allowedStylesMask & (1 << style)) !== 0
  const text = layout.node.value
  if (layout.node.tag !== 'tag:yaml.org,2002:str') return
  const choose = (...styles: ScalarLayout['style'][]) => {
    const style = styles.find(allowed)
    if (style !== undefined) layout.style = style
  }
  if (typeof resolvePlain(text) !== 'string' || TIME_OR_BASE_60.test(text)) choose(SCALAR_STYLE.DOUBLE_QUOTED)
  else if (text.includes('\n')) choose(SCALAR_STYLE.LITERAL_BLOCK, SCALAR_STYLE.DOUBLE_QUOTED)
  else choose(SCALAR_STYLE.PLAIN, SCALAR_STYLE.SINGLE_QUOTED, SCALAR_STYLE.DOUBLE_QUOTED)
}

/** `custom-columns=NAME:.metadata.name,IP:.status.podIP` */
function customColumns(argument: string, objects: readonly KubeObject[]): Result<string, string> {
  if (argument === '') return err('error: custom-columns format specified but no custom columns given')
  const columns: { name: string; path: string }[] = []
  for (const part of unwrapped(argument).split(',')) {
    const colon = part.indexOf(':')
    if (colon < 0) return err(`error: unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`)
    const path = part.slice(colon + 1).replace(/^\{|\}$/g, '')
    columns.push({ name: part.slice(0, colon), path: path.startsWith('.') || path.startsWith('[') ? path : `.${path}` })
  }
  const rows = objects.map((object) =>
    columns.map(({ path }) => {
      const values = select(path, object)
      return values.length === 0 ? '<none>' : values.map(printed).join(',')
    }),
  )
  const lines = [columns.map(({ name }) => name), ...rows].map((cells) => cells.join('\t'))
  return ok(`${tabwrite(lines.join('\n'), GET_SPACING)}\n`)
}

/** The value at a path, for `--sort-by=.metadata.name` and `--field-selector`. */
export function fieldOf(object: KubeObject, path: string): unknown {
  return segmentsOf(path.replace(/^[{.]+|\}$/g, '')).reduce<unknown>(
    (at, key) => (isObject(at) ? at[key] : undefined),
    object,
  )
}
