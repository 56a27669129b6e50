import type { WorldReader } from '../core/world.ts'
import { type Cursor, cursorAt, lineIndexAt, pathOfLine, readLines } from './language/cursor.ts'
import { knownLabels, knownNames } from './language/known.ts'
import { documentation, kindOfLines, metadataOf, rootSchema, schemaAt, typeName } from './language/schema-at.ts'
import { SNIPPETS } from './language/snippets.ts'
import { ALL_KINDS, KINDS } from './kinds/registry.ts'
import type { KindDef } from './kinds/kind.ts'
import type { Schema } from './kinds/schema.ts'
import type { SourceLocation } from './types.ts'

/** Something to insert at the cursor. The same shape as `Completion` of the protocol. */
export interface Suggestion {
  readonly label: string
  readonly kind: 'field' | 'value' | 'snippet'
  readonly insert: string
  readonly detail?: string
  readonly documentation?: string
  /** Offsets in the text that the insert replaces. */
  readonly from: number
  readonly to: number
}

/**
 * What could stand at an offset of a text: fields of the kind, values of the field, names of objects that exist. Works by
 * indentation, on text that does not parse as well.
 */
export function complete(text: string, offset: number, world?: WorldReader): readonly Suggestion[] {
  const at = Math.max(0, Math.min(offset, text.length))
  const [start, end] = documentAround(text, at)
  const cursor = cursorAt(text.slice(start, end), start, at)
  const kind = kindOfLines(cursor.lines)
  const found =
    cursor.mode === 'key'
      ? keySuggestions(cursor, kind, world)
      : cursor.mode === 'value'
        ? valueSuggestions(cursor, kind, text, world, cursor.key)
        : []
  return found.filter(({ label }) => label.toLowerCase().includes(cursor.word.toLowerCase()))
}

/** What the key under an offset means, in Markdown. */
export function hover(
  text: string,
  offset: number,
): { readonly markdown: string; readonly range: SourceLocation } | undefined {
  const at = Math.max(0, Math.min(offset, text.length))
  const [start, end] = documentAround(text, at)
  const lines = readLines(text.slice(start, end), start)
  const index = lineIndexAt(lines, at)
  const line = lines[index]
  const path = line && !line.inert ? pathOfLine(lines, index) : undefined
  if (!path || line.key === undefined) return undefined
  const kind = kindOfLines(lines)
  const keyEnd = line.column + line.text.slice(line.column).indexOf(':')
  const column = at - line.offset
  if (column < line.column) return undefined
  const onKey = column <= keyEnd
  const shown = path.reduce((all, step) => (/^\d+$/.test(step) ? `${all}[]` : all === '' ? step : `${all}.${step}`), '')
  const range = (from: number, to: number): SourceLocation => {
    const number = text.slice(0, line.offset).split('\n').length
    return { file: '', line: number, column: from + 1, endLine: number, endColumn: to + 1 }
  }
  if (!onKey) {
    if (shown !== 'kind' || !kind?.doc) return undefined
    const version = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
    return { markdown: `**${kind.kind}** *(${version})*\n\n${kind.doc}`, range: range(keyEnd + 1, line.text.length) }
  }
  const schema = schemaAt(rootSchema(kind), path)
  if (!schema) return undefined
  return {
    markdown: `**${shown}** *(${typeName(schema)})*\n\n${documentation(schema)}`,
    range: range(line.column, keyEnd),
  }
}

/** Offsets of the document that an offset lies in, markers left out. */
function documentAround(text: string, offset: number): [number, number] {
  let start = 0
  let end = text.length
  for (const { index, 0: marker } of text.matchAll(/^---(?=[ \t\r\n]|$)[^\n]*\n?/gm)) {
    if (index + marker.length <= offset && (marker.endsWith('\n') || index + marker.length < offset))
      start = index + marker.length
    else if (index >= offset) {
      end = index
      break
    }
  }
  return [start, Math.max(start, end)]
}

