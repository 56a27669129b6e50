import type { Family } from '../../net/address.ts'
import { lengthOf, networkOf, parseIp, v4Number } from '../../net/ip.ts'
import type { NfMatch, NfRule, NfTarget } from '../tables.ts'
import { type Draft, MATCH_MODULES, type Option } from './match-modules.ts'
import { type Protocol, protocolOf } from './services.ts'
import { PLAIN_TARGETS, TARGET_MODULES } from './target-modules.ts'

/** A rule as written: several where a list of addresses was given. `error` is the complaint in iptables' words. */
export type ParsedRule = { readonly rules: readonly NfRule[] } | { readonly error: string }

interface Loaded {
  readonly name: string
  readonly options: Readonly<Record<string, Option>>
  readonly draft: Draft
}

interface Parser {
  readonly family: Family
  readonly src: NfMatch[]
  readonly dst: NfMatch[]
  in?: NfMatch
  out?: NfMatch
  proto?: Protocol
  protoMatch?: NfMatch
  readonly matches: Loaded[]
  target?: { readonly name: string; readonly loaded?: Loaded; readonly goto: boolean }
}

/** Reads what follows `-A CHAIN`. Models iptables/xshared.c do_parse(). */
export function parseRule(words: readonly string[], family: Family): ParsedRule {
  const parser: Parser = { family, src: [], dst: [], matches: [] }
  let not = false
  for (let i = 0; i < words.length; ) {
    const word = words[i]
    if (word === '!') {
      if (not) return { error: "Multiple `!' flags not allowed" }
      not = true
      i++
      continue
    }
    if (!word.startsWith('-')) return { error: `Bad argument \`${word}'` }
    const found = optionFor(parser, word)
    if (typeof found === 'string') return { error: found }
    const values = words.slice(i + 1, i + 1 + found.option.args)
    if (values.length < found.option.args) return { error: `option "${word}" requires an argument` }
    const error = found.option.read(found.draft, values, not, family)
    if (error !== undefined) return { error }
    not = false
    i += 1 + found.option.args
  }
  return assemble(parser)
}

function optionFor(parser: Parser, word: string): { option: Option; draft: Draft } | string {
  const general = GENERAL[word]
  if (general)
    return {
      option: { args: general.args, read: (_draft, values, not) => general.read(parser, values[0] ?? '', not) },
      draft: {},
    }
  const loaded = [parser.target?.loaded, ...[...parser.matches].reverse()]
  for (const module of loaded) {
    const option = module?.options[word]
    if (module && option) return { option, draft: module.draft }
  }
  // An option of the protocol's own module loads it, as `-p tcp --dport 80` does.
  const implied = parser.proto && impliedModule(parser.proto)
  if (implied && !parser.matches.some(({ name }) => name === implied) && MATCH_MODULES[implied].options[word]) {
    load(parser, implied)
    return optionFor(parser, word)
  }
  return `unknown option "${word}"`
}

function impliedModule(proto: Protocol): string | undefined {
  return proto === 'ipv6-icmp' ? 'icmp6' : proto in MATCH_MODULES ? proto : undefined
}

interface General {
  readonly args: 0 | 1
  read(parser: Parser, value: string, not: boolean): string | undefined
}

const address = (which: 'src' | 'dst'): General => ({
  args: 1,
  read(parser, value, not) {
    if (not && value.includes(',')) return '! not allowed with multiple source or destination IP addresses'
    for (const part of value.split(',')) {
      const cidr = readNetwork(part, parser.family)
      if (!cidr) return `host/network \`${part.split('/')[0]}' not found`
      const all = lengthOf(cidr) === 0 && !not
      parser[which].push(...(all ? [] : [{ kind: which, cidr, ...(not ? { not } : {}) }]))
    }
    return undefined
  },
})

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`. */
function readNetwork(text: string, family: Family) {
  const [base, mask] = text.split('/')
  const ip = parseIp(base)
  if (!ip || ip.includes(':') !== (family === 'ipv6')) return undefined
  const bits = family === 'ipv4' ? 32 : 128
  const length =
    mask === undefined ? bits : mask.includes('.') ? 32 - Math.log2(2 ** 32 - v4Number(mask)) : Number(mask)
  return Number.isInteger(length) && length >= 0 && length <= bits ? networkOf(ip, length) : undefined
}

const device = (which: 'in' | 'out'): General => ({
  args: 1,
  read(parser, name, not) {
    if (name.length > 15) return `interface name \`${name}' must be shorter than IFNAMSIZ (15)`
    if (name !== '+') parser[which] = { kind: which, name, ...(not ? { not } : {}) }
    return undefined
  },
})

const protocol: General = {
  args: 1,
  read(parser, text, not) {
    if (text === 'all' || text === '0') return undefined
    const proto = protocolOf(text)
    if (!proto) return `unknown protocol "${text}" specified`
    if (!not) parser.proto = proto
    parser.protoMatch = { kind: 'proto', proto, ...(not ? { not } : {}) }
    return undefined
  },
}

const match: General = {
  args: 1,
  read: (parser, name) =>
    MATCH_MODULES[name] ? void load(parser, name) : `Couldn't load match \`${name}':No such file or directory\n`,
}

const target = (goto: boolean): General => ({
  args: 1,
  read(parser, name) {
    const module = TARGET_MODULES[name]
    parser.target = { name, goto, ...(module ? { loaded: { name, options: module.options, draft: {} } } : {}) }
    return undefined
  },
})

const nothing: General = { args: 0, read: () => undefined }

const GENERAL: Readonly<Record<string, General>> = {
  ...both(['-s', '--source', '--src'], address('src')),
  ...both(['-d', '--destination', '--dst'], address('dst')),
  ...both(['-i', '--in-interface'], device('in')),
  ...both(['-o', '--out-interface'], device('out')),
  ...both(['-p', '--protocol', '--proto'], protocol),
  ...both(['-m', '--match'], match),
  ...both(['-j', '--jump'], target(false)),
  ...both(['-g', '--goto'], target(true)),
  ...both(['-4', '-6', '--ipv4', '--ipv6'], nothing),
}

function both(names: readonly string[], general: General): Record<string, General> {
  return Object.fromEntries(names.map((name) => [name, general]))
}

function load(parser: Parser, name: string): void {
  parser.matches.push({ name, options: MATCH_MODULES[name].options, draft: {} })
}

function assemble(parser: Parser): ParsedRule {
  const built: NfMatch[] = []
  for (const { name, draft } of parser.matches) {
    const matches = MATCH_MODULES[name].build(draft, parser.family)
    if (typeof matches === 'string') return { error: matches }
    built.push(...matches)
  }
  const made = targetOf(parser)
  if (typeof made === 'string') return { error: made }
  const rest = [parser.in, parser.out, parser.protoMatch].filter((m) => m !== undefined)
  const rules: NfRule[] = []
  for (const src of parser.src.length > 0 ? parser.src : [undefined]) {
    for (const dst of parser.dst.length > 0 ? parser.dst : [undefined]) {
      const matches = [...(src ? [src] : []), ...(dst ? [dst] : []), ...rest, ...built]
      rules.push({ matches, ...(made ? { target: made } : {}) })
    }
  }
  return { rules }
}

function targetOf({ target: given, family }: Parser): NfTarget | string | undefined {
  if (!given) return undefined
  const { name, loaded, goto } = given
  const plain = PLAIN_TARGETS.find((kind) => kind === name)
  if (goto) return { kind: 'goto', chain: name }
  if (plain) return { kind: plain }
  return loaded ? TARGET_MODULES[name].build(loaded.draft, family) : { kind: 'jump', chain: name }
}
