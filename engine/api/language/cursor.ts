/** Where the cursor stands in a document, worked out from indentation alone, so that broken text is no obstacle. */
export interface Cursor {
  /** Keys from the top to the map or list that the cursor is in; `0`, `1`, ... for items of a list. */
  readonly path: readonly string[]
  /** What is typed at the cursor: a key, the value of `key`, or nothing that can be helped with. */
  readonly mode: 'key' | 'value' | 'none'
  /** In mode value: the key; absent for an item of a list. */
  readonly key?: string
  /** The word at the cursor, up to the cursor, and the offsets of the whole word. */
  readonly word: string
  readonly from: number
  readonly to: number
  /** Column of the word: how deep a new key is indented. */
  readonly indent: number
  /** Keys that the map around the cursor has already. */
  readonly siblings: readonly string[]
  /** Lines of the document the cursor is in. */
  readonly lines: readonly Line[]
}

/** One line of block YAML: its dashes and its key, each with its column. */
export interface Line {
  readonly offset: number
  readonly text: string
  readonly dashes: readonly number[]
  readonly column: number
  readonly key?: string
  /** What stands behind the colon, comments taken off. */
  readonly value?: string
  /** Part of a block scalar or a comment: holds no keys. */
  readonly inert: boolean
}

const KEY_LINE = /^([ ]*)((?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s:#'"[{][^:#]*?)) *:(?:[ \t]+(.*))?$/

/** The lines of a document. */
export function readLines(text: string, start = 0): Line[] {
  const lines: Line[] = []
  let offset = start
  let scalarIndent = -1
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    const indent = line.length - line.trimStart().length
    if (scalarIndent >= 0 && line.trim() !== '' && indent <= scalarIndent) scalarIndent = -1
    const inert = scalarIndent >= 0 || line.trimStart().startsWith('#')
    const match = inert ? null : KEY_LINE.exec(line)
    const dashText = match?.[2] ?? (inert ? '' : (/^ *((?:-(?: +|$))*)/.exec(line)?.[1] ?? ''))
    const dashes = [...dashText.matchAll(/-/g)].map(({ index }) => indent + index)
    const key = match?.[3] ?? match?.[4] ?? match?.[5]
    const value = match?.[6]?.replace(/(^|\s)#.*$/, '').trim()
    const column = indent + dashText.length
    lines.push({ offset, text: line, dashes, column, inert, ...(key === undefined ? {} : { key, value: value ?? '' }) })
    if (key !== undefined && /^[|>][-+0-9]*$/.test(value ?? '')) scalarIndent = dashes.at(-1) ?? column
    offset += raw.length + 1
  }
  return lines
}

interface Level {
  readonly column: number
  readonly dash: boolean
  readonly name: string
}

/** Places an offset in a document whose text begins at `start`. */
export function cursorAt(text: string, start: number, offset: number): Cursor {
  const lines = readLines(text, start)
  const at = lineIndexAt(lines, offset)
  const line = lines[at]
  const before = line.text.slice(0, offset - line.offset)
  const nothing: Cursor = { path: [], mode: 'none', word: '', from: offset, to: offset, indent: 0, siblings: [], lines }
  if (line.inert || before.includes(' #')) return nothing

  const value = /^( *(?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s:#'"[{][^:#]*?)) *:[ \t]+(["']?)([^\s"']*)$/.exec(before)
  if (value) {
    const word = value[6]
    const rest = /^[^\s#"',\]}]*/.exec(line.text.slice(before.length))?.[0] ?? ''
    const stack = stackAt(lines, at, value[1].length, dashesIn(value[1]))
    const key = value[2] ?? value[3] ?? value[4]
    return {
      ...nothing,
      path: names(stack),
      mode: 'value',
      key,
      word,
      from: offset - word.length,
      to: offset + rest.length,
    }
  }
  const key = /^( *(?:- +)*)([\w./-]*)$/.exec(before)
  if (!key || /^-+$/.test(key[2])) return nothing
  const word = key[2]
  const rest = /^[\w./-]*/.exec(line.text.slice(before.length))?.[0] ?? ''
  const indent = key[1].length
  const stack = stackAt(lines, at, indent, dashesIn(key[1]))
  const from = offset - word.length
  return {
    ...nothing,
    path: names(stack),
    mode: 'key',
    word,
    from,
    to: offset + rest.length,
    indent,
    siblings: siblingsAt(lines, at, indent, key[1]),
  }
}

/** Number of the line that an offset lies in. */
export function lineIndexAt(lines: readonly Line[], offset: number): number {
  let at = lines.length - 1
  while (at > 0 && lines[at].offset > offset) at--
  return at
}

/** Path to the key of a line, the key included; undefined where there is none. */
export function pathOfLine(lines: readonly Line[], at: number): readonly string[] | undefined {
  const { key, column, dashes } = lines[at]
  return key === undefined ? undefined : [...names(stackAt(lines, at, column, dashes)), key]
}

const dashesIn = (text: string) => [...text.matchAll(/-/g)].map(({ index }) => index)
const names = (stack: readonly Level[]) => stack.map(({ name }) => name)

/** The keys and items around column `column` of line `at`, outermost first. */
function stackAt(lines: readonly Line[], at: number, column: number, dashes: readonly number[]): Level[] {
  const stack: Level[] = []
  const enter = (level: number, dash: boolean, name?: string) => {
    let index = 0
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      const closed = top.column > level || (top.column === level && (top.dash || !dash))
      if (!closed) break
      if (dash && top.dash && top.column === level) index = Number(top.name) + 1
      stack.pop()
    }
    if (name !== undefined || dash) stack.push({ column: level, dash, name: dash ? String(index) : (name as string) })
  }
  for (const line of lines.slice(0, at)) {
    if (line.inert) continue
    for (const dash of line.dashes) enter(dash, true)
    if (line.key !== undefined) enter(line.column, false, line.key)
  }
  for (const dash of dashes) enter(dash, true)
  enter(column, false)
  return stack
}

/** Keys of the same map, above and below. */
function siblingsAt(lines: readonly Line[], at: number, column: number, prefix: string): string[] {
  const keys: string[] = []
  const scan = (from: number, step: number) => {
    for (let i = from; i >= 0 && i < lines.length; i += step) {
      const line = lines[i]
      if (line.inert || line.text.trim() === '') continue
      const inItem = line.dashes.length > 0 && line.column === column
      if (step > 0 && inItem) return
      if (line.column < column || (line.dashes.length > 0 && line.dashes[0] < column && line.column > column)) return
      if (line.column === column && line.key !== undefined) keys.push(line.key)
      if (step < 0 && inItem) return
    }
  }
  if (!prefix.includes('-')) scan(at - 1, -1)
  scan(at + 1, 1)
  return keys
}
