import ipaddr from 'ipaddr.js'
import type { Format } from './kinds/schema.ts'

/**
 * Checks of single strings and numbers, each with the sentence that the API server answers.
 * Models apimachinery/pkg/util/validation/validation.go.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const LABEL_VALUE = `(${'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'})?`

const LABEL_PATTERN = new RegExp(`^${LABEL}$`)
const SUBDOMAIN_PATTERN = new RegExp(`^${SUBDOMAIN}$`)
const LABEL_1035_PATTERN = new RegExp(`^${LABEL_1035}$`)
const QUALIFIED_PATTERN = new RegExp(`^${QUALIFIED}$`)
const LABEL_VALUE_PATTERN = new RegExp(`^${LABEL_VALUE}$`)
const QUANTITY_PATTERN = /^[+-]?(\d+|\d+\.\d*|\.\d+)([eE][-+]?\d+|m|u|n|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/

export const LABEL_MESSAGE = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`
const SUBDOMAIN_MESSAGE = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`
const LABEL_1035_MESSAGE = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${LABEL_1035}')`
const QUALIFIED_MESSAGE = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`
const LABEL_VALUE_MESSAGE = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${LABEL_VALUE}')`
export const PORT_MESSAGE = 'must be between 1 and 65535, inclusive'
export const NON_NEGATIVE = 'must be greater than or equal to 0'
export const QUANTITY_MESSAGE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

const tooLong = (most: number) => `must be no more than ${most} characters`

/** What is wrong with a value of this format, sentence by sentence; empty if nothing. */
export function formatProblems(format: Format, value: unknown): readonly string[] {
  switch (format) {
    case 'port':
      return typeof value === 'number' && value >= 1 && value <= 65535 ? NONE : [PORT_MESSAGE]
    case 'port-or-name':
      return typeof value === 'number' ? formatProblems('port', value) : portNameProblems(String(value))
    case 'port-name':
      return portNameProblems(String(value))
    case 'int-or-percent':
      return intOrPercentProblems(value)
    default:
      return typeof value === 'string' ? STRING_PROBLEMS[format](value) : NONE
  }
}

const NONE: readonly string[] = Object.freeze([])

const STRING_PROBLEMS: Readonly<
  Record<Exclude<Format, 'port' | 'port-or-name' | 'port-name' | 'int-or-percent'>, (v: string) => readonly string[]>
> = {
  'dns-label': (v) => (LABEL_PATTERN.test(v) && v.length <= 63 ? NONE : problems(v, LABEL_PATTERN, LABEL_MESSAGE, 63)),
  'dns-1035': (v) => problems(v, LABEL_1035_PATTERN, LABEL_1035_MESSAGE, 63),
  'dns-subdomain': (v) => problems(v, SUBDOMAIN_PATTERN, SUBDOMAIN_MESSAGE, 253),
  'label-value': (v) => problems(v, LABEL_VALUE_PATTERN, LABEL_VALUE_MESSAGE, 63),
  'qualified-name': qualifiedNameProblems,
  ip: (v) => (ipaddr.IPv4.isValidFourPartDecimal(v) || ipaddr.IPv6.isValid(v) ? NONE : [IP_MESSAGE]),
  cidr: (v) => (isCidr(v) ? NONE : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']),
}

export const IP_MESSAGE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

export function isCidr(text: string): boolean {
  return /\/\d+$/.test(text) && (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text))
}

export function isQuantity(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && QUANTITY_PATTERN.test(value))
}

function problems(value: string, pattern: RegExp, message: string, most: number): readonly string[] {
  const long = value.length > most
  const fits = pattern.test(value)
  if (!long && fits) return NONE
  return [...(long ? [tooLong(most)] : []), ...(fits ? [] : [message])]
}

/** `prefix.example.com/name`, as label and annotation keys are spelled. */
function qualifiedNameProblems(value: string): readonly string[] {
  const slash = value.indexOf('/')
  const name = value.slice(slash + 1)
  if (slash < 0 || (slash > 0 && name.indexOf('/') < 0)) {
    const prefix = slash > 0 ? STRING_PROBLEMS['dns-subdomain'](value.slice(0, slash)) : NONE
    if (prefix.length === 0 && name.length <= 63 && QUALIFIED_PATTERN.test(name)) return NONE
    const own = [
      ...prefix.map((text) => `prefix part ${text}`),
      ...(name.length === 0 ? ['name part must be non-empty'] : []),
      ...(name.length > 63 ? [`name part ${tooLong(63)}`] : []),
      ...(QUALIFIED_PATTERN.test(name) ? [] : [QUALIFIED_MESSAGE]),
    ]
    return own
  }
  if (slash === 0) return ['prefix part must be non-empty']
  return [
    `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
  ]
}

/** IANA service names, RFC 6335: IsValidPortName. */
function portNameProblems(value: string): readonly string[] {
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) && /[a-z]/.test(value) && value.length <= 15) return NONE
  return [
    ...(value.length > 15 ? [tooLong(15)] : []),
    ...(/^[-a-z0-9]*$/.test(value) && value !== ''
      ? []
      : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(value) ? [] : ['must contain at least one letter (a-z)']),
    ...(value.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(value.startsWith('-') || value.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
  ]
}

function intOrPercentProblems(value: unknown): readonly string[] {
  if (typeof value === 'number') return value >= 0 ? NONE : [NON_NEGATIVE]
  if (typeof value === 'string' && /^\d+%$/.test(value)) return NONE
  return [
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
  ]
}
