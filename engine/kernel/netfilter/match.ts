import { assertNever } from '../../core/assert.ts'
import type { Cidr } from '../../net/address.ts'
import { typeCodeOf } from '../../net/icmp.ts'
import type { NfMatch } from '../tables.ts'
import { addrTypeOf } from './addrtype.ts'
import { cidrMatcher } from './cidr-match.ts'
import { has } from './conntrack-table.ts'
import { icmpTypeMatcher } from './icmp-types.ts'
import { matchRecent } from './recent.ts'
import { isReversePathOk } from './rpfilter.ts'
import { isMember, type SetKey } from './sets.ts'
import { tcpFlagsMatcher } from './tcp-flags.ts'
import { portsOf, protoOf } from './tuple.ts'
import type { View } from './view.ts'

export type Test = (view: View) => boolean

/** A match as a function of the packet, made once per rule. `stream` names the dice of `statistic`. Undefined: matches always. */
export function compileMatch(match: NfMatch): Test | undefined {
  const test = testOf(match)
  return test && 'not' in match && match.not && match.kind !== 'recent' ? (view) => !test(view) : test
}

function testOf(match: NfMatch): Test | undefined {
  switch (match.kind) {
    case 'src':
    case 'dst':
      return addressTest(match.kind, match.cidr)
    case 'in':
    case 'out':
      return interfaceTest(match.kind, match.name)
    case 'proto':
      return (view) => protoOf(view.ip) === match.proto
    case 'comment':
    case 'nfacct':
    case 'module':
      return undefined
    // Simplified: `limit` always lets through and `owner` sees user and group 0, because rates of the modelled traffic say
    // nothing and modelled programs all run as root.
    case 'limit':
      return undefined
    case 'owner':
      return (view) => view.skb.sock !== undefined && match.id === 0
    case 'sport':
    case 'dport':
      return portTest(match)
    case 'multiport':
      return multiportTest(match)
    case 'tcp-flags':
      return tcpFlagsMatcher(match.mask, match.set)
    case 'icmp-type':
      return icmpTest(match.type)
    case 'mark':
      return (view) => (view.mark & match.mask) >>> 0 === match.value
    case 'connmark':
      return (view) => view.ct?.kind === 'tracked' && (view.ct.row.mark & match.mask) >>> 0 === match.value
    case 'ctstate':
      return (view) => match.states.some((state) => isInState(view, state))
    case 'addrtype':
      return addrtypeTest(match)
    case 'statistic':
      return match.mode === 'random' ? undefined : nthTest()
    case 'set':
      return setTest(match)
    case 'recent':
      return (view) => matchRecent(view.ctx, view.skb.netns, match, match.side === 'dst' ? view.ip.dst : view.ip.src)
    case 'physdev':
      return physdevTest(match)
    case 'rpfilter':
      return (view) => isReversePathOk(view, match) !== (match.invert ?? false)
    default:
      return assertNever(match)
  }
}

function addressTest(which: 'src' | 'dst', cidr: Cidr): Test {
  const contains = cidrMatcher(cidr)
  return (view) => contains(view.ip[which])
}

/** A name that ends in `+` stands for every name that begins so. */
export function namePattern(name: string): (ifname: string | undefined) => boolean {
  const prefix = name.slice(0, -1)
  return name.endsWith('+') ? (ifname) => ifname?.startsWith(prefix) ?? false : (ifname) => ifname === name
}

function interfaceTest(which: 'in' | 'out', name: string): Test {
  const fits = namePattern(name)
  return (view) => fits(view.at[which])
}

function portTest({ kind, proto, from, to }: Extract<NfMatch, { kind: 'sport' | 'dport' }>): Test {
  const side = kind === 'sport' ? 0 : 1
  return ({ ip }) => {
    if (ip.body.kind !== proto) return false
    const port = portsOf(ip.body)[side]
    return port >= from && port <= to
  }
}

function multiportTest({ which, ports }: Extract<NfMatch, { kind: 'multiport' }>): Test {
  const holds = (port: number) => ports.some((p) => (typeof p === 'number' ? p === port : port >= p[0] && port <= p[1]))
  return ({ ip }) => {
    if (ip.body.kind === 'icmp' || ip.body.kind === 'ipip') return false
    const [sport, dport] = portsOf(ip.body)
    return (which !== 'dports' && holds(sport)) || (which !== 'sports' && holds(dport))
  }
}

function icmpTest(type: string): Test {
  const fits = icmpTypeMatcher(type)
  return ({ ip }) => {
    if (ip.body.kind !== 'icmp') return false
    const wire = typeCodeOf(ip.body, ip.family)
    return fits(wire.type, wire.code)
  }
}

type CtState = Extract<NfMatch, { kind: 'ctstate' }>['states'][number]

/** Models net/netfilter/xt_conntrack.c: what belongs to no entry is INVALID unless it was exempted from tracking. */
function isInState({ ct }: View, state: CtState): boolean {
  if (ct?.kind !== 'tracked') return state === (ct?.kind === 'untracked' ? 'UNTRACKED' : 'INVALID')
  switch (state) {
    case 'NEW':
      return ct.info === 'new'
    case 'ESTABLISHED':
      return ct.info === 'established' || ct.info === 'established-reply'
    case 'RELATED':
      return ct.info === 'related' || ct.info === 'related-reply'
    case 'SNAT':
      return has(ct.row, 'SRC_NAT')
    case 'DNAT':
      return has(ct.row, 'DST_NAT')
    default:
      return false
  }
}

function addrtypeTest({ which, types, limitIfaceIn, limitIfaceOut }: Extract<NfMatch, { kind: 'addrtype' }>): Test {
  return ({ ctx, skb, ip, at }) => {
    const name = limitIfaceIn ? at.in : limitIfaceOut ? at.out : undefined
    const link = name === undefined ? undefined : `${skb.netns}|${name}`
    return types.includes(addrTypeOf(ctx.tx, skb.netns, ip.family, ip[which], link))
  }
}

/**
 * Simplified: `statistic --mode nth` never matches, because its counter is state of a rule that nobody writes in the modelled
 * systems.
 */
const nthTest = (): Test => () => false

function setTest({ name, dirs }: Extract<NfMatch, { kind: 'set' }>): Test {
  return ({ ctx, skb, ip }) => {
    const set = ctx.tx.get('nfSet', `${skb.netns}|${name}`)
    if (!set) return false
    const [sport, dport] = portsOf(ip.body)
    const proto = protoOf(ip)
    const keys: SetKey[] = dirs.map((dir) => ({ ip: ip[dir], proto, port: dir === 'src' ? sport : dport }))
    if (set.type !== 'list:set') return isMember(set, keys)
    return set.members.some((member) => {
      const inner = ctx.tx.get('nfSet', `${skb.netns}|${member}`)
      return inner !== undefined && isMember(inner, keys)
    })
  }
}

function physdevTest(match: Extract<NfMatch, { kind: 'physdev' }>): Test {
  const fitsIn = match.in === undefined ? undefined : namePattern(match.in)
  const fitsOut = match.out === undefined ? undefined : namePattern(match.out)
  return ({ at }) => {
    if (match.isIn && at.physIn === undefined) return false
    if (match.isOut && at.physOut === undefined) return false
    if (match.isBridged && (at.physIn === undefined || at.physOut === undefined)) return false
    return (!fitsIn || fitsIn(at.physIn)) && (!fitsOut || fitsOut(at.physOut))
  }
}
