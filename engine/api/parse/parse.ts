import { type Event, parseEvents, YAMLException } from 'js-yaml'
import type { Diagnostic } from '../types.ts'
import { construct } from './construct.ts'
import { linesOf, positionIn } from './lines.ts'
import { PARSE_LIMITS, type ParseLimits } from './limits.ts'
import type { Problem } from './problem.ts'
import { splitDocuments, type DocumentText } from './split.ts'
import { explainSyntaxError } from './syntax-error.ts'

/** A document that parsed: its value, frozen, and the text it came from. */
export interface ParsedDocument extends DocumentText {
  readonly file: string
  readonly value: unknown
}

export interface ParsedFile {
  readonly documents: readonly ParsedDocument[]
  readonly diagnostics: readonly Diagnostic[]
  /** True if a document could not be read: the last good world should stay. */
  readonly broken: boolean
}

/**
 * Reads a text of any number of documents: YAML, JSON (one value or several in a row), KYAML. Never throws; what cannot
 * be read is a diagnostic and the other documents are read all the same.
 */
export function parseText(file: string, text: string, limits: ParseLimits = PARSE_LIMITS): ParsedFile {
  if (text.length > limits.textLength) {
    const message = `the text is longer than ${limits.textLength} characters`
    return {
      documents: [],
      diagnostics: [{ severity: 'error', code: 'limit', message, file, line: 1, column: 1 }],
      broken: true,
    }
  }
  const documents: ParsedDocument[] = []
  const diagnostics: Diagnostic[] = []
  let broken = false
  for (const piece of splitDocuments(text.startsWith('\ufeff') ? text.slice(1) : text)) {
    for (const { value, problems, ...document } of parseDocument(piece, limits)) {
      for (const problem of problems) diagnostics.push(toDiagnostic(file, document, problem))
      if (problems.some((problem) => problem.severity === 'error')) broken = true
      else if (value !== null) documents.push({ ...document, doc: documents.length, file, value })
    }
  }
  return { documents, diagnostics, broken }
}

interface Read extends DocumentText {
  readonly value: unknown
  readonly problems: readonly Problem[]
}

/** How many closing brackets of one document may be out of place. */
const MOST_MENDED = 50

function parseDocument(piece: DocumentText, limits: ParseLimits, mended = 0): readonly Read[] {
  const read = eventsOf(piece.text, limits)
  if (read.events) return [{ ...piece, ...construct(piece.text, read.events, limits) }]
  const outdented = read.reason === 'deficient indentation' && mended < MOST_MENDED
  const text = outdented ? closingBracketInside(piece.text, read.offset) : undefined
  if (text !== undefined) return parseDocument({ ...piece, text }, limits, mended + 1)
  const stream = jsonStream(piece)
  if (stream.length > 1) return stream.flatMap((part) => parseDocument(part, limits))
  return [{ ...piece, value: null, problems: [explainSyntaxError(piece.text, read.reason, read.offset)] }]
}

/**
 * A `]` or `}` that stands on a line of its own, no deeper than the key it belongs to: the specification forbids it, libyaml
 * and so kubectl take it. Undefined if that is not what is wrong.
 * Simplified: the line is read as if it were indented, so that columns in it are off by the spaces added.
 */
function closingBracketInside(text: string, offset: number): string | undefined {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1
  const bracket = /^ *(?=[\]}])/.exec(text.slice(start, start + 200))
  const above = /(^|\n)( *)(?=\S)[^\n]*\s*$/.exec(text.slice(Math.max(0, start - 2_000), start))
  if (!bracket || !above || above[2].length < bracket[0].length) return undefined
  return `${text.slice(0, start)}${' '.repeat(above[2].length + 1 - bracket[0].length)}${text.slice(start)}`
}

type Events =
  | { readonly events: Event[] }
  | { readonly events?: undefined; readonly reason: string; readonly offset: number }

function eventsOf(text: string, limits: ParseLimits): Events {
  try {
    return { events: parseEvents(text, { maxDepth: limits.nesting }) }
  } catch (error) {
    const known = error instanceof YAMLException
    return {
      reason: known ? error.reason : 'this cannot be read',
      offset: Math.min(text.length, (known && error.mark?.position) || 0),
    }
  }
}

/** JSON objects one after the other without `---`, as `kubectl` takes them: cut where a line begins with `{` at level 0. */
function jsonStream(piece: DocumentText): DocumentText[] {
  if (!/^\s*\{/.test(piece.text)) return []
  const starts = [...piece.text.matchAll(/^\}\s*(?=\{)/gm)].map((match) => match.index + match[0].length)
  let line = piece.line
  return [0, ...starts].map((start, i) => {
    const text = piece.text.slice(start, starts[i])
    const part = { doc: piece.doc, line, text }
    line += linesOf(text).length - 1
    return part
  })
}

/** The problem with its place in the file. */
export function toDiagnostic(
  file: string,
  { line: firstLine, text }: Pick<DocumentText, 'line' | 'text'>,
  problem: Problem,
): Diagnostic {
  const lines = linesOf(text)
  const [line, column] = positionIn(lines, problem.from)
  const lineEnd = (lines[line + 1] ?? text.length + 1) - 1
  const to = Math.max(problem.from + 1, Math.min(problem.to ?? lineEnd, lineEnd))
  return {
    severity: problem.severity,
    code: problem.code,
    message: problem.message,
    file,
    line: line + firstLine,
    column: column + 1,
    endLine: line + firstLine,
    endColumn: to - lines[line] + 1,
    ...(problem.hint ? { hint: problem.hint } : {}),
  }
}
