import { hash32 } from '../core/rng.ts'
import { isObject } from './json.ts'
import type { KindDef } from './kinds/kind.ts'
import { linesOf } from './parse/lines.ts'
import type { ParsedDocument } from './parse/parse.ts'
import { rangesIn, type Ranges } from './parse/ranges.ts'
import { canonicalPath, joinPaths, parentPath, segmentsOf } from './path.ts'
import type { Diagnostic, KubeObject, SourceRef } from './types.ts'

/** Where in the text something stands, as a diagnostic says it. */
export type Place = Pick<Diagnostic, 'file' | 'line' | 'column' | 'endLine' | 'endColumn'>

/** One object of a scenario with the way back to its text. */
export interface ScenarioDocument {
  /** Id of its row: `Kind/namespace/name`, with its cluster in front for any but the first. */
  readonly id: string
  /** Kind key. */
  readonly key: string
  readonly kind: KindDef
  /** Name of the cluster it belongs to. */
  readonly cluster: string
  /** As given, with a name and, if its kind lives in one, a namespace. */
  readonly object: KubeObject
  readonly source: SourceRef
  /** Place of a field (`spec.ports[0].port`), or of the nearest field around it; a key only, where it holds a collection. */
  locate(path: string): Place
}

/** What was read before it is known to be an object: a value and where it stands. */
export interface RawDocument {
  readonly file: string
  readonly value: unknown
  /** Path in the document: empty, or `items[2]` of a List. */
  readonly base: string
  readonly text?: DocumentSource
}

/** A document's text, whose ranges are worked out once, when first asked for. */
export class DocumentSource {
  readonly file: string
  readonly line: number
  readonly text: string
  private ranges: Ranges | undefined
  private lines: readonly number[] | undefined

  constructor({ file, line, text }: Pick<ParsedDocument, 'file' | 'line' | 'text'>) {
    this.file = file
    this.line = line
    this.text = text
  }

  place(path: string): Place {
    this.ranges ??= rangesIn(this.text, this.line)
    this.lines ??= linesOf(this.text)
    for (let at: string | undefined = path; at !== undefined; at = parentPath(at)) {
      const range = this.ranges.get(at)
      if (!range) continue
      const [line, column, endLine, endColumn] = range
      if (line === endLine) return { file: this.file, line, column, endLine, endColumn }
      const key = segmentsOf(at).at(-1) ?? ''
      const written = this.text.startsWith(key, this.lines[line - this.line] + column - 1)
      return {
        file: this.file,
        line,
        column,
        endLine: line,
        endColumn: column + (written && key ? key.length : this.restOf(line, column)),
      }
    }
    return { file: this.file, line: this.line, column: 1 }
  }

  private restOf(line: number, column: number): number {
    const start = (this.lines ?? [0])[line - this.line] + column - 1
    const end = this.text.indexOf('\n', start)
    return Math.max(1, this.text.slice(start, end < 0 ? undefined : end).trimEnd().length)
  }
}

export function placeOfRaw(raw: RawDocument, path: string): Place {
  if (!raw.text) return { file: raw.file, line: null }
  return raw.text.place(joinPaths(raw.base, canonicalPath(path)))
}

/** The items of Lists, however deep, each with its path; anything else as it is. */
export function flatten(raw: RawDocument): RawDocument[] {
  const { value } = raw
  if (!isObject(value) || !Array.isArray(value.items) || typeof value.kind !== 'string' || !value.kind.endsWith('List'))
    return [raw]
  return value.items.flatMap((item, i) => flatten({ ...raw, value: item, base: joinPaths(raw.base, `items[${i}]`) }))
}

/** A number that belongs to what a document declares; the next free one on a clash. */
export function documentNumber(file: string, id: string, taken: Set<string>): number {
  for (let number = hash32(0, `${file}/${id}`); ; number++) {
    const key = `${file}#${number}`
    if (taken.has(key)) continue
    taken.add(key)
    return number
  }
}
