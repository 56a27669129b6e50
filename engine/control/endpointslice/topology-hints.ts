import type { KubeObject, ObjectRow } from '../../api/types.ts'
import { milliCpu } from '../quantity.ts'
import type { Endpoint } from './endpoint.ts'
import type { Group } from './slices.ts'

/** How much more than its share of the traffic an endpoint may get, so that traffic stays in its zone. */
const OVERLOAD = 0.2

const MODES = ['service.kubernetes.io/topology-aware-hints', 'service.kubernetes.io/topology-mode']

/** `service.kubernetes.io/topology-mode: Auto`, or the older annotation, which comes first. */
export function wantsTopologyHints({ metadata }: KubeObject): boolean {
  const mode = MODES.map((name) => metadata.annotations?.[name]).find((value) => value !== undefined)
  return mode === 'Auto' || mode === 'auto'
}

/**
 * Hints by each zone's share of the CPU of all nodes: every endpoint starts with its own zone, and zones with too many give
 * to those with too few. No hints at all where some endpoint would be overloaded, or where too little is known.
 * Models staging endpointslice/topologycache AddHints().
 * Simplified: worked out anew each time, where upstream keeps what is good enough, so that history does not matter.
 */
export function withTopologyHints(groups: readonly Group[], nodes: readonly ObjectRow[]): readonly Group[] {
  const ready = groups.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions.ready)
  const shares = cpuShares(nodes)
  const wanted = shares && endpointsPerZone(shares, ready.length)
  if (!wanted || ready.some(({ zone }) => !zone)) return groups
  const zoneOf = new Map(ready.map((endpoint) => [endpoint, endpoint.zone ?? '']))
  const { giving, receiving } = exchange(wanted, count([...zoneOf.values()]))
  for (const [endpoint, zone] of zoneOf) {
    const [to] = [...receiving].find(([, left]) => left > 0) ?? []
    const left = giving.get(zone) ?? 0
    if (to === undefined || left === 0) continue
    zoneOf.set(endpoint, to)
    giving.set(zone, left - 1)
    receiving.set(to, (receiving.get(to) ?? 0) - 1)
  }
  const hinted = (endpoint: Endpoint): Endpoint => {
    const name = zoneOf.get(endpoint)
    return name ? { ...endpoint, hints: { forZones: [{ name }] } } : endpoint
  }
  return groups.map((group) => ({ ...group, endpoints: group.endpoints.map(hinted) }))
}

/** What of a Node the shares depend on. */
export function topologyFacts({ object }: ObjectRow): string {
  const { labels = {} } = object.metadata
  const conditions: readonly { type: string; status: string }[] = object.status?.conditions ?? []
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  const counts = isReady && !CONTROL_PLANE.some((label) => label in labels)
  return counts ? `${labels['topology.kubernetes.io/zone'] ?? ''} ${object.status?.allocatable?.cpu ?? 0}` : ''
}

const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

/** Each zone's part of the CPU of all ready workers; undefined if one of them says too little, or there is one zone only. */
function cpuShares(nodes: readonly ObjectRow[]): ReadonlyMap<string, number> | undefined {
  const byZone = new Map<string, number>()
  for (const facts of nodes.map(topologyFacts)) {
    if (facts === '') continue
    const [zone, cpu] = facts.split(' ')
    const milli = milliCpu(cpu)
    if (!zone || milli === 0) return undefined
    byZone.set(zone, (byZone.get(zone) ?? 0) + milli)
  }
  if (byZone.size < 2) return undefined
  const total = [...byZone.values()].reduce((sum, each) => sum + each, 0)
  return new Map([...byZone].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, milli]) => [zone, milli / total]))
}

/** How many endpoints each zone would like; undefined if they cannot be had without overloading one. */
function endpointsPerZone(shares: ReadonlyMap<string, number>, total: number): ReadonlyMap<string, number> | undefined {
  if (shares.size > total) return undefined
  let left = total
  const wanted = new Map<string, number>()
  for (const [zone, share] of shares) {
    const least = Math.ceil((share * total) / (1 + OVERLOAD))
    wanted.set(zone, Math.max(share * total, least))
    left -= least
  }
  return left < 0 ? undefined : wanted
}

/** Whole endpoints that zones give to others; halves are not worth the way. */
function exchange(wanted: ReadonlyMap<string, number>, have: ReadonlyMap<string, number>) {
  const surplus = new Map([...wanted].map(([zone, want]) => [zone, (have.get(zone) ?? 0) - want]))
  const giving = new Map<string, number>()
  const receiving = new Map<string, number>()
  for (;;) {
    const sorted = [...surplus].sort(([, a], [, b]) => b - a)
    const [from, most] = sorted[0]
    const [to, least] = sorted[sorted.length - 1]
    if (most < 0.5 || least > -0.5 || (most < 1 && least > -1)) return { giving, receiving }
    giving.set(from, (giving.get(from) ?? 0) + 1)
    receiving.set(to, (receiving.get(to) ?? 0) + 1)
    surplus.set(from, most - 1)
    surplus.set(to, least + 1)
  }
}

function count(zones: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const zone of zones) counts.set(zone, (counts.get(zone) ?? 0) + 1)
  return counts
}
