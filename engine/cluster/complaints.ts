import type { Diagnostic, KubeObject, SourceRef } from '../api/types.ts'

/** One document of the scenario's text, with the way from a field path to its place in the text. */
export interface ConfigDocument {
  readonly object: KubeObject
  readonly source?: SourceRef
  /** File, line and column of a field (`spec.networking.cni.name`), or of the nearest field around it. */
  readonly locate?: (path: string) => Pick<Diagnostic, 'file' | 'line' | 'column' | 'endLine' | 'endColumn'>
}

/** Collects what is wrong with one document, each complaint at its field. */
export class Complaints {
  readonly list: Diagnostic[] = []
  private readonly document: ConfigDocument | undefined

  constructor(document?: ConfigDocument) {
    this.document = document
  }

  error(code: string, path: string, message: string, hint?: string): void {
    this.add('error', code, path, message, hint)
  }

  warn(code: string, path: string, message: string, hint?: string): void {
    this.add('warning', code, path, message, hint)
  }

  note(code: string, path: string, message: string, hint?: string): void {
    this.add('info', code, path, message, hint)
  }

  private add(
    severity: Diagnostic['severity'],
    code: string,
    path: string,
    message: string,
    hint: string | undefined,
  ): void {
    const object = this.document?.object
    const name = object
      ? `${object.kind}/${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`
      : undefined
    this.list.push({
      severity,
      code,
      message,
      ...(hint ? { hint } : {}),
      ...(name ? { object: name } : {}),
      ...this.document?.locate?.(path),
    })
  }
}

/** Nobody mistypes a name of more characters. */
const LONGEST_NAME = 100

/** The known name closest to a mistyped one, if it is close: `calcio` -> `calico`. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_NAME) return undefined
  const scored = known.map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
  const best = scored.sort((a, b) => a.edits - b.edits)[0]
  return best && best.edits <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : undefined
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]
}
