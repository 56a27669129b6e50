import { assertNever } from '../../core/assert.ts'
import type { NfMatch, NfRule, NfTarget } from '../tables.ts'
import { PORTS } from './services.ts'
import { hex } from './words.ts'

/** How `iptables -L` is asked to print. */
export interface ListOptions {
  readonly numeric?: boolean
  readonly verbose?: boolean
  readonly lineNumbers?: boolean
  readonly exact?: boolean
  /** ip6tables. */
  readonly ipv6?: boolean
}

export function listHeader({ verbose, lineNumbers }: ListOptions): string {
  const counters = verbose ? ' pkts bytes ' : ''
  const interfaces = verbose ? ' in     out    ' : ''
  return `${lineNumbers ? 'num  ' : ''}${counters}target     prot opt${interfaces} source               destination         `
}

/** One rule of `iptables -L`. Models iptables/nft-ipv4.c nft_ipv4_print_rule() and what each extension prints. */
export function listRule(
  rule: NfRule,
  number: number,
  counted: { packets: number; bytes: number },
  options: ListOptions,
): string {
  const { numeric, verbose, lineNumbers } = options
  const target = rule.target ? ('chain' in rule.target ? rule.target.chain : rule.target.kind) : ''
  const proto = find(rule, 'proto')
  const name = proto ? (numeric ? String(NUMBERS[proto.proto]) : proto.proto) : numeric ? '0' : 'all'
  const any = numeric ? '*' : 'any'
  const device = (match: { name: string; not?: boolean } | undefined) =>
    `${match?.not ? '!' : ''}${match?.name ?? any}`.padEnd(6)
  return [
    lineNumbers ? `${String(number).padEnd(4)} ` : '',
    verbose ? `${amount(counted.packets, options)} ${amount(counted.bytes, options)} ` : '',
    `${printedTarget(target).padEnd(9)} `,
    `${proto?.not ? '!' : ' '}${name.padEnd(4)} -- `,
    verbose ? ` ${device(find(rule, 'in'))} ${device(find(rule, 'out'))} ` : '',
    address(find(rule, 'src'), options),
    address(find(rule, 'dst'), options),
    rule.target?.kind === 'goto' ? '[goto] ' : '',
    ...matchTexts(rule.matches, options).map((text) => ` ${text}`),
    rule.target ? prefixed(targetText(rule.target)) : '',
  ].join('')
}

const NUMBERS = { tcp: 6, udp: 17, sctp: 132, icmp: 1, 'ipv6-icmp': 58, ipencap: 4 } as const
const prefixed = (text: string) => (text === '' ? '' : ` ${text}`)

/** `-j NOTRACK` is a spelling of CT. */
const printedTarget = (target: string) => (target === 'NOTRACK' ? 'CT' : target)

function find<K extends NfMatch['kind']>(rule: NfRule, kind: K): Extract<NfMatch, { kind: K }> | undefined {
  return rule.matches.find((match): match is Extract<NfMatch, { kind: K }> => match.kind === kind)
}

/** Five places; beyond 99999 in K, M, G unless exact numbers are asked for. */
export function amount(n: number, { exact }: ListOptions): string {
  if (exact || n <= 99_999) return String(n).padStart(exact ? 8 : 5)
  let value = n
  for (const unit of ['K', 'M', 'G', 'T']) {
    value = Math.floor((value + 500) / 1000)
    if (value <= 9999 || unit === 'T') return `${String(value).padStart(4)}${unit}`
  }
  return ''
}

function address(match: Extract<NfMatch, { kind: 'src' | 'dst' }> | undefined, { numeric, ipv6 }: ListOptions): string {
  const text = match ? match.cidr.replace(/\/32$|\/128$/, '') : numeric ? (ipv6 ? '::/0' : '0.0.0.0/0') : 'anywhere'
  return `${match?.not ? '!' : ' '}${text.padEnd(19)} `
}