function keySuggestions(cursor: Cursor, kind: KindDef | undefined, world: WorldReader | undefined): Suggestion[] {
  const empty = cursor.path.length === 0 && cursor.lines.every((line) => line.key === undefined)
  const snippets =
    empty && cursor.indent === 0
      ? SNIPPETS.map(({ label, doc, text }) => suggestion(cursor, 'snippet', label, text, 'example', doc))
      : []
  const schema = schemaAt(rootSchema(kind), cursor.path)
  if (!schema) return snippets
  if (schema.type === 'list') {
    const inner = schema.items.type === 'object' ? fieldSuggestions(cursor, schema.items.fields, '- ') : []
    return [...snippets, ...inner]
  }
  if (schema.type === 'map' && (schema.holds === 'selector' || schema.holds === 'labels')) {
    const labels = knownLabels(world, metadataOf(cursor.lines, 'namespace') ?? 'default')
    const fresh = [...labels.keys()].sort().filter((key) => !cursor.siblings.includes(key))
    return fresh.map((key) =>
      suggestion(cursor, 'field', key, `${key}: `, 'label', [...(labels.get(key) ?? [])].sort().join(', ')),
    )
  }
  if (schema.type === 'object') return [...snippets, ...fieldSuggestions(cursor, schema.fields, '')]
  // An item of a list of plain values.
  return [...snippets, ...valuesOf(schema, cursor, kind, '', world)]
}

function fieldSuggestions(cursor: Cursor, fields: Readonly<Record<string, Schema>>, prefix: string): Suggestion[] {
  const fresh = Object.entries(fields).filter(([key]) => !cursor.siblings.includes(key))
  const ranked = [
    ...fresh.filter(([, schema]) => schema.modelled !== false),
    ...fresh.filter(([, schema]) => schema.modelled === false),
  ]
  return ranked.map(([key, schema]) => {
    const detail = `${typeName(schema)}${schema.required ? ', required' : ''}`
    return suggestion(
      cursor,
      'field',
      key,
      `${prefix}${key}:${opening(schema, cursor.indent + prefix.length)}`,
      detail,
      documentation(schema),
    )
  })
}

/** What follows the colon: a space, a deeper line, or the first item of a list. */
function opening(schema: Schema, indent: number): string {
  const deeper = `\n${' '.repeat(indent + 2)}`
  if (schema.type === 'object' || schema.type === 'map') return deeper
  return schema.type === 'list' ? `\n${' '.repeat(indent)}- ` : ' '
}

function valueSuggestions(
  cursor: Cursor,
  kind: KindDef | undefined,
  text: string,
  world: WorldReader | undefined,
  key = '',
): Suggestion[] {
  const value = (label: string, detail?: string, doc?: string) => suggestion(cursor, 'value', label, label, detail, doc)
  if (cursor.path.length === 0 && key === 'kind') {
    return ALL_KINDS.map((def) => value(def.kind, apiVersionOf(def), def.doc || 'Stored, not modelled.'))
  }
  if (cursor.path.length === 0 && key === 'apiVersion') {
    if (kind) return [value(apiVersionOf(kind), kind.kind)]
    return [...new Set(KINDS.map(apiVersionOf))].map((version) => value(version))
  }
  const root = rootSchema(kind)
  const parent = schemaAt(root, cursor.path)
  if (parent?.type === 'map' && (parent.holds === 'selector' || parent.holds === 'labels')) {
    const labels = knownLabels(world, metadataOf(cursor.lines, 'namespace') ?? 'default')
    return [...(labels.get(key) ?? [])].sort().map((label) => value(label, `value of ${key}`))
  }
  const schema = schemaAt(root, [...cursor.path, key])
  return schema ? valuesOf(schema, cursor, kind, text, world) : []
}

function valuesOf(
  schema: Schema,
  cursor: Cursor,
  kind: KindDef | undefined,
  text: string,
  world: WorldReader | undefined,
): Suggestion[] {
  const value = (label: string, detail?: string) => suggestion(cursor, 'value', label, label, detail, schema.doc)
  if (schema.type === 'bool') return [value('true'), value('false')]
  if (schema.type !== 'string' && schema.type !== 'int-or-string') return []
  if (schema.values) return schema.values.map((each) => value(each, each === schema.default ? 'default' : undefined))
  if (!schema.refersTo) return []
  const namespace = kind?.namespaced === false ? 'default' : (metadataOf(cursor.lines, 'namespace') ?? 'default')
  return knownNames(world, text, schema.refersTo, namespace).map((name) => value(name, schema.refersTo))
}

const apiVersionOf = ({ group, version }: KindDef) => (group === '' ? version : `${group}/${version}`)

function suggestion(
  { from, to }: Cursor,
  kind: Suggestion['kind'],
  label: string,
  insert: string,
  detail?: string,
  doc?: string,
): Suggestion {
  return { label, kind, insert, from, to, ...(detail ? { detail } : {}), ...(doc ? { documentation: doc } : {}) }
}
