import type { Ctx } from '../../core/context.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { BROADCAST_MAC, groupMac } from '../../net/mac.ts'
import type { Frame } from '../../net/packet.ts'
import { resumeBridged } from '../bridge/netfilter.ts'
import { driverOf } from '../dev/registry.ts'
import { countTx } from '../dev/stats.ts'
import { devXmit } from '../dev/xmit.ts'
import { fibLookup } from '../fib/lookup.ts'
import { neighId, refTo } from '../ids.ts'
import { icmpSend } from '../path/icmp-send.ts'
import type { Skb } from '../path/skb.ts'
import type { LinkRow, NeighRow, NeighState, QueuedSkbRow } from '../tables.ts'
import { lose, report } from '../trace/emit.ts'
import { solicit } from './solicit.ts'

/**
 * From the next hop's address to its MAC.
 *
 *     none, FAILED --packet--> INCOMPLETE --3 unanswered, 1 s apart--> FAILED: ICMP host unreachable for all that wait
 *     INCOMPLETE --answer--> REACHABLE --30 s--> STALE --packet--> DELAY --5 s--> PROBE --3 unanswered--> FAILED
 *     PERMANENT: never asked
 *
 * Models net/core/neighbour.c. Simplified: a reachable entry stays so for exactly 30 s, where Linux draws 15 to 45 s;
 * the queue of waiting packets has no limit.
 */
const REACHABLE_US = 30_000_000
const DELAY_US = 5_000_000
const RETRANS_US = 1_000_000
const PROBES = 3

/** Sends a packet to its next hop on a link, asking for its MAC if need be. Models ip_finish_output2(). */
export function neighOutput(
  ctx: Ctx,
  link: LinkRow,
  next: Ip,
  kind: 'unicast' | 'broadcast' | 'multicast',
  skb: Skb,
): void {
  if (!skb.ip) return
  if (driverOf(link.kind).noArp) {
    const frame: Frame = { src: link.mac, dst: link.mac, etherType: skb.ip.family, body: skb.ip }
    return devXmit(ctx, link.id, link.kind === 'loopback' ? { ...skb, frame } : skb)
  }
  if (kind === 'broadcast') return transmit(ctx, link, BROADCAST_MAC, skb)
  if (kind === 'multicast') return transmit(ctx, link, groupMac(skb.ip.dst), skb)
  neighUse(ctx, link, next, skb)
}

/** Models neigh_resolve_output(). */
export function neighUse(ctx: Ctx, link: LinkRow, next: Ip, skb: Skb): void {
  const id = neighId(link.id, next)
  const row = ctx.tx.get('neigh', id)
  const state = row ? stateOf(ctx, row) : 'FAILED'
  if (row?.lladdr && state !== 'FAILED' && state !== 'INCOMPLETE') {
    const used = touch(ctx, row, state)
    report(ctx, skb, {
      stage: 'neighbour',
      action: 'resolved',
      dev: link.id,
      detail: `the next hop ${next} has MAC address ${row.lladdr} (${used.state})`,
      decidedBy: refTo('neigh', used),
    })
    return transmit(ctx, link, row.lladdr, skb)
  }
  const waiting: NeighRow = row && state === 'INCOMPLETE' ? row : fresh(ctx, link, next)
  report(ctx, skb, {
    stage: 'neighbour',
    action: 'queued',
    dev: link.id,
    detail: `the MAC address of ${next} is not known: the packet waits while it is asked for`,
    decidedBy: refTo('neigh', waiting),
  })
  park(ctx, link, id, skb)
  if (waiting === row) return
  ctx.tx.put('neigh', waiting)
  ctx.clock.after(RETRANS_US, 'neigh-timer', { neigh: id }, { id: `neigh-timer/${id}` })
  solicit(ctx, link, next, skb, { n: 1 })
}

/** The state by the clock: nobody writes down that an entry became stale. */
export function stateOf(ctx: Pick<Ctx, 'clock'>, row: NeighRow): NeighState {
  return row.state === 'REACHABLE' && ctx.clock.now - row.updatedUs > REACHABLE_US ? 'STALE' : row.state
}

/** NUD_CONNECTED: usable without a second thought. */
export function isConnected(ctx: Pick<Ctx, 'clock'>, row: NeighRow): boolean {
  const state = stateOf(ctx, row)
  return state === 'REACHABLE' || state === 'PERMANENT' || state === 'NOARP'
}

