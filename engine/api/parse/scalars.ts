/**
 * Plain scalars as kubectl reads them. It still speaks YAML 1.1 here (sigs.k8s.io/yaml on go-yaml v2): `yes`, `on` and
 * even `y` are booleans, `0644` is octal. Times and base 60 stay text.
 * Models sigs.k8s.io/yaml/goyaml.v2/resolve.go resolve().
 */

const WORDS: ReadonlyMap<string, boolean | null | number> = new Map<string, boolean | null | number>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
])

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const MAYBE_NUMBER = /^[-+.0-9]/

/** A boolean, null, number or text; `too-big` for an integer that a double cannot hold exactly. */
export function resolvePlain(text: string): string | number | boolean | null | TooBig {
  const word = text.length <= 5 ? WORDS.get(text) : undefined
  if (word !== undefined) return word
  if (!MAYBE_NUMBER.test(text)) return text
  const digits = text.includes('_') ? text.replaceAll('_', '') : text
  const integer = resolveInteger(digits)
  if (integer !== undefined) return Number.isSafeInteger(integer) ? integer : TOO_BIG
  return FLOAT.test(digits) && digits === text ? Number(digits) : text
}

/** Go's strconv.ParseInt with base 0: decimal, 0x, 0o, 0b, and octal by a leading zero. */
function resolveInteger(text: string): number | undefined {
  const match = /^([-+]?)(?:(0|[1-9][0-9]*)|0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+))$/.exec(text)
  if (!match) return undefined
  const [, sign, decimal, hex, binary, octal] = match
  const size = decimal ? Number(decimal) : parseInt(hex ?? binary ?? octal, hex ? 16 : binary ? 2 : 8)
  return sign === '-' && size !== 0 ? -size : size
}

export interface TooBig {
  readonly tooBig: true
}

export const TOO_BIG: TooBig = Object.freeze({ tooBig: true })
