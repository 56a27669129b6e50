import type { CommitView, Diagnostic } from '../../engine/index.ts'
import { type Beat, stepOf } from '../sim/beats.ts'

/** Monaco's severities by number, so that this file needs no Monaco: error 8, warning 4, info 2. */
const SEVERITY = { error: 8, warning: 4, info: 2 } as const

interface LineReader {
  getLineCount(): number
  getLineFirstNonWhitespaceColumn(line: number): number
  getLineMaxColumn(line: number): number
}

/** Diagnostics of one file as editor markers, kept within the text. */
export function markersOf(diagnostics: readonly Diagnostic[], file: string, text: LineReader) {
  return diagnostics
    .filter((d) => d.file === file && typeof d.line === 'number')
    .map((d) => {
      const line = Math.min(Math.max(1, d.line ?? 1), text.getLineCount())
      const startColumn = d.column ?? (text.getLineFirstNonWhitespaceColumn(line) || 1)
      const endLineNumber = d.endLine && d.endLine === line ? d.endLine : line
      const endColumn =
        d.endLine === line && d.endColumn && d.endColumn > startColumn
          ? d.endColumn
          : Math.max(text.getLineMaxColumn(line), startColumn + 1)
      return {
        severity: SEVERITY[d.severity],
        message: d.hint ? `${d.message}\n${d.hint}` : d.message,
        code: d.code,
        startLineNumber: line,
        startColumn,
        endLineNumber,
        endColumn,
      }
    })
}

/** Lines of a file that the walk so far was decided by. */
export function usedLines(
  beats: readonly Beat[],
  commits: ReadonlyMap<number, CommitView>,
  from: number,
  to: number,
  file: string,
): number[] {
  const lines = new Set<number>()
  for (let index = from; index <= to; index++) {
    const step = stepOf(commits, beats[index])
    for (const decision of step ? [step.decidedBy, ...(step.via ?? [])] : []) {
      const cause = decision?.cause
      if (cause?.file === file && cause.line !== null) lines.add(cause.line)
    }
  }
  return [...lines].sort((a, b) => a - b)
}