function matchTexts(matches: readonly NfMatch[], options: ListOptions): string[] {
  const texts: string[] = []
  let module = ''
  for (const match of matches) {
    const { group, text } = matchText(match, options)
    if (group && group === module) texts.push(text.slice(group.length + 1))
    else if (text !== '') texts.push(text)
    module = group ?? ''
  }
  return texts
}

/** What a match prints; matches of one group share their first words. */
function matchText(match: NfMatch, options: ListOptions): { group?: string; text: string } {
  const not = 'not' in match && match.not
  const bang = not ? '!' : ''
  switch (match.kind) {
    case 'src':
    case 'dst':
    case 'in':
    case 'out':
    case 'proto':
      return { text: '' }
    case 'comment':
      return { text: `/* ${match.text} */` }
    case 'module':
      return { group: match.name, text: match.name }
    case 'nfacct':
      return { text: `nfacct-name  ${match.name}` }
    case 'limit':
      return { text: `limit: avg ${match.rate} burst ${match.burst}` }
    case 'owner':
      return { text: `${not ? '! ' : ''}owner ${match.which.toUpperCase()} match ${match.id}` }
    case 'sport':
    case 'dport': {
      const letter = match.kind === 'sport' ? 's' : 'd'
      const ports =
        match.from === match.to
          ? `${letter}pt:${bang}${port(match.from, options)}`
          : `${letter}pts:${bang}${port(match.from, options)}:${port(match.to, options)}`
      return { group: match.proto, text: `${match.proto} ${ports}` }
    }
    case 'multiport': {
      const ports = match.ports.map((p) => (typeof p === 'number' ? port(p, options) : p.join(':'))).join()
      return { text: `multiport ${match.which} ${not ? ' !' : ''}${ports}` }
    }
    case 'tcp-flags':
      return { group: 'tcp', text: `tcp flags:${bang}${flags(match.mask, options)}/${flags(match.set, options)}` }
    case 'icmp-type':
      return { text: icmpText(match.type, not === true, options) }
    case 'mark':
      return { text: `mark match ${not ? '! ' : ''}${masked(match)}` }
    case 'connmark':
      return { text: `connmark match ${not ? '! ' : ' '}${masked(match)}` }
    case 'ctstate':
      return { text: `${not ? '! ' : ''}${match.module ?? 'ctstate'} ${match.states.join()}` }
    case 'addrtype': {
      const limit = `${match.limitIfaceIn ? ' limit-in' : ''}${match.limitIfaceOut ? ' limit-out' : ''}`
      return {
        group: 'ADDRTYPE match',
        text: `ADDRTYPE match ${match.which}-type ${bang}${match.types.join()}${limit}`,
      }
    }
    case 'statistic':
      return {
        text:
          match.mode === 'random'
            ? `statistic mode random probability ${(match.p / 2 ** 31).toFixed(11)}`
            : `statistic mode nth every ${match.every}${match.packet ? ` packet ${match.packet}` : ''}`,
      }
    case 'set':
      return { text: `${not ? '! ' : ''}match-set ${match.name} ${match.dirs.join()}` }
    case 'recent':
      return { text: `${not ? '! ' : ''}${recentText(match, options)}` }
    case 'physdev': {
      const words = [
        match.isIn && '--physdev-is-in',
        match.in && `${not ? '! ' : ''}--physdev-in ${match.in}`,
        match.isOut && '--physdev-is-out',
        match.out && `${not ? '! ' : ''}--physdev-out ${match.out}`,
        match.isBridged && '--physdev-is-bridged',
      ]
      return { text: `PHYSDEV match ${words.filter(Boolean).join(' ')}` }
    }
    case 'rpfilter':
      return {
        text: ['rpfilter', match.loose && 'loose', match.validMark && 'validmark', match.invert && 'invert']
          .filter(Boolean)
          .join(' '),
      }
    default:
      return assertNever(match)
  }
}

