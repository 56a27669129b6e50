import { OPENING_FILES, OPENING_QUESTION, type Question, type SourceFile } from '../../engine/index.ts'

/** The person's work in this browser's storage. Storage may be refused or full: then the page forgets, and nothing else happens. */
const WORK = 'podwalk.work.v1'
/** Set while a text runs, taken away when it answers: what is still there at the next start hung, or took the tab with it. */
const UNDER_WAY = 'podwalk.running'

export interface Work {
  readonly files: readonly SourceFile[]
  readonly question: Question
}

/** What was saved, else the opening scene. */
export function restoreWork(): Work {
  const saved = read(WORK) as { files?: unknown; question?: Question } | null
  if (Array.isArray(saved?.files) && saved.files.length > 0 && saved.files.every(isFile))
    return { files: saved.files, question: saved.question ?? OPENING_QUESTION }
  return { files: OPENING_FILES, question: OPENING_QUESTION }
}

export function saveWork({ files, question }: Work): void {
  write(WORK, { files, question })
}

/** True if the text that was run last never came to an answer. */
export function hungLastTime(): boolean {
  return read(UNDER_WAY) === true
}

export function markUnderWay(running: boolean): void {
  if (running) return write(UNDER_WAY, true)
  try {
    localStorage.removeItem(UNDER_WAY)
  } catch {
    // See above.
  }
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null')
  } catch {
    return null
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // See above.
  }
}

function isFile(value: unknown): value is SourceFile {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as SourceFile).name === 'string' &&
    typeof (value as SourceFile).text === 'string'
  )
}
