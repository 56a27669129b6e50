import type { Cause } from '../core/cause.ts'
import type { WorldReader } from '../core/world.ts'
import { objectId } from './names.ts'
import { rangesOf } from './parse/ranges.ts'
import { below, canonicalPath, joinPaths, parentPath } from './path.ts'
import type { ObjectRow, SourceLocation, SourceRef } from './types.ts'

/**
 * The line of the user's text behind a record: the object's own field, else the field around it, else what its owner
 * says in its template. Undefined for what no text asked for.
 *
 *     spec.ports[0].targetPort -> (not in the text) spec.ports[0] -> web.yaml:12
 *     Pod web-6d4-x2k9p spec.containers[0] -> Deployment web spec.template.spec.containers[0] -> web.yaml:18
 */
export function locate(reader: WorldReader, cause: Cause): SourceLocation | undefined {
  const row = reader.get('object', objectId(reader, cause))
  return row && locateField(reader, row, canonicalPath(cause.field ?? ''), 0)
}

/** The line behind a field of an object. */
export function locateIn(reader: WorldReader, row: ObjectRow, field = ''): SourceLocation | undefined {
  return locateField(reader, row, canonicalPath(field), 0)
}

const MOST_OWNERS = 8

function locateField(reader: WorldReader, row: ObjectRow, field: string, depth: number): SourceLocation | undefined {
  if (row.source) return placeIn(reader, row.source, field)
  if (depth >= MOST_OWNERS) return undefined
  const owners = row.object.metadata.ownerReferences ?? []
  const owner = owners.find((each) => each.controller) ?? owners[0]
  const ownerRow = owner && reader.oneBy('object', 'uid', owner.uid)
  return ownerRow && locateField(reader, ownerRow, templateField(ownerRow, field), depth + 1)
}

/** Where a field of what was made from a template stands in its maker; other fields lead to the maker as a whole. */
function templateField({ object }: ObjectRow, field: string): string {
  if (!object.spec?.template) return ''
  if (below('spec.template', field) !== undefined) return field
  const inTemplate = ['spec', 'metadata.labels', 'metadata.annotations'].some(
    (base) => below(base, field) !== undefined,
  )
  return inTemplate ? joinPaths('spec.template', field) : 'spec.template'
}

/** The place of a field in the text that a SourceRef points to. */
export function placeIn(reader: WorldReader, source: SourceRef, field: string): SourceLocation {
  const text = reader.get('source', sourceId(source.file, source.doc))
  if (!text) return { file: source.file, line: null }
  const ranges = rangesOf(text)
  for (let path: string | undefined = textPath(source, field); path !== undefined; path = parentPath(path)) {
    const range = ranges.get(path)
    if (!range) continue
    const [line, column, endLine, endColumn] = range
    return { file: source.file, line, column, endLine, endColumn }
  }
  return { file: source.file, line: text.line }
}

/** The path in the text for a path in the object: the link whose `at` is the longest beginning of it. */
export function textPath(source: SourceRef, field: string): string {
  let best: { at: string; path: string; rest: string } | undefined
  for (const { at, path } of source.maps) {
    const rest = below(at, field)
    if (rest !== undefined && (!best || at.length > best.at.length)) best = { at, path, rest }
  }
  if (best) return joinPaths(best.path, best.rest)
  // A field that no link covers leads to the nearest common ground: where the linked parts stand.
  return source.maps
    .map(({ path }) => path)
    .reduce((common, path) => commonPath(common, path), source.maps[0]?.path ?? '')
}

function commonPath(a: string, b: string): string {
  for (let path: string | undefined = a; path !== undefined; path = parentPath(path)) {
    if (below(path, b) !== undefined) return path
  }
  return ''
}

export const sourceId = (file: string, doc: number): string => `${file}#${doc}`

/**
 * The source of an object that a controller makes from a part of another: `from` is a path in the parent, `at` the path
 * in the child that was copied from there. Undefined if the parent itself comes from no text.
 */
export function derivedSource(
  parent: SourceRef | undefined,
  links: readonly { readonly at: string; readonly from: string }[],
): SourceRef | undefined {
  if (!parent) return undefined
  const maps = links.map(({ at, from }) => ({ at, path: textPath(parent, from) }))
  return { file: parent.file, doc: parent.doc, maps }
}
