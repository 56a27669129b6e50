import type { Diagnostic } from './api/types.ts'

/** Diagnostics of one code that are told one by one. */
const MOST_OF_A_CODE = 1_000
/** Characters of one message: a value that is quoted in it may be a megabyte. */
const MOST_CHARACTERS = 1_000

/** A list that a page can show: what repeats a thousand times is counted from there on, what is endless is cut. */
export function abridged(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Map<string, number>()
  const kept: Diagnostic[] = []
  for (const diagnostic of diagnostics) {
    const count = (seen.get(diagnostic.code) ?? 0) + 1
    seen.set(diagnostic.code, count)
    if (count <= MOST_OF_A_CODE) kept.push(cut(diagnostic))
  }
  for (const [code, count] of seen) {
    if (count <= MOST_OF_A_CODE) continue
    const severity = diagnostics.find((each) => each.code === code)?.severity ?? 'warning'
    kept.push({ severity, code, message: `${count - MOST_OF_A_CODE} more like this (${code})` })
  }
  return kept
}

function cut(diagnostic: Diagnostic): Diagnostic {
  const { message, hint, object } = diagnostic
  if ([message, hint ?? '', object ?? ''].every(({ length }) => length <= MOST_CHARACTERS)) return diagnostic
  return {
    ...diagnostic,
    message: short(message),
    ...(hint === undefined ? {} : { hint: short(hint) }),
    ...(object === undefined ? {} : { object: short(object) }),
  }
}

function short(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}...`
}