/** Event `neigh-timer`: nobody answered yet, or an entry in DELAY was not confirmed. Models neigh_timer_handler(). */
export function onNeighTimer(ctx: Ctx, { neigh: id }: { readonly neigh: string }): void {
  const row = ctx.tx.get('neigh', id)
  const link = row && ctx.tx.get('link', row.link)
  if (!row || !link) return abandon(ctx, id)
  if (row.lladdr && (row.state === 'PERMANENT' || row.state === 'REACHABLE')) return flushQueue(ctx, link, row)
  if (row.state === 'DELAY') {
    ctx.tx.put('neigh', { ...row, state: 'PROBE', probes: 1 })
    askAgain(ctx, link, row, 1, row.lladdr)
  } else if (row.state === 'PROBE' || row.state === 'INCOMPLETE') {
    if (row.probes >= PROBES) return failed(ctx, link, row)
    ctx.tx.put('neigh', { ...row, probes: row.probes + 1 })
    askAgain(ctx, link, row, row.probes + 1, row.state === 'PROBE' ? row.lladdr : undefined)
  }
}

export interface NeighNews {
  readonly lladdr: Mac
  readonly state: 'REACHABLE' | 'STALE'
  /** May a known MAC be replaced? */
  readonly override: boolean
  /** Make an entry if there is none. */
  readonly create: boolean
}

/** What ARP or neighbour discovery just said; `flushQueue` then sends what waited. Models neigh_update(). Returns the row as it is then. */
export function neighUpdate(ctx: Ctx, link: LinkRow, address: Ip, news: NeighNews): NeighRow | undefined {
  const id = neighId(link.id, address)
  const row = ctx.tx.get('neigh', id)
  if (!row && !news.create) return undefined
  if (row?.state === 'PERMANENT' || row?.state === 'NOARP') return row
  const known = row?.lladdr !== undefined && row.state !== 'FAILED' && row.state !== 'INCOMPLETE'
  if (known && row.lladdr !== news.lladdr && !news.override) return row
  const same = known && row.lladdr === news.lladdr
  if (same && news.state === 'STALE') return row // no news: a reachable entry stays reachable
  const now = ctx.clock.now
  const next: NeighRow = {
    ...(row ?? fresh(ctx, link, address)),
    lladdr: news.lladdr,
    state: news.state,
    updatedUs: now,
    probes: 0,
  }
  ctx.tx.put('neigh', next)
  if (row && (row.state === 'INCOMPLETE' || row.state === 'DELAY' || row.state === 'PROBE'))
    ctx.clock.cancel(`neigh-timer/${id}`)
  return next
}

/** Shows a frame on a device and counts it, without giving it to the driver. */
export function devXmitOnto(ctx: Ctx, link: LinkRow, skb: Skb): void {
  if (skb.frame) countTx(ctx.tx, link, skb)
  report(
    ctx,
    { ...skb, oif: link.id },
    {
      stage: 'xmit',
      action: 'sent',
      detail: `the neighbour layer hands it to ${link.name}, which takes it back into the bridge`,
    },
  )
}

/** TCP heard from the far end: the way there works, and its next hop need not be asked. Models dst_confirm(). */
export function neighConfirm(ctx: Ctx, netns: string, remote: Ip): void {
  const found = fibLookup(ctx.tx, { netns, dst: remote })
  if (found.kind !== 'route') return
  const row = ctx.tx.get('neigh', neighId(found.hop.dev, found.hop.via ?? remote))
  if (row?.state !== 'DELAY' && row?.state !== 'PROBE') return
  ctx.tx.put('neigh', { ...row, state: 'REACHABLE', updatedUs: ctx.clock.now, probes: 0 })
  ctx.clock.cancel(`neigh-timer/${row.id}`)
}

/** Something was sent to a neighbour past the queue: an answer to its question. */
export function neighTouch(ctx: Ctx, row: NeighRow): void {
  if (row.lladdr) touch(ctx, row, stateOf(ctx, row))
}

