import {
  type ConntrackFilter,
  conntrackEntries,
  conntrackRef,
  conntrackText,
} from '../kernel/netfilter/conntrack-text.ts'
import { type Command, failed, type Output } from './types.ts'

type Mutable = { -readonly [Key in keyof ConntrackFilter]: ConntrackFilter[Key] }

/** What each option of a filter sets; options without a value take none of the words that follow. */
const FILTERS: Readonly<Record<string, { readonly value: boolean; set(filter: Mutable, value: string): void }>> = {
  ...named(['-f', '--family'], (filter, value) =>
    Object.assign(filter, { family: value === 'ipv6' ? 'ipv6' : 'ipv4' }),
  ),
  ...named(['-p', '--proto', '--protonum'], (filter, value) => Object.assign(filter, { proto: value })),
  ...named(['-s', '--orig-src', '--src'], (filter, value) => Object.assign(filter, { src: value })),
  ...named(['-d', '--orig-dst', '--dst'], (filter, value) => Object.assign(filter, { dst: value })),
  ...named(['-r', '--reply-src'], (filter, value) => Object.assign(filter, { replySrc: value })),
  ...named(['-q', '--reply-dst'], (filter, value) => Object.assign(filter, { replyDst: value })),
  ...named(['--sport', '--orig-port-src'], (filter, value) => Object.assign(filter, { sport: Number(value) })),
  ...named(['--dport', '--orig-port-dst'], (filter, value) => Object.assign(filter, { dport: Number(value) })),
  ...named(['-w', '--zone'], (filter, value) => Object.assign(filter, { zone: Number(value) })),
  ...named(['-m', '--mark'], (filter, value) => Object.assign(filter, { mark: Number(value) })),
  ...flags(['-n', '--src-nat'], (filter) => Object.assign(filter, { nat: 'src' })),
  ...flags(['-g', '--dst-nat'], (filter) => Object.assign(filter, { nat: 'dst' })),
  ...flags(['-j', '--any-nat'], (filter) => Object.assign(filter, { nat: 'any' })),
}
const NEEDS_PROTOCOL = ['--sport', '--dport', '--orig-port-src', '--orig-port-dst']

/** conntrack 1.4.7, as far as it reads: -L and -C. */
export const conntrackCommand: Command = {
  name: 'conntrack',
  usage:
    'conntrack -L [-o extended] [-f ipv4|ipv6] [-p PROTO] [-s|-d|-r|-q ADDRESS] [-w ZONE] [-n|-g|-j] | conntrack -C',
  run(world, place, args): Output {
    const nowUs = world.get('clock', 'clock')?.now ?? 0
    if (args[0] === '-C' || args[0] === '--count') {
      return { lines: [{ text: String(conntrackEntries(world, place.netns, nowUs).length) }], stderr: '', exitCode: 0 }
    }
    if (args[0] !== '-L' && args[0] !== '--dump') {
      return complain(args[0] === undefined ? 'You must specify a command' : `unknown option \`${args[0]}'`)
    }
    const read = readFilter(args.slice(1))
    if (typeof read === 'string') return complain(read)
    const rows = conntrackEntries(world, place.netns, nowUs, read.filter)
    return {
      lines: rows.map((row) => ({
        text: conntrackText(row, nowUs, { extended: read.extended }),
        ref: conntrackRef(row),
      })),
      stderr: `conntrack v1.4.7 (conntrack-tools): ${rows.length} flow entries have been shown.\n`,
      exitCode: 0,
    }
  },
}

function readFilter(words: readonly string[]): { filter: ConntrackFilter; extended: boolean } | string {
  const filter: Mutable = {}
  let extended = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === 'conntrack') continue // the table's name may follow -L
    if (word === '-o' || word === '--output') {
      extended ||= words[++i]?.split(',').includes('extended') ?? false
      continue
    }
    const option = FILTERS[word]
    if (!option || (NEEDS_PROTOCOL.includes(word) && filter.proto === undefined)) return `unknown option \`${word}'`
    option.set(filter, option.value ? (words[++i] ?? '') : '')
  }
  return { filter, extended }
}

const complain = (text: string) =>
  failed(
    `conntrack v1.4.7 (conntrack-tools): ${text}\nTry \`conntrack -h' or 'conntrack --help' for more information.`,
    2,
  )

function named(names: readonly string[], set: (filter: Mutable, value: string) => void) {
  return Object.fromEntries(names.map((name) => [name, { value: true, set }]))
}
function flags(names: readonly string[], set: (filter: Mutable) => void) {
  return Object.fromEntries(names.map((name) => [name, { value: false, set }]))
}
