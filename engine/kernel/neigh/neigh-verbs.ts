import type { Owned } from '../../core/cause.ts'
import type { Tx } from '../../core/world.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { familyOf } from '../../net/ip.ts'
import { neighId, nowOf } from '../ids.ts'
import { done, type NetlinkResult, refuse } from '../netlink-result.ts'
import type { NeighRow, NeighState } from '../tables.ts'

export interface NeighSpec extends Owned {
  /** Link id. */
  readonly link: string
  readonly address: Ip
  readonly lladdr?: Mac
  /** PERMANENT unless said otherwise, as `ip neigh add` does. */
  readonly state?: NeighState
  /** Answer for this address on the link (`ip neigh add proxy`). */
  readonly proxy?: boolean
}

export function neighAdd(tx: Tx, spec: NeighSpec): NetlinkResult {
  if (!tx.get('link', spec.link)) return refuse('ENODEV')
  if (tx.get('neigh', neighRowId(spec))) return refuse('EEXIST')
  return neighReplace(tx, spec)
}

export function neighReplace(tx: Tx, spec: NeighSpec): NetlinkResult {
  const link = tx.get('link', spec.link)
  if (!link) return refuse('ENODEV')
  if (!spec.proxy && spec.lladdr === undefined && (spec.state ?? 'PERMANENT') === 'PERMANENT') return refuse('EINVAL')
  const row = neighRow(spec, link.netns, nowOf(tx))
  const old = tx.get('neigh', row.id)
  if (
    old &&
    old.lladdr === row.lladdr &&
    old.state === row.state &&
    old.owner === row.owner &&
    JSON.stringify(old.cause) === JSON.stringify(row.cause)
  )
    return done
  tx.put('neigh', row)
  return done
}

export function neighDel(tx: Tx, spec: Pick<NeighSpec, 'link' | 'address' | 'proxy'>): NetlinkResult {
  if (!tx.get('link', spec.link)) return refuse('ENODEV')
  const id = neighRowId(spec)
  if (!tx.get('neigh', id)) return refuse('ENOENT')
  tx.delete('neigh', id)
  return done
}

export function neighRow(spec: NeighSpec, netns: string, now: number): NeighRow {
  return {
    id: neighRowId(spec),
    netns,
    link: spec.link,
    family: familyOf(spec.address),
    address: spec.address,
    ...(spec.lladdr ? { lladdr: spec.lladdr } : {}),
    state: spec.state ?? 'PERMANENT',
    updatedUs: now,
    usedUs: -1,
    probes: 0,
    ...(spec.proxy ? { proxy: true } : {}),
    ...(spec.owner ? { owner: spec.owner } : {}),
    ...(spec.cause ? { cause: spec.cause } : {}),
  }
}

function neighRowId(spec: Pick<NeighSpec, 'link' | 'address' | 'proxy'>): string {
  return spec.proxy ? `${neighId(spec.link, spec.address)}|proxy` : neighId(spec.link, spec.address)
}
