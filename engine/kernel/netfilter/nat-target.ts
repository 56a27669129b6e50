import type { Ip } from '../../net/address.ts'
import { sameNetwork } from '../../net/ip.ts'
import type { NfTarget, RecordRef } from '../tables.ts'
import { bind, isDecided, type Manip, manipOf } from './nat.ts'
import { type NatRange, parsePorts, parseRange } from './nat-range.ts'
import { updateEntry, type View } from './view.ts'

type NatTarget = Extract<NfTarget, { kind: 'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT' }>

/**
 * A NAT target decides for the whole flow: it binds the entry of a flow's first packet. An entry that is confirmed keeps
 * what it has, so that flows which began before the rule go on as they were.
 */
export function bindTarget(view: View, target: NatTarget, by: RecordRef): 'accept' | 'drop' {
  const { ct, ctx, at } = view
  const manip: Manip = manipOf(at.hook)
  if (ct?.kind !== 'tracked' || ct.confirmed || isDecided(ct.row, manip)) return 'accept'
  const range = rangeOf(view, target)
  const bound = range && bind(ctx, ct.row, manip, range, by)
  if (!bound) return 'drop'
  updateEntry(view, () => bound)
  return 'accept'
}

function rangeOf(view: View, target: NatTarget): NatRange | undefined {
  const chance =
    'randomFully' in target || 'random' in target ? { random: target.random, randomFully: target.randomFully } : {}
  const ports = 'toPorts' in target && target.toPorts ? { ports: parsePorts(target.toPorts) } : {}
  switch (target.kind) {
    case 'DNAT':
    case 'SNAT':
      return { ...parseRange(target.to), ...chance, persistent: target.persistent }
    case 'MASQUERADE': {
      const ip = egressAddress(view)
      return ip && { from: ip, to: ip, ...ports, ...chance }
    }
    case 'REDIRECT': {
      const ip = redirectAddress(view)
      return ip && { from: ip, to: ip, ...ports }
    }
  }
}

/**
 * The source address of the egress device towards the next hop: not the node's, unless the device has none.
 * Models nf_nat_masquerade_ipv4() and inet_select_addr().
 */
function egressAddress(view: View): Ip | undefined {
  const { at, skb, ip, ctx } = view
  const link = `${skb.netns}|${at.out}`
  const nexthop = skb.nexthop?.via ?? ip.dst
  const addresses = ctx.tx
    .by('addr', 'netns', skb.netns)
    .filter((a) => a.family === ip.family && !a.secondary && a.scope === 'global')
  const own = addresses.filter((a) => a.link === link)
  const near = own.find((a) => sameNetwork(a.address, nexthop, a.prefixLen)) ?? own[0]
  if (near) return near.address
  for (const other of ctx.tx.by('link', 'netns', skb.netns)) {
    const address = addresses.find((a) => a.link === other.id)
    if (address) return address.address
  }
  return undefined
}

function redirectAddress(view: View): Ip | undefined {
  const { at, skb, ip, ctx } = view
  if (at.hook === 'output') return (ip.family === 'ipv4' ? '127.0.0.1' : '::1') as Ip
  const link = `${skb.netns}|${at.in}`
  return ctx.tx.by('addr', 'link', link).find((a) => a.family === ip.family && !a.secondary)?.address
}
