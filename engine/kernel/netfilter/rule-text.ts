import { assertNever } from '../../core/assert.ts'
import type { Family } from '../../net/address.ts'
import type { NfMatch, NfRule, NfTarget } from '../tables.ts'
import { hex, quote } from './words.ts'

/** A rule as iptables-save prints it: `-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp ... -j KUBE-SVC-NPX46M4PTMTKRN6Y`. */
export function ruleText(rule: NfRule, chain: string, family: Family = 'ipv4'): string {
  return ['-A', chain, ...specWords(rule, family)].join(' ')
}

/** What follows the chain's name. */
export function specWords(rule: NfRule, family: Family): string[] {
  const words: string[] = []
  let module: string | undefined
  for (const match of rule.matches) {
    const own = moduleOf(match, family)
    if (own !== undefined && !(own === module && MERGED.includes(own))) words.push('-m', own)
    module = own
    words.push(...matchWords(match, family))
  }
  if (rule.target) words.push(...targetWords(rule.target))
  return words
}

/** Modules whose options in a row belong to one `-m`. */
const MERGED = ['tcp', 'udp', 'sctp', 'addrtype']

function moduleOf(match: NfMatch, family: Family): string | undefined {
  switch (match.kind) {
    case 'src':
    case 'dst':
    case 'in':
    case 'out':
    case 'proto':
      return undefined
    case 'module':
      return match.name
    case 'sport':
    case 'dport':
      return match.proto
    case 'tcp-flags':
      return 'tcp'
    case 'icmp-type':
      return family === 'ipv4' ? 'icmp' : 'icmp6'
    case 'ctstate':
      return match.module ?? 'conntrack'
    default:
      return match.kind
  }
}

const FLAGS = { src: '-s', dst: '-d', in: '-i', out: '-o' } as const

function matchWords(match: NfMatch, family: Family): string[] {
  const not = 'not' in match && match.not ? ['!'] : []
  switch (match.kind) {
    case 'src':
    case 'dst':
      return [...not, FLAGS[match.kind], match.cidr]
    case 'in':
    case 'out':
      return [...not, FLAGS[match.kind], match.name]
    case 'proto':
      return [...not, '-p', match.proto]
    case 'comment':
      return ['--comment', quote(match.text)]
    case 'module':
      return []
    case 'nfacct':
      return ['--nfacct-name', '', match.name] // the tool prints two blanks
    case 'limit':
      return ['--limit', match.rate, ...(match.burst === 5 ? [] : ['--limit-burst', String(match.burst)])]
    case 'owner':
      return [...not, `--${match.which}-owner`, String(match.id)]
    case 'sport':
    case 'dport':
      return [...not, `--${match.kind}`, match.from === match.to ? String(match.from) : `${match.from}:${match.to}`]
    case 'multiport':
      return [
        ...not,
        `--${match.which}`,
        match.ports.map((port) => (typeof port === 'number' ? port : port.join(':'))).join(),
      ]
    case 'tcp-flags':
      return [...not, '--tcp-flags', match.mask, match.set]
    case 'icmp-type':
      return [...not, family === 'ipv4' ? '--icmp-type' : '--icmpv6-type', match.type]
    case 'mark':
    case 'connmark':
      return [
        ...not,
        '--mark',
        match.mask === 0xffff_ffff ? hex(match.value) : `${hex(match.value)}/${hex(match.mask)}`,
      ]
    case 'ctstate':
      return [...not, match.module === 'state' ? '--state' : '--ctstate', match.states.join()]
    case 'addrtype':
      return [
        ...[...not, `--${match.which}-type`, match.types.join()],
        ...(match.limitIfaceIn ? ['--limit-iface-in'] : []),
        ...(match.limitIfaceOut ? ['--limit-iface-out'] : []),
      ]
    case 'statistic':
      return match.mode === 'random'
        ? ['--mode', 'random', '--probability', (match.p / 2 ** 31).toFixed(11)]
        : ['--mode', 'nth', '--every', String(match.every), '--packet', String(match.packet)]
    case 'set':
      return [...not, '--match-set', match.name, match.dirs.join()]
    case 'recent':
      return [...not, ...recentWords(match, family)]
    case 'physdev':
      return [
        ...(match.isIn ? ['--physdev-is-in'] : []),
        ...(match.in === undefined ? [] : [...not, '--physdev-in', match.in]),
        ...(match.isOut ? ['--physdev-is-out'] : []),
        ...(match.out === undefined ? [] : [...not, '--physdev-out', match.out]),
        ...(match.isBridged ? ['--physdev-is-bridged'] : []),
      ]
    case 'rpfilter':
      return [
        ...(match.loose ? ['--loose'] : []),
        ...(match.validMark ? ['--validmark'] : []),
        ...(match.invert ? ['--invert'] : []),
      ]
    default:
      return assertNever(match)
  }
}

function recentWords(match: Extract<NfMatch, { kind: 'recent' }>, family: Family): string[] {
  const all = family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
  return [
    `--${match.op}`,
    ...(match.seconds === undefined ? [] : ['--seconds', String(match.seconds)]),
    ...(match.reap ? ['--reap'] : []),
    ...(match.hitcount === undefined ? [] : ['--hitcount', String(match.hitcount)]),
    ...['--name', match.name, '--mask', match.mask ?? all, match.side === 'dst' ? '--rdest' : '--rsource'],
  ]
}

function targetWords(target: NfTarget): string[] {
  if ('chain' in target) return [target.kind === 'jump' ? '-j' : '-g', target.chain]
  return ['-j', target.kind, ...targetOptions(target)]
}

type WithOptions = Exclude<NfTarget, { kind: 'jump' | 'goto' }>

function targetOptions(target: WithOptions): string[] {
  const chances =
    'randomFully' in target || 'random' in target
      ? [...(target.random ? ['--random'] : []), ...(target.randomFully ? ['--random-fully'] : [])]
      : []
  switch (target.kind) {
    case 'MARK':
      return ['--set-xmark', `${hex(target.value)}/${hex(target.mask)}`]
    case 'CONNMARK': {
      if (target.op === 'set-xmark') return ['--set-xmark', `${hex(target.value)}/${hex(target.mask)}`]
      const mask = hex(target.mask ?? 0xffff_ffff)
      return [`--${target.op}-mark`, '--nfmask', mask, '--ctmask', mask]
    }
    case 'DNAT':
      return ['--to-destination', target.to, ...chances, ...(target.persistent ? ['--persistent'] : [])]
    case 'SNAT':
      return ['--to-source', target.to, ...chances, ...(target.persistent ? ['--persistent'] : [])]
    case 'MASQUERADE':
      return [...(target.toPorts ? ['--to-ports', target.toPorts] : []), ...chances]
    case 'REDIRECT':
      return target.toPorts ? ['--to-ports', target.toPorts] : []
    case 'REJECT':
      return ['--reject-with', target.with]
    case 'CT':
      return [
        ...(target.notrack ? ['--notrack'] : []),
        ...(target.zone === undefined ? [] : ['--zone', String(target.zone)]),
      ]
    case 'LOG':
      return [
        ...(target.prefix ? ['--log-prefix', quote(target.prefix)] : []),
        ...(target.level === undefined ? [] : ['--log-level', String(target.level)]),
      ]
    case 'TCPMSS':
      return target.clampMssToPmtu ? ['--clamp-mss-to-pmtu'] : ['--set-mss', String(target.setMss)]
    default:
      return []
  }
}