const NAMES = new Map(Object.entries(PORTS).map(([name, number]) => [number, name]))
const port = (number: number, { numeric }: ListOptions) =>
  numeric ? String(number) : (NAMES.get(number) ?? String(number))
const masked = ({ value, mask }: { value: number; mask: number }) =>
  mask === 0xffff_ffff ? hex(value) : `${hex(value)}/${hex(mask)}`

const BITS: Readonly<Record<string, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, NONE: 0 }
function flags(names: string, { numeric }: ListOptions): string {
  if (!numeric) return names
  const bits = names.split(',').reduce((sum, name) => sum | BITS[name], 0)
  return `0x${bits.toString(16).toUpperCase().padStart(2, '0')}`
}

function icmpText(type: string, not: boolean, { ipv6 }: ListOptions): string {
  if (type === 'any') return `icmp ${not ? '!' : ''}type 255`
  const [number, code] = type.split('/')
  return `${not ? '!' : ''}${ipv6 ? 'ipv6-' : ''}icmptype ${number}${code === undefined ? '' : ` code ${code}`}`
}

function recentText(match: Extract<NfMatch, { kind: 'recent' }>, { ipv6 }: ListOptions): string {
  const all = ipv6 ? 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' : '255.255.255.255'
  const names = { set: 'SET', rcheck: 'CHECK', update: 'UPDATE', remove: 'REMOVE' } as const
  return [
    `recent: ${names[match.op]}`,
    ...(match.seconds === undefined ? [] : [`seconds: ${match.seconds}`]),
    ...(match.reap ? ['reap'] : []),
    ...(match.hitcount === undefined ? [] : [`hit_count: ${match.hitcount}`]),
    `name: ${match.name} side: ${match.side === 'dst' ? 'dest' : 'source'} mask: ${match.mask ?? all}`,
  ].join(' ')
}

function targetText(target: NfTarget): string {
  switch (target.kind) {
    case 'MARK':
      return `MARK ${markText(target)}`
    case 'CONNMARK':
      if (target.op === 'set-xmark') return `CONNMARK ${markText(target)}`
      return `CONNMARK ${target.op}${target.mask === undefined || target.mask === 0xffff_ffff ? '' : ` mask ${hex(target.mask)}`}`
    case 'DNAT':
    case 'SNAT':
      return [
        `to:${target.to}`,
        target.random && 'random',
        target.randomFully && 'random-fully',
        target.persistent && 'persistent',
      ]
        .filter(Boolean)
        .join(' ')
    case 'MASQUERADE':
      return [
        target.toPorts && `masq ports: ${target.toPorts}`,
        target.random && 'random',
        target.randomFully && 'random-fully',
      ]
        .filter(Boolean)
        .join(' ')
    case 'REDIRECT':
      return target.toPorts ? `redir ports ${target.toPorts}` : ''
    case 'REJECT':
      return `reject-with ${target.with}`
    case 'NOTRACK':
      return 'NOTRACK'
    case 'CT':
      return `CT${target.notrack ? ' notrack' : ''}${target.zone === undefined ? '' : ` zone ${target.zone}`}`
    case 'LOG':
      return `LOG flags 0 level ${target.level ?? 4}${target.prefix ? ` prefix "${target.prefix}"` : ''}`
    case 'TCPMSS':
      return target.clampMssToPmtu ? 'TCPMSS clamp to PMTU' : `TCPMSS set ${target.setMss}`
    default:
      return ''
  }
}

/** The shortest word for what a mark becomes. */
function markText({ value, mask }: { value: number; mask: number }): string {
  if (value === 0) return `and ${hex(~mask >>> 0)}`
  if (value === mask) return `or ${hex(value)}`
  if (mask === 0) return `xor ${hex(value)}`
  if (mask === 0xffff_ffff) return `set ${hex(value)}`
  return `xset ${hex(value)}/${hex(mask)}`
}
