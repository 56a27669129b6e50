import type { Owned } from '../core/cause.ts'
import type { Tx } from '../core/world.ts'
import { ZERO_MAC } from '../net/mac.ts'
import { linkDel } from './dev/link-verbs.ts'
import { linkId } from './ids.ts'
import { done, type NetlinkResult, refuse } from './netlink-result.ts'
import { inheritFromRoot } from './sysctl.ts'
import type { HostRow, NetnsRow } from './tables.ts'

export interface HostSpec extends Owned {
  readonly id: string
  readonly kind: HostRow['kind']
  readonly cluster?: string
  readonly up?: boolean
}

/** A machine with its root netns (same id), in which loopback exists and is down. */
export function hostAdd(tx: Tx, spec: HostSpec): NetlinkResult {
  if (tx.get('host', spec.id)) return refuse('EEXIST')
  const { owner, cause } = spec
  tx.put('host', {
    id: spec.id,
    kind: spec.kind,
    up: spec.up ?? true,
    ...(spec.cluster === undefined ? {} : { cluster: spec.cluster }),
    ...(owner ? { owner } : {}),
    ...(cause ? { cause } : {}),
  })
  return netnsAdd(tx, { id: spec.id, host: spec.id, owner, cause })
}

export interface NetnsSpec extends Owned {
  readonly id: string
  readonly host: string
  readonly path?: string
}

/** A network namespace: its own loopback (down), settings, rules and tables. Models copy_net_ns(). */
export function netnsAdd(tx: Tx, spec: NetnsSpec): NetlinkResult {
  if (tx.get('netns', spec.id)) return refuse('EEXIST')
  const { owner, cause } = spec
  const by = { ...(owner ? { owner } : {}), ...(cause ? { cause } : {}) }
  tx.put('netns', { id: spec.id, host: spec.host, nextIfindex: 2, ...(spec.path ? { path: spec.path } : {}), ...by })
  tx.put('link', {
    id: linkId(spec.id, 'lo'),
    netns: spec.id,
    ifindex: 1,
    name: 'lo',
    kind: 'loopback',
    mac: ZERO_MAC,
    mtu: 65536,
    up: false,
    owner: 'kernel',
  })
  if (spec.id !== spec.host) inheritFromRoot(tx, spec.id, spec.host)
  return done
}

/** Tables whose rows live in a netns and go with it. */
const IN_NETNS = [
  'addr',
  'route',
  'rule',
  'neigh',
  'fdb',
  'sysctl',
  'nfChain',
  'nfCount',
  'nfSet',
  'recent',
  'hook',
  'conntrack',
  'pmtu',
  'socket',
  'app',
  'queuedSkb',
] as const

/** Takes a netns away with all that is in it; the other ends of its veths go too. */
export function netnsDel(tx: Tx, id: string): NetlinkResult {
  if (!tx.get('netns', id)) return refuse('ENOENT')
  for (const link of tx.by('link', 'netns', id)) if (link.kind !== 'loopback') linkDel(tx, link.id)
  for (const table of IN_NETNS) for (const row of tx.by(table, 'netns', id)) tx.delete(table, row.id)
  for (const link of tx.by('link', 'netns', id)) {
    tx.delete('linkStat', link.id)
    tx.delete('link', link.id)
  }
  tx.delete('netns', id)
  return done
}

/** Takes a machine away with its root netns and its pods' ones. */
export function hostDel(tx: Tx, id: string): NetlinkResult {
  if (!tx.get('host', id)) return refuse('ENOENT')
  for (const netns of tx.by('netns', 'host', id)) netnsDel(tx, netns.id)
  tx.delete('host', id)
  return done
}

/** The next interface number of a netns, taken. */
export function takeIfindex(tx: Tx, netns: NetnsRow): number {
  const row = tx.get('netns', netns.id) ?? netns
  tx.put('netns', { ...row, nextIfindex: row.nextIfindex + 1 })
  return row.nextIfindex
}
