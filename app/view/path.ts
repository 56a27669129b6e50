import type { StepView } from '../../engine/index.ts'
import type { StackStage, Topology, Wire } from './boxes.ts'
import { centre, type Point, tidyLine } from './geometry.ts'

/** Where a packet is at one step, and the box to light up. */
export interface Anchor {
  readonly vertex: string
  readonly at: Point
  readonly box: string
}

const AT_DEVICE = new Set(['xmit', 'receive', 'tc-egress', 'tc-ingress', 'xdp', 'bridge', 'wire', 'encap', 'decap'])
const HOOKS = new Set(['prerouting', 'input', 'forward', 'output', 'postrouting', 'routing'])

/** Where a step is drawn. Never fails: an unknown device is its netns, an unknown netns its host, an unknown host the middle. */
export function anchorOf(step: StepView, map: Topology, before?: Anchor): Anchor {
  for (const id of candidates(step, before)) {
    const vertex = map.vertices.get(id)
    if (vertex) return { vertex: id, at: vertex.at, box: vertex.box }
  }
  const boxId = map.netnsBox.get(step.netns) ?? map.netnsBox.get(step.host)
  const box = map.boxes.find(({ id }) => id === boxId)
  return { vertex: '', at: centre(box?.rect ?? map.bounds), box: box?.id ?? '' }
}

/** Vertices that would do for a step, the best first. */
function candidates(step: StepView, before: Anchor | undefined): string[] {
  const { netns, host, dev, stage } = step
  const link = dev ? `${netns}|${dev}` : undefined
  const pod = netns !== host
  const ids: string[] = []
  if (link && AT_DEVICE.has(stage)) ids.push(link)
  if (stage === 'socket' || stage === 'cgroup' || stage === 'deliver') {
    if (step.pod) ids.push(`pod:${step.pod}`)
    ids.push(`${netns}#socket`)
  }
  if (HOOKS.has(stage)) ids.push(`${netns}#${stage as StackStage}`)
  if (stage === 'nat') ids.push(`${netns}#${natHook(step, before)}`)
  // Connection tracking happens at the hook that the packet is in; ARP is asked on a device.
  if (before && stage === 'conntrack' && before.vertex.startsWith(`${netns}#`)) ids.push(before.vertex)
  if (link) ids.push(link)
  if (pod) ids.push(`${netns}#stack`)
  else if (stage === 'conntrack' || stage === 'icmp' || stage === 'neighbour') ids.push(`${host}#routing`)
  ids.push(netns)
  if (!pod) ids.push(host)
  return ids
}

/** Destinations are rewritten before routing (for what a host sends itself: at output), sources after it. */
export function natHook(step: StepView, before?: Anchor): StackStage {
  const keys = Object.keys(step.after ?? {})
  const destination = keys.some((key) => key === 'ip.dst' || key.endsWith('.dport') || key.startsWith('quoted.'))
  if (!destination) return 'postrouting'
  return before && /#(output|socket)$/.test(before.vertex) ? 'output' : 'prerouting'
}

/** Anchors of a walk, in order. */
export function anchorsOf(steps: readonly StepView[], map: Topology): Anchor[] {
  const anchors: Anchor[] = []
  const last = new Map<string, Anchor>()
  for (const step of steps) {
    const anchor = anchorOf(step, map, last.get(walkOf(step)))
    last.set(walkOf(step), anchor)
    anchors.push(anchor)
  }
  return anchors
}

/** Steps of one packet's branch belong together: an ARP question walks beside the packet that waits for it. */
export function walkOf(step: Pick<StepView, 'packet' | 'branch'>): string {
  return `${step.packet}\n${step.branch}`
}

/** Lines of a topology as a graph, for the ways between anchors. */
export interface Ways {
  readonly next: ReadonlyMap<string, readonly { readonly to: string; readonly points: readonly Point[] }[]>
}

export function waysOf(map: Topology): Ways {
  const next = new Map<string, { to: string; points: readonly Point[] }[]>()
  const add = (from: string, to: string, points: readonly Point[]) => {
    const list = next.get(from)
    if (list) list.push({ to, points })
    else next.set(from, [{ to, points }])
  }
  for (const wire of map.wires) {
    if (!map.vertices.has(wire.from) || !map.vertices.has(wire.to)) continue
    add(wire.from, wire.to, wire.points)
    add(wire.to, wire.from, [...wire.points].reverse())
  }
  return { next }
}

const LONGEST_WAY = 14

/** The line along which a packet glides from one anchor to the next: along wires by the fewest of them, else straight. */
export function wayBetween(from: Anchor, to: Anchor, map: Topology, ways: Ways): Point[] {
  if (from.vertex === to.vertex) return tidyLine([from.at, to.at])
  const cameBy = new Map<string, { from: string; points: readonly Point[] }>([[from.vertex, { from: '', points: [] }]])
  let front = [from.vertex]
  for (let depth = 0; depth < LONGEST_WAY && front.length > 0 && !cameBy.has(to.vertex); depth++) {
    const beyond: string[] = []
    for (const here of front) {
      for (const { to: there, points } of ways.next.get(here) ?? []) {
        if (cameBy.has(there)) continue
        cameBy.set(there, { from: here, points })
        beyond.push(there)
      }
    }
    front = beyond
  }
  if (!cameBy.has(to.vertex)) return tidyLine([from.at, to.at])
  const pieces: Point[][] = []
  for (let at = to.vertex; at !== from.vertex; ) {
    const piece = cameBy.get(at)
    if (!piece) break
    pieces.unshift([...piece.points, map.vertices.get(at)?.at ?? to.at])
    at = piece.from
  }
  return tidyLine([from.at, ...pieces.flat()])
}

/** Wires that a line on the map draws; `inside` ones are ways of the packet alone. */
export function drawn(wire: Wire): boolean {
  return wire.kind !== 'inside' && wire.kind !== 'stack'
}
