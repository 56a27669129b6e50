import type { Problem } from './problem.ts'

/** The parser's complaint in plain words, at the place where a person would look, with what to try. */
export function explainSyntaxError(text: string, reason: string, offset: number): Problem {
  const lineStart = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1
  const line = lineAt(text, lineStart)
  const error = { severity: 'error' as const, from: offset }

  if (/^[ \t]*\{\{/.test(line) || /\{\{[-\s.$]/.test(line)) {
    return {
      ...error,
      from: lineStart + line.indexOf('{{'),
      code: 'yaml-template',
      message: 'this is a template, not a manifest yet',
      hint: 'Render it first (helm template), and paste the result.',
    }
  }
  if (reason.includes('tab character') || /^ *\t/.test(line)) {
    const tab = lineStart + Math.max(0, line.indexOf('\t'))
    return {
      ...error,
      from: tab,
      to: tab + 1,
      code: 'yaml-tab',
      message: 'a tab cannot indent YAML',
      hint: 'Indent with spaces; two per level is usual.',
    }
  }
  if (reason.includes('quoted scalar') || (reason === 'deficient indentation' && isQuote(text[offset - 1])))
    return unclosedQuote(text, offset)
  const opened = openQuoteBefore(text, offset)
  if (opened !== undefined && reason.includes('indentation')) return unclosedQuote(text, opened)
  if (reason.includes('maxDepth')) {
    return { ...error, code: 'limit', message: `nested deeper than ${/\d+/.exec(reason)?.[0] ?? ''} levels` }
  }
  if (reason.includes('flow collection')) {
    return {
      ...error,
      code: 'yaml-syntax',
      message: reason.includes('comma')
        ? 'a comma is missing between two entries in brackets'
        : 'a bracket is opened and never closed',
      hint: 'Every [ needs a ], every { a }, with commas between the entries.',
    }
  }
  const above = /implicit key|':' after a mapping key/.test(reason) ? lineWithoutColonAbove(text, lineStart) : undefined
  if (above !== undefined) return indentationError(text, above, lineAt(text, above), above)
  if (
    reason.includes('indentation') ||
    reason.includes('implicit key') ||
    reason.includes("':' after a mapping key") ||
    reason.includes('document separator is expected')
  ) {
    return indentationError(text, lineStart, line, offset)
  }
  if (reason.includes('escape')) {
    return {
      ...error,
      code: 'yaml-quote',
      message: 'a backslash in double quotes begins an escape, and this one does not exist',
      hint: 'Use single quotes, where a backslash is only a backslash.',
    }
  }
  return { ...error, code: 'yaml-syntax', message: reason }
}

function indentationError(text: string, lineStart: number, line: string, offset: number): Problem {
  const indent = line.length - line.trimStart().length
  const start = lineStart + indent
  const content = line.trim()
  const at = { severity: 'error' as const, from: start, to: lineStart + line.trimEnd().length }
  const value = line.slice(Math.max(0, offset - lineStart))
  if (offset > start && /^[@`%]/.test(value)) {
    return {
      ...at,
      from: offset,
      code: 'yaml-syntax',
      message: `a value cannot begin with ${value[0]}`,
      hint: 'Put the value in quotes.',
    }
  }
  if (
    offset > start &&
    /:\s/.test(line.slice(indent, offset - lineStart)) &&
    /:(\s|$)/.test(line.slice(offset - lineStart))
  ) {
    return {
      ...at,
      code: 'yaml-syntax',
      message: 'two "key: value" pairs on one line',
      hint: 'Begin a new line, or put the value in quotes.',
    }
  }
  if (!content.startsWith('-') && !/:(\s|$)/.test(content)) {
    return {
      ...at,
      code: 'yaml-syntax',
      message: `"${shorten(content)}" is no "key: value" pair`,
      hint: 'A colon and a space must follow the key.',
    }
  }
  const above = levelAbove(text, lineStart)
  const hint =
    above === undefined
      ? undefined
      : `The line above begins at column ${above + 1}; keys of one map begin at the same column, two more for what lies inside.`
  return {
    ...at,
    code: 'yaml-indentation',
    message: `this line is indented by ${indent}, which fits nothing above it`,
    ...(hint ? { hint } : {}),
  }
}

/** A line without a colon is taken for the beginning of a key that goes on below: the parser complains there, too late. */
function lineWithoutColonAbove(text: string, lineStart: number): number | undefined {
  let start = lineStart
  let found: number | undefined
  while (start > 0) {
    start = text.lastIndexOf('\n', start - 2) + 1
    const content = lineAt(text, start).trim()
    if (content === '' || content.startsWith('#')) continue
    if (/:(\s|$)/.test(content) || content.startsWith('-')) return found
    found = start
  }
  return found
}

function unclosedQuote(text: string, offset: number): Problem {
  const quote = openQuoteBefore(text, offset) ?? Math.max(0, offset - 1)
  return {
    severity: 'error',
    from: quote,
    code: 'yaml-quote',
    message: 'a quote is opened here and never closed',
    hint: `Add the closing ${text[quote] === "'" ? "'" : '"'}.`,
  }
}

/** The quote on an earlier or this line that has no partner on its own line; undefined if there is none nearby. */
function openQuoteBefore(text: string, offset: number): number | undefined {
  const from = Math.max(0, text.lastIndexOf('\n', Math.max(0, offset - 400)))
  for (const match of text.slice(from, offset + 1).matchAll(/(?:^|[:\-,[{]\s*)(["'])([^\n]*)/gm)) {
    const start = from + match.index + match[0].indexOf(match[1])
    const rest = match[1] === '"' ? match[2].replace(/\\./g, '  ') : match[2].replaceAll("''", '  ')
    if (!rest.includes(match[1])) return start
  }
  return undefined
}

const isQuote = (char: string | undefined) => char === '"' || char === "'"

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start)
  return text.slice(start, end < 0 ? text.length : end)
}

function levelAbove(text: string, lineStart: number): number | undefined {
  for (let end = lineStart - 1; end > 0; ) {
    const start = text.lastIndexOf('\n', end - 1) + 1
    const line = text.slice(start, end)
    if (line.trim() !== '' && !line.trim().startsWith('#')) return line.length - line.trimStart().length
    end = start - 1
  }
  return undefined
}

const shorten = (text: string) => (text.length > 40 ? `${text.slice(0, 39)}…` : text)
