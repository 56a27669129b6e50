import { isObject } from '../api/json.ts'
import { nearest } from '../api/nearest.ts'

/** What the fields of each ask may hold. A field that is misspelt or misshapen is told, not passed over. */

/** What is wrong with a value, as the rest of a sentence that begins with the field's name; undefined if nothing is. */
type Check = (value: unknown) => string | undefined

const text: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : `is a text, not ${shown(value)}`
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : `is true or false, not ${shown(value)}`)
const whole: Check = (value) => (Number.isSafeInteger(value) ? undefined : `is a whole number, not ${shown(value)}`)

const portNumber: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535 // checked just before
    ? undefined
    : `is a whole number from 1 to 65535, not ${shown(value)}`

const port: Check = (value) => {
  if (typeof value !== 'string') return portNumber(value)
  if (/^-?\d+(\.\d+)?$/.test(value)) return portNumber(Number(value))
  return value === '' ? 'is a number, or the name of a port of the Service or pod in `to`' : undefined
}

const oneOf =
  (...words: readonly string[]): Check =>
  (value) => {
    if (typeof value === 'string' && words.includes(value)) return undefined
    const meant = typeof value === 'string' ? nearest(value, words) : undefined
    return `is one of ${words.join(', ')}, not ${shown(value)}${meant ? `; did you mean ${shown(meant)}?` : ''}`
  }

const protocol = oneOf('TCP', 'UDP', 'SCTP', 'ICMP')

const size: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_BYTES // checked just before
    ? undefined
    : `is a number of bytes from 0 to ${MOST_BYTES}, not ${shown(value)}`

const MOST_BYTES = 10_000_000

const texts: Check = (value) =>
  isObject(value) && Object.values(value).every((each) => typeof each === 'string')
    ? undefined
    : 'maps names to texts, such as {"x-request-id": "1"}'

const HTTP: Fields = { method: text, host: text, path: text, headers: texts, scheme: oneOf('http', 'https'), sni: text }

const http: Check = (value) => {
  if (!isObject(value)) return `is an object such as {"path": "/"}, not ${shown(value)}`
  const wrong = wrongField(HTTP, value)
  return wrong && `: ${wrong}`
}

const words: Check = (value) =>
  typeof value === 'string' || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    ? undefined
    : 'is a list of words such as ["get", "pods", "-A"]'

const probes: Check = (value) => {
  if (!Array.isArray(value)) return 'is a list such as [{"port": 80, "protocol": "TCP"}]'
  for (const [i, probe] of value.entries()) {
    if (!isObject(probe)) return `[${i}] is an object such as {"port": 80, "protocol": "TCP"}, not ${shown(probe)}`
    const wrong = wrongField({ port, protocol }, probe)
    if (wrong) return `[${i}]: ${wrong}`
    if (probe.port === undefined && probe.protocol !== 'ICMP') return `[${i}] needs \`port\``
  }
  return undefined
}

type Fields = Readonly<Record<string, Check>>

const TRACE: Fields = {
  ...{ from: text, to: text, node: text, port, protocol, size, http },
  ...{ sourcePort: portNumber, seed: whole, branches: flag },
}

interface Shape {
  readonly fields: Fields
  readonly required: Readonly<Record<string, string>>
}

const PLACES = '"default/web-0", "default/deploy/web", "node/worker" or "external"'
const ENDS = {
  from: PLACES,
  to: '"svc/web.default", "default/web-0", a DNS name such as "web.default", or an address',
}

const SHAPES: Readonly<Record<string, Shape>> = {
  trace: { fields: TRACE, required: ENDS },
  reach: { fields: TRACE, required: ENDS },
  matrix: { fields: { group: oneOf('pod', 'workload'), probes }, required: {} },
  show: { fields: { node: text, pod: text, command: text }, required: { command: '"ip route"' } },
  kubectl: { fields: { args: words }, required: { args: '["get", "pods", "-A"]' } },
  dns: { fields: { name: text, type: text, from: text }, required: { name: '"web.default"' } },
}

/** The fields of an ask that mean nothing here, as `trace.comment`: ignored, but not in silence. */
export function ignoredFields(ask: unknown): string[] {
  if (!isObject(ask)) return []
  return Object.entries(ask).flatMap(([name, given]) => {
    const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined
    if (!shape || !isObject(given)) return []
    return Object.keys(given).flatMap((field) => (Object.hasOwn(shape.fields, field) ? [] : [`${name}.${field}`]))
  })
}

/** What is wrong with the fields of an ask, and what to write instead; undefined if nothing is. */
export function malformedAsk(ask: string, given: Readonly<Record<string, unknown>>): string | undefined {
  const shape = SHAPES[ask]
  if (!shape) return undefined
  const wrong = wrongField(shape.fields, given)
  if (wrong) return wrong
  const missing = Object.keys(shape.required).find((name) => given[name] === undefined || given[name] === null)
  return missing && `\`${missing}\` is missing: give ${shape.required[missing]}`
}

/** An absent field and a null one are the same; a field like none of ours is ignored, and told by `ignoredFields`. */
function wrongField(fields: Fields, given: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!check) {
      const meant = nearest(name, Object.keys(fields))
      if (meant) return `unknown field \`${name.slice(0, 40)}\`; did you mean \`${meant}\`?`
      continue
    }
    const wrong = value === undefined || value === null ? undefined : check(value)
    if (wrong) return wrong.startsWith('[') || wrong.startsWith(':') ? `\`${name}\`${wrong}` : `\`${name}\` ${wrong}`
  }
  return undefined
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value)
  return json.length > 60 ? `${json.slice(0, 60)}...` : json
}
