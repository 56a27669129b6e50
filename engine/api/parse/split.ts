/** One document of a text, cut out before anything is parsed: one broken document does not take the others along. */
export interface DocumentText {
  /** Place among the documents of its file that hold anything but comments. */
  readonly doc: number
  /** Line of the file, 1-based, on which `text` begins. */
  readonly line: number
  readonly text: string
}

/** `---` and `...` at the start of a line end a document wherever they stand, block scalars included (YAML 1.2.2 §9.1). */
const MARKER = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm
const CONTENT = /^[ \t]*[^#\s\ufeff]/m
const DIRECTIVES_ONLY = /^(?:[ \t]*(?:[#%].*)?\r?(?:\n|$))*$/

export function splitDocuments(text: string): DocumentText[] {
  const documents: DocumentText[] = []
  let line = 1
  let start = 0
  const cut = (end: number, next: number) => {
    const piece = text.slice(start, end)
    const blank = !CONTENT.test(piece.startsWith('---') ? `   ${piece.slice(3)}` : piece)
    if (!blank) documents.push({ doc: documents.length, line, text: piece })
    for (let i = text.indexOf('\n', start); i >= 0 && i < next; i = text.indexOf('\n', i + 1)) line++
    start = next
  }
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    if (index < start) continue
    if (marker === '---') {
      const before = text.slice(start, index)
      if (before.includes('%') && DIRECTIVES_ONLY.test(before)) continue // directives belong to the document they precede
      cut(index, index)
    } else {
      const end = text.indexOf('\n', index)
      cut(index, end < 0 ? text.length : end + 1)
    }
  }
  cut(text.length, text.length)
  return documents
}
