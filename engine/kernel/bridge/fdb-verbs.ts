import type { Owned } from '../../core/cause.ts'
import type { Tx, WorldReader } from '../../core/world.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { nowOf } from '../ids.ts'
import { done, type NetlinkResult, refuse } from '../netlink-result.ts'
import type { FdbRow, LinkRow } from '../tables.ts'

/** An entry of a VXLAN device (`dst` is the far VTEP) or, without `dst`, of the bridge that the link is a port of. */
export interface FdbSpec extends Owned {
  /** Link id. */
  readonly link: string
  readonly mac: Mac
  readonly dst?: Ip
  readonly state?: 'permanent' | 'static'
}

/** `bridge fdb add`: fails if the MAC has an entry there. */
export function fdbAdd(tx: Tx, spec: FdbSpec): NetlinkResult {
  return write(tx, spec, (same) => (same.length > 0 ? 'EEXIST' : 'put'))
}

/** `bridge fdb append`: one more destination for the MAC (VXLAN only); fails if that very entry is there. */
export function fdbAppend(tx: Tx, spec: FdbSpec): NetlinkResult {
  return write(tx, spec, (same) => (same.some((row) => row.dst === spec.dst) ? 'EEXIST' : 'put'))
}

/** `bridge fdb replace`: the MAC's only entry. */
export function fdbReplace(tx: Tx, spec: FdbSpec): NetlinkResult {
  return write(tx, spec, () => 'replace')
}

export function fdbDel(tx: Tx, spec: Pick<FdbSpec, 'link' | 'mac' | 'dst'>): NetlinkResult {
  const link = tx.get('link', spec.link)
  if (!link) return refuse('ENODEV')
  const found = entriesOf(tx, link, spec.mac).find((row) => spec.dst === undefined || row.dst === spec.dst)
  if (!found) return refuse('ENOENT')
  tx.delete('fdb', found.id)
  return done
}

/** The row that a spec stands for; undefined if the link can hold none. */
export function fdbRow(world: WorldReader, spec: FdbSpec): FdbRow | undefined {
  const link = world.get('link', spec.link)
  if (!link || (link.kind !== 'vxlan' && !link.master)) return undefined
  const self = link.kind === 'vxlan' && (spec.dst !== undefined || !link.master)
  return {
    id: self ? `${link.id}|${spec.mac}|${spec.dst ?? ''}` : `${link.id}|${spec.mac}|${link.master}`,
    netns: link.netns,
    link: link.id,
    ...(self || !link.master ? {} : { bridge: link.master }),
    mac: spec.mac,
    ...(spec.dst ? { dst: spec.dst } : {}),
    state: spec.state ?? 'permanent',
    flags: [self ? 'self' : 'master'],
    updatedUs: nowOf(world),
    ...(spec.owner ? { owner: spec.owner } : {}),
    ...(spec.cause ? { cause: spec.cause } : {}),
  }
}

function write(
  tx: Tx,
  spec: FdbSpec,
  decide: (same: readonly FdbRow[]) => 'put' | 'replace' | 'EEXIST',
): NetlinkResult {
  const link = tx.get('link', spec.link)
  if (!link) return refuse('ENODEV')
  const row = fdbRow(tx, spec)
  if (!row) return refuse('EOPNOTSUPP')
  const same = entriesOf(tx, link, spec.mac)
  const decision = decide(same)
  if (decision === 'EEXIST') return refuse('EEXIST')
  const old = tx.get('fdb', row.id)
  if (decision === 'replace') for (const other of same) if (other.id !== row.id) tx.delete('fdb', other.id)
  if (
    !old ||
    old.state !== row.state ||
    old.owner !== row.owner ||
    JSON.stringify(old.cause) !== JSON.stringify(row.cause)
  )
    tx.put('fdb', row)
  return done
}

function entriesOf(world: WorldReader, link: LinkRow, mac: Mac): readonly FdbRow[] {
  if (link.kind === 'vxlan') return world.by('fdb', 'linkMac', `${link.id}|${mac}`)
  return link.master ? world.by('fdb', 'bridgeMac', `${link.master}|${mac}`) : []
}
