import type { Cidr, Ip } from '../../net/address.ts'
import type { NfSetRow } from '../tables.ts'
import { cidrMatcher } from './cidr-match.ts'

/** What a packet shows in one direction, for the dimensions of a set. */
export interface SetKey {
  readonly ip: Ip
  readonly proto: string
  readonly port: number
}

type Dimension = (key: SetKey) => boolean

interface CompiledSet {
  /** Members without networks: their text. */
  readonly exact: ReadonlySet<string>
  readonly networks: readonly { readonly dimensions: readonly Dimension[]; readonly nomatch: boolean }[]
  readonly kinds: readonly string[]
}

const memo = new WeakMap<NfSetRow, CompiledSet>()

/** Whether a packet is in an ipset: one key per dimension of the set's type (`hash:ip,port` has two). */
export function isMember(set: NfSetRow, keys: readonly SetKey[]): boolean {
  let compiled = memo.get(set)
  if (!compiled) {
    compiled = compileSet(set)
    memo.set(set, compiled)
  }
  const { kinds, exact, networks } = compiled
  if (keys.length < kinds.length) return false
  if (exact.has(kinds.map((kind, i) => textOf(kind, keys[i])).join(','))) return true
  const inside = networks.filter(({ dimensions }) => dimensions.every((holds, i) => holds(keys[i])))
  return inside.length > 0 && !inside.some(({ nomatch }) => nomatch)
}

function textOf(kind: string, key: SetKey): string {
  return kind === 'port' ? `${key.proto}:${key.port}` : key.ip
}

/** `hash:ip,port` -> ip, port; `bitmap:port` -> port. */
const kindsOf = (type: string) => type.slice(type.indexOf(':') + 1).split(',')

function compileSet(set: NfSetRow): CompiledSet {
  const kinds = kindsOf(set.type)
  const exact = new Set<string>()
  const networks = []
  for (const member of set.members) {
    const [text, ...options] = member.split(' ')
    const parts = text.split(',')
    if (!text.includes('/') && !text.includes('-') && !options.includes('nomatch') && set.type !== 'bitmap:port')
      exact.add(text)
    else
      networks.push({
        dimensions: parts.map((part, i) => dimensionOf(kinds[i], part)),
        nomatch: options.includes('nomatch'),
      })
  }
  return { exact, networks, kinds }
}

function dimensionOf(kind: string, text: string): Dimension {
  if (kind === 'port') {
    const [proto, ports] = text.includes(':') ? text.split(':') : [undefined, text]
    const [from, to] = ports.split('-').map(Number)
    return (key) => (proto === undefined || proto === key.proto) && key.port >= from && key.port <= (to ?? from)
  }
  if (!text.includes('/')) return (key) => key.ip === text
  const contains = cidrMatcher(text as Cidr)
  return (key) => contains(key.ip)
}
