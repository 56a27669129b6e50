import type { Ctx } from '../../core/context.ts'
import type { Mac } from '../../net/address.ts'
import type { FdbRow, LinkRow } from '../tables.ts'

/** Learned entries live for the ageing time after their MAC was last seen; nobody removes them, they are just not believed. */
export function fdbIsAged(ctx: Pick<Ctx, 'clock'>, row: FdbRow, ageingUs: number): boolean {
  return row.state === 'reachable' && ctx.clock.now - row.updatedUs > ageingUs
}

/** The entry of a bridge for a MAC, if it is known and fresh. */
export function fdbFind(ctx: Ctx, bridge: LinkRow, mac: Mac): FdbRow | undefined {
  const row = ctx.tx.oneBy('fdb', 'bridgeMac', `${bridge.id}|${mac}`)
  return row && !fdbIsAged(ctx, row, bridge.bridge?.ageingUs ?? 300_000_000) ? row : undefined
}

/** How stale `updatedUs` of a learned entry may get before a packet refreshes it: a second of 300, to spare writes. */
const REFRESH_US = 1_000_000

/** Learns that a MAC was seen on a port. Models net/bridge/br_fdb.c br_fdb_update(). */
export function fdbLearn(ctx: Ctx, bridge: LinkRow, port: LinkRow, mac: Mac): void {
  if (!port.port?.learning || mac === bridge.mac) return
  const known = ctx.tx.oneBy('fdb', 'bridgeMac', `${bridge.id}|${mac}`)
  if (known && (known.flags.includes('local') || known.state !== 'reachable')) return
  if (known && known.link === port.id && ctx.clock.now - known.updatedUs < REFRESH_US) return
  if (known && known.link !== port.id) ctx.tx.delete('fdb', known.id)
  ctx.tx.put('fdb', {
    id: `${port.id}|${mac}|${bridge.id}`,
    netns: bridge.netns,
    link: port.id,
    bridge: bridge.id,
    mac,
    state: 'reachable',
    flags: ['master'],
    updatedUs: ctx.clock.now,
    owner: 'kernel',
  })
}

/** Writes a learned entry of a device unless it is as fresh as it need be. */
export function fdbUpdate(ctx: Ctx, row: FdbRow): void {
  const known = ctx.tx.by('fdb', 'linkMac', `${row.link}|${row.mac}`)
  if (
    known.some(
      (old) => old.state !== 'reachable' || (old.dst === row.dst && ctx.clock.now - old.updatedUs < REFRESH_US),
    )
  )
    return
  for (const old of known) if (old.id !== row.id) ctx.tx.delete('fdb', old.id)
  ctx.tx.put('fdb', row)
}
