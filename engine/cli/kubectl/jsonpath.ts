import { err, ok, type Result } from '../../core/result.ts'
import { isObject } from '../../api/json.ts'

/**
 * kubectl's JSONPath templates: `{.items[*].metadata.name}`, `{range .items[*]}{.metadata.name}{"\n"}{end}`,
 * `{.spec.ports[?(@.name=="http")].port}`. Models k8s.io/client-go/util/jsonpath. Missing keys give nothing.
 * Simplified: no functions and no nested filters; nobody types them.
 */
export function evaluateTemplate(template: string, value: unknown): Result<string, string> {
  const parts = split(template)
  if (!parts.ok) return parts
  return render(parts.value, value, value)
}

type Part = { readonly kind: 'text' | 'expression'; readonly text: string }

function split(template: string): Result<Part[], string> {
  const parts: Part[] = []
  for (let at = 0; at < template.length; ) {
    const open = template.indexOf('{', at)
    if (open < 0) {
      parts.push({ kind: 'text', text: template.slice(at) })
      break
    }
    if (open > at) parts.push({ kind: 'text', text: template.slice(at, open) })
    let close = open + 1
    for (let quote = ''; close < template.length && (quote !== '' || template[close] !== '}'); close++) {
      const char = template[close]
      if (quote !== '') {
        if (char === '\\') close++
        else if (char === quote) quote = ''
      } else if (char === '"' || char === "'") quote = char
    }
    if (close >= template.length) return err('unclosed action')
    parts.push({ kind: 'expression', text: template.slice(open + 1, close).trim() })
    at = close + 1
  }
  return ok(parts)
}

function render(parts: readonly Part[], current: unknown, root: unknown): Result<string, string> {
  let text = ''
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]
    if (part.kind === 'text') text += part.text
    else if (part.text.startsWith('range')) {
      const end = endOf(parts, i)
      if (end === undefined) return err('not in range, nothing to end')
      for (const item of select(part.text.slice(5).trim(), current, root)) {
        const inner = render(parts.slice(i + 1, end), item, root)
        if (!inner.ok) return inner
        text += inner.value
      }
      i = end
    } else if (part.text === 'end') return err('not in range, nothing to end')
    else if (/^["']/.test(part.text)) text += unquote(part.text)
    else if (!/^[.[@$]/.test(part.text)) return err(`unrecognized identifier ${part.text}`)
    else text += select(part.text, current, root).map(printed).join(' ')
  }
  return ok(text)
}

function endOf(parts: readonly Part[], from: number): number | undefined {
  for (let i = from + 1, depth = 1; i < parts.length; i++) {
    if (parts[i].kind !== 'expression') continue
    if (parts[i].text.startsWith('range')) depth++
    else if (parts[i].text === 'end' && --depth === 0) return i
  }
  return undefined
}

/** Everything that a path such as `.spec.ports[*].port` leads to. */
export function select(path: string, current: unknown, root: unknown = current): unknown[] {
  let values: unknown[] = [path.startsWith('$') ? root : current]
  for (const step of path.matchAll(STEP)) {
    const [, deep, name, quoted, filter, index] = step
    if (deep !== undefined)
      values = values.flatMap((value) => descendants(value)).flatMap((value) => field(value, deep))
    else if (name !== undefined)
      values = values.flatMap((value) => (name === '*' ? children(value) : field(value, name.replaceAll('\\', ''))))
    else if (quoted !== undefined) {
      const keys = [...quoted.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2])
      values = values.flatMap((value) => keys.flatMap((key) => field(value, key)))
    } else if (filter !== undefined)
      values = values.flatMap((value) => children(value).filter((item) => holds(filter, item)))
    else if (index !== undefined) values = values.flatMap((value) => indexed(value, index))
  }
  return values
}

const STEP =
  /\.\.([A-Za-z_][\w-]*)|\.((?:[A-Za-z_][\w-]|\\.|[\w\-/])*\*?|\*)|\[\s*((?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\s*\]|\[\?\((.*?)\)\]|\[([-\d:,*\s]*)\]/g

function field(value: unknown, name: string): unknown[] {
  if (name === '') return [value]
  return isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []
}

function children(value: unknown): unknown[] {
  return Array.isArray(value)
    ? value
    : isObject(value)
      ? Object.keys(value)
          .sort()
          .map((key) => value[key])
      : []
}

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)]
}

function indexed(value: unknown, index: string): unknown[] {
  if (!Array.isArray(value)) return index.trim() === '*' ? children(value) : []
  if (index.trim() === '*' || index.trim() === '') return value
  if (index.includes(':')) {
    const [from, to, step = '1'] = index.split(':').map((text) => text.trim())
    const slice = value.slice(from === '' ? 0 : Number(from), to === '' || to === undefined ? value.length : Number(to))
    return slice.filter((_, i) => i % Math.max(1, Number(step)) === 0)
  }
  return index.split(',').flatMap((text) => {
    const at = Number(text)
    const item = value[at < 0 ? value.length + at : at]
    return item === undefined ? [] : [item]
  })
}

function holds(filter: string, item: unknown): boolean {
  const match = /^\s*(@[^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?$/.exec(filter)
  if (!match) return false
  const [, path, operator, literal] = match
  const [left] = select(path.slice(1), item)
  if (operator === undefined) return left !== undefined
  const right = /^["']/.test(literal)
    ? unquote(literal)
    : literal === 'true'
      ? true
      : literal === 'false'
        ? false
        : Number(literal)
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    default:
      if (left === undefined || typeof left !== typeof right) return false
      return compare(operator, left as number | string, right as number | string)
  }
}

function compare(operator: string, left: number | string, right: number | string): boolean {
  if (operator === '<') return left < right
  if (operator === '>') return left > right
  return operator === '<=' ? left <= right : left >= right
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, (_, char: string) => ({ n: '\n', t: '\t', r: '\r' })[char] ?? char)
}

/** Scalars as they are, the rest as JSON. */
export function printed(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
