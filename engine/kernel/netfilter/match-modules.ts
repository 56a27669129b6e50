import type { Family } from '../../net/address.ts'
import type { NfMatch } from '../tables.ts'
import { icmpTypeNumber } from './icmp-types.ts'
import { portOf } from './services.ts'
import { readNumber } from './words.ts'

/**
 * The modules of iptables' `-m`: which options each takes, and the matches that they make together. A draft collects what
 * the options said; an option answers with iptables' own complaint if its value is none.
 */
export interface MatchModule {
  readonly options: Readonly<Record<string, Option>>
  build(draft: Draft, family: Family): readonly NfMatch[] | string
}
export interface Option {
  /** How many words follow. */
  readonly args: 0 | 1 | 2
  read(draft: Draft, values: readonly string[], not: boolean, family: Family): string | undefined
}
export type Draft = Record<string, unknown>

/** Keeps what an option said. */
export function store(draft: Draft, key: string, value: unknown): undefined {
  draft[key] = value
}

type Match<K extends NfMatch['kind']> = Extract<NfMatch, { kind: K }>

/** Stores the words as they are. */
const keep = (key: string): Option => ({ args: 1, read: (draft, [value], not) => store(draft, key, { value, not }) })
const flag = (key: string): Option => ({ args: 0, read: (draft, _values, not) => store(draft, key, !not) })
const number = (key: string): Option => ({
  args: 1,
  read(draft, [value]) {
    const n = readNumber(value)
    if (n === undefined) return `bad value for option "${key}": "${value}"`
    draft[key] = n
    return undefined
  },
})
const negated = (not: boolean) => (not ? { not } : {})
interface Kept {
  readonly value: string
  readonly not: boolean
}

const ports = (key: 'sport' | 'dport'): Option => ({
  args: 1,
  read(draft, [value], not) {
    const [a, b] = value.includes(':') ? value.split(':') : [value, value]
    const [from, to] = [portOf(a || '0'), portOf(b || '65535')]
    if (from === undefined || to === undefined) return `invalid port/service \`${from === undefined ? a : b}' specified`
    draft[key] = { from, to, ...negated(not) }
    return undefined
  },
})

function transport(proto: 'tcp' | 'udp' | 'sctp'): MatchModule {
  return {
    options: {
      '--sport': ports('sport'),
      '--source-port': ports('sport'),
      '--dport': ports('dport'),
      '--destination-port': ports('dport'),
      ...(proto === 'tcp' ? TCP_FLAGS : {}),
    },
    build(draft) {
      const found: NfMatch[] = []
      for (const kind of ['sport', 'dport'] as const) {
        const range = draft[kind] as { from: number; to: number; not?: boolean } | undefined // stored by `ports`
        if (range) found.push({ kind, proto, ...range })
      }
      if (draft.flags) found.push(draft.flags as NfMatch) // stored by TCP_FLAGS
      return found.length > 0 ? found : [{ kind: 'module', name: proto }]
    },
  }
}

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']
const TCP_FLAGS: Readonly<Record<string, Option>> = {
  '--syn': {
    args: 0,
    read: (draft, _values, not) =>
      store(draft, 'flags', { kind: 'tcp-flags', mask: 'FIN,SYN,RST,ACK', set: 'SYN', ...negated(not) }),
  },
  '--tcp-flags': {
    args: 2,
    read(draft, [mask, set], not) {
      const [m, s] = [flagList(mask), flagList(set)]
      if (m === undefined || s === undefined) return `Unknown TCP flag \`${m === undefined ? mask : set}'`
      draft.flags = { kind: 'tcp-flags', mask: m, set: s, ...negated(not) }
      return undefined
    },
  },
}

/** Flags in the kernel's order. */
function flagList(text: string): string | undefined {
  if (text === 'NONE') return text
  const names = text === 'ALL' ? FLAG_NAMES : text.split(',')
  return names.every((name) => FLAG_NAMES.includes(name))
    ? FLAG_NAMES.filter((name) => names.includes(name)).join()
    : undefined
}

const icmp: MatchModule = {
  options: Object.fromEntries(['--icmp-type', '--icmpv6-type'].map((name) => [name, keep('type')])),
  build(draft, family) {
    const type = draft.type as Kept | undefined
    if (!type) return 'icmp: option "--icmp-type" must be specified'
    const code = icmpTypeNumber(family, type.value)
    return code === undefined
      ? `Invalid ICMP type \`${type.value}'`
      : [{ kind: 'icmp-type', type: code, ...negated(type.not) }]
  },
}

