import { err, ok, type Result } from '../core/result.ts'

/** Label selectors, in both of Kubernetes' spellings: the object in manifests and the text of `kubectl -l`. */

export type Labels = Readonly<Record<string, string>>

export interface LabelSelector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly LabelRequirement[]
}

export interface LabelRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

const NO_LABELS: Labels = Object.freeze({})

/**
 * Whether labels satisfy a metav1.LabelSelector. An empty selector matches everything, an absent one nothing.
 * Models staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go LabelSelectorAsSelector.
 */
export function matches(selector: LabelSelector | null | undefined, labels: Labels | null | undefined): boolean {
  if (!selector) return false
  const actual = labels ?? NO_LABELS
  for (const key in selector.matchLabels) if (actual[key] !== selector.matchLabels[key]) return false
  return (selector.matchExpressions ?? []).every((requirement) => meets(requirement, actual))
}

/** Whether labels satisfy a plain map, as Service and ReplicationController spell it. An empty map selects nothing. */
export function matchesMap(selector: Labels | null | undefined, labels: Labels | null | undefined): boolean {
  if (!selector) return false
  let some = false
  for (const key in selector) {
    some = true
    if (labels?.[key] !== selector[key]) return false
  }
  return some
}

/** Whether labels meet every requirement (what `parseSelector` returns). */
export function matchesAll(requirements: readonly LabelRequirement[], labels: Labels | null | undefined): boolean {
  return requirements.every((requirement) => meets(requirement, labels ?? NO_LABELS))
}

/** Models apimachinery/pkg/labels/selector.go Requirement.Matches: NotIn and != also hold where the key is absent. */
function meets({ key, operator, values = [] }: LabelRequirement, labels: Labels): boolean {
  const value: string | undefined = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && integer(value) > integer(values[0])
    case 'Lt':
      return value !== undefined && integer(value) < integer(values[0])
    default:
      return false
  }
}

function integer(text: string | undefined): number {
  return text !== undefined && /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN
}

interface Token {
  readonly kind: 'word' | ',' | '(' | ')' | '!' | '=' | '==' | '!=' | '>' | '<' | 'end'
  readonly text: string
}

/**
 * Reads `a=b,c in (x,y),!d,e!=f,g notin (h),i>3`. The error is apimachinery's own text.
 * Models apimachinery/pkg/labels/selector.go Parser.
 */
export function parseSelector(text: string): Result<readonly LabelRequirement[], string> {
  const tokens = tokenize(text)
  let at = 0
  const peek = () => tokens[at]
  const take = () => tokens[at++]
  const requirements: LabelRequirement[] = []
  const fail = (why: string) => err(`unable to parse requirement: ${why}`)
  if (peek().kind === 'end') return ok(requirements)
  for (;;) {
    if (peek().kind !== 'word' && peek().kind !== '!') {
      const why = `found '${peek().text}', expected: !, identifier, or 'end of string'`
      return err(`unable to parse requirement: ${why}`)
    }
    const negated = peek().kind === '!' && take()
    const key = take()
    if (key.kind !== 'word') return fail(`found '${key.text}', expected: identifier`)
    const invalid = keyProblem(key.text)
    if (invalid) return fail(`<nil>: Invalid value: ${JSON.stringify(key.text)}: ${invalid}`)
    if (peek().kind === 'end' || peek().kind === ',') {
      requirements.push({ key: key.text, operator: negated ? 'DoesNotExist' : 'Exists' })
    } else {
      const operator = take()
      const name = OPERATORS[operator.kind === 'word' ? operator.text : operator.kind]
      if (!name || negated) {
        return fail(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`)
      }
      let values: string[]
      if (operator.kind === 'word') {
        const list = valueList(tokens, at)
        if (!list.ok) return fail(list.error)
        values = list.value.values
        at = list.value.next
      } else {
        const value = peek().kind === 'word' ? take().text : ''
        if (value === '' && peek().kind !== 'end' && peek().kind !== ',') {
          return fail(`found '${peek().text}', expected: identifier`)
        }
        values = [value]
      }
      if ((name === 'Gt' || name === 'Lt') && Number.isNaN(integer(values[0]))) {
        return fail(
          `values[0][${key.text}]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
        )
      }
      requirements.push({
        key: key.text,
        operator: name,
        values: name === 'In' || name === 'NotIn' ? values.sort() : values,
      })
    }
    const separator = take()
    if (separator.kind === 'end') return ok(requirements)
    if (separator.kind !== ',')
      return err(`unable to parse requirement: found '${separator.text}', expected: ',' or 'end of string'`)
    if (peek().kind === 'end') return err(`unable to parse requirement: found '', expected: identifier after ','`)
  }
}

const OPERATORS: Readonly<Record<string, string | undefined>> = {
  in: 'In',
  notin: 'NotIn',
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
}

function valueList(tokens: readonly Token[], from: number): Result<{ values: string[]; next: number }, string> {
  let at = from
  if (tokens[at].kind !== '(') return err(`found '${tokens[at].text}' expected: '('`)
  at++
  const values: string[] = []
  let pending = ''
  for (;;) {
    const token = tokens[at++]
    if (token.kind === 'word') pending = token.text
    else if (token.kind === ',' || token.kind === ')') {
      values.push(pending)
      pending = ''
      if (token.kind === ')') return ok({ values, next: at })
    } else return err(`found '${token.text}', expected: ',', ')' or identifier`)
  }
}

const SPECIAL = '=!(),<>'

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (let i = 0; i < text.length; ) {
    const char = text[i]
    if (/\s/.test(char)) i++
    else if (SPECIAL.includes(char)) {
      const pair = text.slice(i, i + 2)
      const kind = (pair === '==' || pair === '!=' ? pair : char) as Token['kind'] // one of SPECIAL or the two pairs
      tokens.push({ kind, text: kind })
      i += kind.length
    } else {
      let end = i + 1
      while (end < text.length && !/\s/.test(text[end]) && !SPECIAL.includes(text[end])) end++
      tokens.push({ kind: 'word', text: text.slice(i, end) })
      i = end
    }
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

function keyProblem(key: string): string | undefined {
  const parts = key.split('/')
  const name = parts[parts.length - 1]
  if (parts.length <= 2 && /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name) && name.length <= 63)
    return undefined
  return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
}

/** A selector as `kubectl get -o wide` and `describe` print it: `app=web,tier in (a,b)`; `<none>` if empty. */
export function formatSelector(selector: LabelSelector | null | undefined): string {
  if (!selector) return '<none>'
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }))
  const rest = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const list = `(${[...values].sort().join(',')})`
    const text: Readonly<Record<string, string>> = {
      In: `${key} in ${list}`,
      NotIn: `${key} notin ${list}`,
      Exists: key,
      DoesNotExist: `!${key}`,
    }
    return { key, text: text[operator] ?? key }
  })
  const all = [...equal, ...rest].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return all.map(({ text }) => text).join(',') || '<none>'
}

/** A plain map as kubectl prints it: `app=web,tier=front`, sorted; `<none>` if empty. */
export function formatLabels(labels: Labels | null | undefined): string {
  const pairs = Object.keys(labels ?? {}).sort()
  return pairs.map((key) => `${key}=${labels?.[key]}`).join(',') || '<none>'
}