/** A STALE entry is used as it is and checked five seconds later. Models neigh_event_send(). */
function touch(ctx: Ctx, row: NeighRow, state: NeighState): NeighRow {
  if (state === 'STALE') {
    const next: NeighRow = { ...row, state: 'DELAY', usedUs: ctx.clock.now, updatedUs: ctx.clock.now }
    ctx.tx.put('neigh', next)
    ctx.clock.after(DELAY_US, 'neigh-timer', { neigh: row.id }, { id: `neigh-timer/${row.id}`, background: true })
    return next
  }
  if (row.usedUs >= 0) return row
  const next: NeighRow = { ...row, usedUs: ctx.clock.now }
  ctx.tx.put('neigh', next)
  return next
}

function transmit(ctx: Ctx, link: LinkRow, dst: Mac, skb: Skb): void {
  if (!skb.ip) return
  if (skb.bridged) return resumeBridged(ctx, link, skb, dst)
  devXmit(ctx, link.id, { ...skb, frame: { src: link.mac, dst, etherType: skb.ip.family, body: skb.ip } })
}

function fresh(ctx: Ctx, link: LinkRow, address: Ip): NeighRow {
  const family = address.includes(':') ? 'ipv6' : 'ipv4'
  return {
    id: neighId(link.id, address),
    netns: link.netns,
    link: link.id,
    family,
    address,
    state: 'INCOMPLETE',
    updatedUs: ctx.clock.now,
    usedUs: -1,
    probes: 1,
    owner: 'kernel',
  }
}

function park(ctx: Ctx, link: LinkRow, key: string, skb: Skb): void {
  ctx.tx.put('queuedSkb', {
    id: `${key}|${skb.packet}|${skb.branch}`,
    netns: link.netns,
    link: link.id,
    reason: 'neigh',
    key,
    skb,
    sinceUs: ctx.clock.now,
  })
}

function takeQueue(ctx: Ctx, key: string): Skb[] {
  const rows: readonly QueuedSkbRow[] = ctx.tx.by('queuedSkb', 'key', key)
  for (const row of rows) ctx.tx.delete('queuedSkb', row.id)
  return rows.map((row) => row.skb as Skb) // parked above
}

/** Sends what waited for a neighbour that is known now. */
export function flushQueue(ctx: Ctx, link: LinkRow, row: NeighRow): void {
  const { lladdr } = row
  if (!lladdr) return
  const waiting = takeQueue(ctx, row.id)
  if (waiting.length === 0) return
  ctx.tx.put('neigh', { ...row, usedUs: ctx.clock.now })
  for (const skb of waiting) {
    report(ctx, skb, {
      stage: 'neighbour',
      action: 'resolved',
      dev: link.id,
      detail: `${row.address} is at ${lladdr}: the packet that waited goes on`,
      decidedBy: refTo('neigh', row),
    })
    transmit(ctx, link, lladdr, skb)
  }
}

function askAgain(ctx: Ctx, link: LinkRow, row: NeighRow, n: number, unicast: Mac | undefined): void {
  const first = ctx.tx.by('queuedSkb', 'key', row.id)[0]
  const cause = first ? (first.skb as Skb) : undefined // parked above
  ctx.clock.after(
    RETRANS_US,
    'neigh-timer',
    { neigh: row.id },
    { id: `neigh-timer/${row.id}`, ...(unicast ? { background: true } : {}) },
  )
  solicit(ctx, link, row.address, cause, { n, ...(unicast ? { unicast } : {}) })
}

/** Nobody answered: everything that waited is lost, and its senders are told. Models arp_error_report(), ipv4_link_failure(). */
function failed(ctx: Ctx, link: LinkRow, row: NeighRow): void {
  const { lladdr: _, ...rest } = row
  const dead: NeighRow = { ...rest, state: 'FAILED', updatedUs: ctx.clock.now }
  ctx.tx.put('neigh', dead)
  for (const skb of takeQueue(ctx, row.id)) {
    lose(ctx, skb, 'neigh.unresolved', {
      stage: 'neighbour',
      dev: link.id,
      detail: `nobody on ${link.name} answered for ${row.address} in ${PROBES} s`,
      decidedBy: refTo('neigh', dead),
    })
    icmpSend(ctx, skb, { type: 'unreachable', code: 'host' })
  }
}

/** The entry or its link went away while packets waited. */
function abandon(ctx: Ctx, key: string): void {
  for (const skb of takeQueue(ctx, key))
    lose(ctx, skb, 'neigh.unresolved', {
      stage: 'neighbour',
      detail: 'the neighbour entry was removed while the packet waited',
    })
}