const multiport = (which: 'sports' | 'dports' | 'ports'): Option => ({
  args: 1,
  read(draft, [value], not) {
    const list: (number | readonly [number, number])[] = []
    for (const part of value.split(',')) {
      const bounds = part.split(':').map(portOf)
      if (bounds.includes(undefined)) return `invalid port/service \`${part}' specified`
      const [from, to] = bounds as number[] // checked above
      list.push(to === undefined ? from : [from, to])
    }
    draft.match = { kind: 'multiport', which, ports: list, ...negated(not) }
    return undefined
  },
})

const mark = (kind: 'mark' | 'connmark'): MatchModule => ({
  options: { '--mark': keep('mark') },
  build(draft) {
    const { value, not } = (draft.mark ?? { value: '' }) as Kept
    const masked = readMasked(value)
    if (!masked) return `${kind}: Bad value for "--mark" option: "${value}"`
    return [{ kind, ...masked, ...negated(not) }]
  },
})

/** `0x4000/0x4000`; without a mask, all bits. */
export function readMasked(text: string): { readonly value: number; readonly mask: number } | undefined {
  const [value, mask] = text.split('/').map(readNumber)
  if (value === undefined || (mask === undefined && text.includes('/'))) return undefined
  return { value, mask: mask ?? 0xffff_ffff }
}

export const STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const

const states = (option: string, module?: 'state'): MatchModule => ({
  options: { [option]: keep('states') },
  build(draft) {
    const { value, not } = (draft.states ?? { value: '' }) as Kept
    const names = value.split(',')
    const bad = names.find((name) => !STATES.includes(name as (typeof STATES)[number]))
    if (bad !== undefined) return `Bad ctstate "${bad}"`
    return [
      {
        kind: 'ctstate',
        states: STATES.filter((state) => names.includes(state)),
        ...negated(not),
        ...(module ? { module } : {}),
      },
    ]
  },
})

const ADDRESS_TYPES = ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST'] as const
const addrtype: MatchModule = {
  options: {
    '--src-type': keep('src'),
    '--dst-type': keep('dst'),
    '--limit-iface-in': flag('limitIfaceIn'),
    '--limit-iface-out': flag('limitIfaceOut'),
  },
  build(draft) {
    const limits = {
      ...(draft.limitIfaceIn ? { limitIfaceIn: true } : {}),
      ...(draft.limitIfaceOut ? { limitIfaceOut: true } : {}),
    }
    const found: NfMatch[] = []
    for (const which of ['src', 'dst'] as const) {
      const given = draft[which] as Kept | undefined
      if (!given) continue
      const types = given.value.split(',')
      const bad = types.find((type) => !ADDRESS_TYPES.includes(type as (typeof ADDRESS_TYPES)[number]))
      if (bad !== undefined) return `addrtype: bad type \`${bad}'`
      found.push({
        kind: 'addrtype',
        which,
        types: types as Match<'addrtype'>['types'],
        ...negated(given.not),
        ...limits,
      })
    }
    return found.length > 0 ? found : 'addrtype: you must specify --src-type or --dst-type'
  },
}

const statistic: MatchModule = {
  options: {
    '--mode': keep('mode'),
    '--probability': keep('probability'),
    '--every': number('every'),
    '--packet': number('packet'),
  },
  build(draft) {
    const mode = (draft.mode as Kept | undefined)?.value
    if (mode === 'nth')
      return [{ kind: 'statistic', mode, every: (draft.every as number) ?? 1, packet: (draft.packet as number) ?? 0 }]
    const probability = Number((draft.probability as Kept | undefined)?.value)
    if (mode !== 'random' || !(probability >= 0 && probability <= 1))
      return 'statistic: bad value for option "--probability"'
    return [{ kind: 'statistic', mode, p: oddsOf(probability) }]
  },
}

/** A probability as the kernel keeps it: of 2^31. */
export function oddsOf(probability: number): number {
  return Math.round(probability * 2 ** 31)
}

const set: MatchModule = {
  options: {
    '--match-set': {
      args: 2,
      read: (draft, [name, dirs], not) =>
        store(draft, 'match', { kind: 'set', name, dirs: dirs.split(','), ...negated(not) }),
    },
  },
  build: (draft) => (draft.match ? [draft.match as NfMatch] : "You must specify `--match-set' with proper arguments"),
}

