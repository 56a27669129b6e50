import { type Event, EVENT_ID, getScalarValue, parseEvents, type ScalarEvent } from 'js-yaml'
import { itemPath, keyPath } from '../path.ts'
import type { SourceRange, SourceRow } from '../types.ts'
import { linesOf, positionIn } from './lines.ts'
import { resolvePlain } from './scalars.ts'

/** Path -> where it stands: for a key from the key to the end of its value, for a list item from the item on. */
export type Ranges = ReadonlyMap<string, SourceRange>

const RANGES = new WeakMap<SourceRow, Ranges>()

/** The ranges of every key and value of a stored document, worked out once per row. */
export function rangesOf(row: SourceRow): Ranges {
  const known = RANGES.get(row)
  if (known) return known
  const ranges = rangesIn(row.text, row.line)
  RANGES.set(row, ranges)
  return ranges
}

/** The same for a text whose first line has this number; empty if it does not parse. */
export function rangesIn(text: string, firstLine = 1): Ranges {
  try {
    return rangesFrom(text, parseEvents(text, { maxDepth: 1000 }), firstLine)
  } catch {
    return new Map()
  }
}

export function rangesFrom(text: string, events: readonly Event[], firstLine: number): Ranges {
  const lines = linesOf(text)
  const ranges = new Map<string, SourceRange>()
  let at = 1
  /** End of the last scalar or alias seen: where a collection ends. */
  let end = 0

  const put = (path: string, from: number) => {
    const [line, column] = positionIn(lines, from)
    const [endLine, endColumn] = positionIn(lines, Math.max(from, trimmedEnd(text, from, end)))
    ranges.set(path, [line + firstLine, column + 1, endLine + firstLine, endColumn + 1])
  }
  const node = (path: string, start: number) => {
    const event = events[at++]
    if (event.type === EVENT_ID.SCALAR) {
      if (event.valueEnd >= 0) end = quotedEnd(text, event)
    } else if (event.type === EVENT_ID.ALIAS) end = event.anchorEnd
    else if (event.type === EVENT_ID.SEQUENCE) {
      end = Math.max(end, event.start)
      for (let i = 0; !closes(events[at]); i++) node(itemPath(path, i), startOf(text, events[at], end))
      at++
    } else if (event.type === EVENT_ID.MAPPING) {
      end = Math.max(end, event.start)
      while (!closes(events[at])) {
        const key = events[at]
        const from = startOf(text, key, end)
        const child = keyPath(path, key.type === EVENT_ID.SCALAR ? keyText(text, key) : '?')
        if (key.type === EVENT_ID.SCALAR || key.type === EVENT_ID.ALIAS) {
          at++
          if (key.type === EVENT_ID.SCALAR && key.valueEnd >= 0) end = key.valueEnd
        } else node(child, from)
        node(child, from)
      }
      at++
    }
    put(path, start)
  }
  if (events.length > 1 && !closes(events[1])) node('', startOf(text, events[1], 0))
  return ranges
}

/** The key as the value holds it: `on` and `8080` are not what they look like. */
function keyText(text: string, event: ScalarEvent): string {
  const key = getScalarValue(text, event)
  if (event.style !== 1) return key
  const value = resolvePlain(key)
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : key
}

const closes = (event: Event | undefined) => event === undefined || event.type === EVENT_ID.POP

function startOf(text: string, event: Event, fallback: number): number {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return event.valueStart < 0
        ? fallback
        : event.style === 2 || event.style === 3
          ? event.valueStart - 1
          : event.valueStart
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return event.start
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1
    default:
      return Math.min(fallback, text.length)
  }
}

function quotedEnd(_text: string, event: ScalarEvent): number {
  return event.style === 2 || event.style === 3 ? event.valueEnd + 1 : event.valueEnd
}

/** Block scalars end after their last line break: step back over it. */
function trimmedEnd(text: string, from: number, end: number): number {
  let at = Math.min(end, text.length)
  while (at > from && /\s/.test(text[at - 1])) at--
  return at
}