const operation = (op: Match<'recent'>['op']): Option => ({
  args: 0,
  read: (draft, _values, not) => void Object.assign(draft, { op, ...negated(not) }),
})
const recent: MatchModule = {
  options: {
    '--set': operation('set'),
    '--rcheck': operation('rcheck'),
    '--update': operation('update'),
    '--remove': operation('remove'),
    '--seconds': number('seconds'),
    '--reap': flag('reap'),
    '--hitcount': number('hitcount'),
    '--name': keep('name'),
    '--mask': keep('mask'),
    '--rsource': { args: 0, read: (draft) => store(draft, 'side', 'src') },
    '--rdest': { args: 0, read: (draft) => store(draft, 'side', 'dst') },
  },
  build({ op, name, mask: kept, ...rest }) {
    if (!op) return "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'"
    const all = /^(255\.255\.255\.255|[f:]+)$/
    const text = (kept as Kept | undefined)?.value
    const side = rest.side === 'src' ? {} : rest.side ? { side: 'dst' } : {}
    const { side: _side, ...more } = rest
    return [
      {
        kind: 'recent',
        name: (name as Kept | undefined)?.value ?? 'DEFAULT',
        op,
        ...more,
        ...(text && !all.test(text) ? { mask: text } : {}),
        ...side,
      } as Match<'recent'>,
    ]
  },
}

const physdev: MatchModule = {
  options: {
    '--physdev-is-in': flag('isIn'),
    '--physdev-is-out': flag('isOut'),
    '--physdev-is-bridged': flag('isBridged'),
    '--physdev-in': keep('in'),
    '--physdev-out': keep('out'),
  },
  build({ in: inside, out, ...flags }) {
    const names = [inside, out] as (Kept | undefined)[]
    const not = names.some((kept) => kept?.not)
    return [
      {
        kind: 'physdev',
        ...flags,
        ...(names[0] ? { in: names[0].value } : {}),
        ...(names[1] ? { out: names[1].value } : {}),
        ...negated(not),
      },
    ]
  },
}

const RATE = /^(\d+)\/(s|sec|second|m|min|minute|h|hour|d|day)$/
const UNITS: Readonly<Record<string, string>> = { s: 'sec', m: 'min', h: 'hour', d: 'day' }

export const MATCH_MODULES: Readonly<Record<string, MatchModule>> = {
  tcp: transport('tcp'),
  udp: transport('udp'),
  sctp: transport('sctp'),
  icmp,
  icmp6: icmp,
  multiport: {
    options: {
      '--sports': multiport('sports'),
      '--source-ports': multiport('sports'),
      '--dports': multiport('dports'),
      '--destination-ports': multiport('dports'),
      '--ports': multiport('ports'),
    },
    build: (draft) => (draft.match ? [draft.match as NfMatch] : 'multiport expection an option'),
  },
  mark: mark('mark'),
  connmark: mark('connmark'),
  conntrack: states('--ctstate'),
  state: states('--state', 'state'),
  addrtype,
  statistic,
  set,
  recent,
  physdev,
  rpfilter: {
    options: { '--loose': flag('loose'), '--validmark': flag('validMark'), '--invert': flag('invert') },
    build: (draft) => [{ kind: 'rpfilter', ...draft } as Match<'rpfilter'>],
  },
  comment: {
    options: { '--comment': keep('text') },
    build: (draft) => [{ kind: 'comment', text: ((draft.text ?? { value: '' }) as Kept).value }],
  },
  nfacct: {
    options: { '--nfacct-name': keep('name') },
    build: (draft) => [{ kind: 'nfacct', name: ((draft.name ?? { value: '' }) as Kept).value }],
  },
  limit: {
    options: { '--limit': keep('rate'), '--limit-burst': number('burst') },
    build(draft) {
      const text = ((draft.rate ?? { value: '3/hour' }) as Kept).value
      const [, amount, unit] = RATE.exec(text) ?? []
      return unit
        ? [{ kind: 'limit', rate: `${amount}/${UNITS[unit[0]]}`, burst: (draft.burst as number) ?? 5 }]
        : `limit: bad rate \`${text}''`
    },
  },
  owner: {
    options: { '--uid-owner': keep('uid'), '--gid-owner': keep('gid') },
    build(draft) {
      const which = draft.uid ? 'uid' : 'gid'
      const { value, not } = (draft[which] ?? { value: '' }) as Kept
      const id = value === 'root' ? 0 : readNumber(value)
      return id === undefined
        ? `owner: Bad value for "--${which}-owner" option: "${value}"`
        : [{ kind: 'owner', which, id, ...negated(not) }]
    },
  },
}
