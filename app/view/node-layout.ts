import { STACK_ROW, type Box, type MetRule, type StackStage, type Tick, type Vertex, type Wire } from './boxes.ts'
import { centre, type Point, type Rect, tidyLine } from './geometry.ts'
import type { Metrics } from './metrics.ts'
import type { LinkModel, NodeModel, PodModel } from './model.ts'

/** What a node holds, already sorted into places. */
export interface NodeContent {
  readonly node: NodeModel
  /** Pods with a place of their own: slot -> pod, or all the pods of an owner as one counter. */
  readonly placed: readonly { readonly slot: number; readonly pods: readonly PodModel[]; readonly counter: boolean }[]
  readonly folded: readonly PodModel[]
  /** Somebody spread the system pods out: the tile folds them again. */
  readonly unfolded: boolean
  readonly hostPods: readonly PodModel[]
  readonly nodePorts: readonly number[]
  readonly rules: readonly MetRule[]
}

/** Room that all nodes of a row of the map share, so that their bridges and devices stand in line. */
export interface Room {
  readonly columns: number
  readonly podRows: number
  readonly fold: boolean
  readonly hostRows: number
  readonly bridges: number
}

export interface NodeLayout {
  readonly boxes: readonly Box[]
  readonly wires: readonly Wire[]
  readonly vertices: readonly Vertex[]
}

export function nodeWidth(columns: number, m: Metrics): number {
  return Math.max(m.nodeMin, 2 * m.pad + columns * (m.podW + m.gutter))
}

export function nodeHeight(room: Room, m: Metrics): number {
  return netnsTop(room, m) + netnsHeight(room, m) + m.pad
}

export function bridgesOf(node: NodeModel): readonly LinkModel[] {
  return node.links.filter((link) => link.kind === 'bridge')
}

function netnsTop(room: Room, m: Metrics): number {
  return m.header + (room.fold ? m.tile + 6 : 0) + room.podRows * (m.podH + m.rowGap) + 8
}

function netnsHeight(room: Room, m: Metrics): number {
  const top = 8
  const title = 20
  const hostPods = room.hostRows * (m.tile + 4)
  const stack = m.sockets + m.hooks + m.lists
  return top + hostPods + room.bridges * (m.bridge + m.gap) + stack + m.gap + m.device + title
}

/**
 * One node, top to bottom: header, folded system pods, pods in their slots, and the frame of the root netns with bridges, the
 * stack (sockets over hooks) and the devices at its foot. Pods stand outside of the frame: they have netns of their own.
 *
 *     [ header                     ]
 *     [ pod ] | [ pod ] |              veths of upper rows come down in the gutter behind their column
 *     [ root netns                 ]
 *     [   cni0 ==================  ]
 *     [   pre | route | fwd | post ]
 *     [   /flannel.1\     eth0     ]
 */
export function layoutNode(content: NodeContent, rect: Rect, room: Room, m: Metrics): NodeLayout {
  const { node } = content
  const out = { boxes: [] as Box[], wires: [] as Wire[], vertices: [] as Vertex[] }
  const inner = { x: rect.x + m.pad, w: rect.w - 2 * m.pad }
  const frame: Rect = { x: inner.x, y: rect.y + netnsTop(room, m), w: inner.w, h: netnsHeight(room, m) }
  out.boxes.push({
    kind: 'node',
    id: node.id,
    rect,
    node,
    netnsFrame: frame,
    notches: content.nodePorts,
    label: `node ${node.name}, ${node.address}, ${node.controlPlane ? 'control plane' : 'worker'}, ${node.ready ? 'ready' : 'not ready'}${content.nodePorts.length > 0 ? `, node ports ${content.nodePorts.join(', ')}` : ''}`,
  })
  out.vertices.push({ id: node.id, at: centre(rect), box: node.id })
  if (content.folded.length > 0 || content.unfolded)
    foldTile(content, { x: inner.x, y: rect.y + m.header, w: inner.w, h: m.tile }, out)

  const within = { x: frame.x + 6, w: frame.w - 12 }
  let y = frame.y + 8
  const bridges = bridgesOf(node)
  const bars = new Map<string, Rect>()
  bridges.forEach((bridge, i) => {
    bars.set(bridge.id, { x: within.x, y: y + i * (m.bridge + m.gap), w: within.w, h: m.bridge })
  })
  y += room.bridges * (m.bridge + m.gap)

  // Two and two, so that the bridge's way to the stack passes between them.
  content.hostPods.forEach((pod, i) => {
    const half = Math.floor((within.w - 6) / 2)
    const place = { x: within.x + (i % 2) * (half + 6), y: y + Math.floor(i / 2) * (m.tile + 4), w: half, h: m.tile }
    out.boxes.push({
      kind: 'hostPod',
      id: `pod:${pod.key}`,
      rect: place,
      pod,
      parent: node.id,
      label: `${podLabel(pod, node)}, in the host's network`,
    })
    out.vertices.push({ id: `pod:${pod.key}`, at: centre(place), box: `pod:${pod.key}` })
  })
  y += room.hostRows * (m.tile + 4)

  const stack = stackOf(content, { x: within.x, y, w: within.w, h: m.sockets + m.hooks + m.lists }, m, out)
  y += stack.rect.h + m.gap

  const ends = placePods(content, rect, room, m, out)
  bridges.forEach((bridge) => {
    const bar = bars.get(bridge.id) as Rect // set above for every bridge
    bridgeBar(node, bridge, bar, content, ends, out)
    joinStack(bridge.id, { x: bar.x + Math.round(bar.w / 2), y: bar.y + bar.h }, stack.rect.y, stack, out)
  })
  routedPods(content, ends, stack, out)
  devices(node, { x: within.x, y, w: within.w, h: m.device }, stack, m, out)
  return out
}

/** Distance of a packet's lane from the foot of a hook or a bar. */
const LANE = 5

interface Out {
  readonly boxes: Box[]
  readonly wires: Wire[]
  readonly vertices: Vertex[]
}

interface Stack {
  readonly rect: Rect
  readonly at: Readonly<Record<StackStage, Point>>
  readonly node: string
}

export function podLabel(pod: PodModel, node: { readonly name: string }): string {
  const state = pod.terminating ? ', terminating' : pod.ready ? '' : `, ${pod.reason || 'not ready'}`
  return `pod ${pod.name}, ${pod.ip || 'no address'}, on ${node.name}${state}`
}

function foldTile(content: NodeContent, rect: Rect, out: Out): void {
  const id = `fold:${content.node.id}`
  const spaces = [...new Set(content.folded.map((pod) => pod.namespace))].join(', ')
  const count = `${content.folded.length} system pod${content.folded.length === 1 ? '' : 's'}`
  const text = content.unfolded ? '▾ fold the system pods' : `▸ ${count}`
  const box = {
    kind: 'fold',
    id,
    rect,
    host: content.node.id,
    pods: content.folded,
    text,
    parent: content.node.id,
  } as const
  out.boxes.push({
    ...box,
    label: content.unfolded
      ? `fold the system pods of ${content.node.name}`
      : `${count} (${spaces}) on ${content.node.name}, folded`,
  })
  out.vertices.push({ id, at: centre(rect), box: id })
}

/** Pods in their slots. Returns, per host end of a veth, where its line comes down. */
function placePods(content: NodeContent, rect: Rect, room: Room, m: Metrics, out: Out): ReadonlyMap<string, Point[]> {
  const { node } = content
  const top = rect.y + m.header + (room.fold ? m.tile + 6 : 0)
  const bottom = top + room.podRows * (m.podH + m.rowGap)
  const lines = new Map<string, Point[]>()
  for (const { slot, pods, counter } of content.placed) {
    const [column, row] = [slot % room.columns, Math.floor(slot / room.columns)]
    const x = rect.x + m.pad + column * (m.podW + m.gutter)
    const place: Rect = { x, y: top + row * (m.podH + m.rowGap), w: m.podW, h: m.podH }
    const pod = pods[0]
    const id = counter ? `owner:${node.id}/${pod.namespace}/${pod.owner}` : `pod:${pod.key}`
    const socket = { x: place.x + Math.round(place.w / 2), y: place.y + place.h }
    const parent = node.id
    if (counter) {
      const label = `${pods.length} pods of ${pod.owner} on ${node.name}`
      out.boxes.push({ kind: 'counter', id, rect: place, owner: pod.owner, host: node.id, pods, parent, label })
    } else {
      out.boxes.push({ kind: 'pod', id, rect: place, pod, socket, parent, label: podLabel(pod, node) })
    }
    const below = room.podRows - 1 - row
    const laneX = below === 0 ? socket.x : place.x + place.w + 2 + ((row * 3) % (m.gutter - 3))
    const line =
      below === 0
        ? [socket, { x: socket.x, y: bottom }]
        : [socket, { x: socket.x, y: socket.y + 5 }, { x: laneX, y: socket.y + 5 }, { x: laneX, y: bottom }]
    for (const one of pods) {
      if (!one.netns) continue
      // Below what the pod listens on: the packet must not hide what it misses.
      const sock = { x: place.x + Math.round(place.w / 2), y: place.y + place.h - 12 }
      const mid = { x: sock.x, y: place.y + place.h - 5 }
      out.vertices.push({ id: `${one.netns}#socket`, at: sock, box: id })
      out.vertices.push({ id: `${one.netns}#stack`, at: mid, box: id })
      inside(`${one.netns}#socket`, `${one.netns}#stack`, [sock, mid], out)
      if (!one.eth0) continue
      out.vertices.push({ id: one.eth0, at: socket, box: id })
      inside(`${one.netns}#stack`, one.eth0, [mid, socket], out)
      if (one.hostEnd) lines.set(one.hostEnd, line)
    }
  }
  return lines
}

function inside(from: string, to: string, points: readonly Point[], out: Out): void {
  out.wires.push({ id: `${from}>${to}`, kind: 'inside', from, to, points, down: false })
}

/** The bar of a bridge with a tick for every port; each veth's host end is a vertex on its upper edge. */
function bridgeBar(
  node: NodeModel,
  bridge: LinkModel,
  bar: Rect,
  content: NodeContent,
  lines: ReadonlyMap<string, Point[]>,
  out: Out,
): void {
  const ticks: Tick[] = []
  const middle = { x: bar.x + Math.round(bar.w / 2), y: bar.y + bar.h - LANE }
  out.vertices.push({ id: bridge.id, at: middle, box: bridge.id })
  for (const port of node.links.filter((link) => link.master === bridge.id)) {
    const line = lines.get(port.id)
    if (!line) continue
    const end = { x: line[line.length - 1].x, y: bar.y }
    if (!ticks.some((tick) => tick.x === end.x - bar.x)) ticks.push({ x: end.x - bar.x, hairpin: port.hairpin })
    out.vertices.push({ id: port.id, at: end, box: bridge.id })
    const place = content.placed.find((p) => p.pods.some((one) => one.hostEnd === port.id))
    const pod = place?.pods.find((one) => one.hostEnd === port.id)
    if (!place || !pod?.eth0) continue
    // A counter's pods share one line: it is drawn once.
    const kind = pod === place.pods[0] ? 'veth' : 'inside'
    const points = tidyLine([...line, end])
    out.wires.push({ id: `veth:${port.id}`, kind, from: pod.eth0, to: port.id, points, down: !port.up })
    inside(port.id, bridge.id, [end, { x: end.x, y: middle.y }, middle], out)
  }
  const ports = node.links.filter((link) => link.master === bridge.id).length
  const label = `bridge ${bridge.name}, ${bridge.addresses.join(', ') || 'no address'}, ${ports} ports`
  out.boxes.push({ kind: 'bridge', id: bridge.id, rect: bar, link: bridge, ticks, ports, parent: node.id, label })
}

/** Veths that no bridge holds end on the stack itself (cali*, ptp). */
function routedPods(content: NodeContent, lines: ReadonlyMap<string, Point[]>, stack: Stack, out: Out): void {
  const byId = new Map(content.node.links.map((link) => [link.id, link]))
  for (const pod of content.placed.flatMap((p) => p.pods)) {
    const link = pod.hostEnd ? byId.get(pod.hostEnd) : undefined
    const line = link && lines.get(link.id)
    if (!link || link.master || !line || !pod.eth0) continue
    const end = { x: line[line.length - 1].x, y: stack.rect.y }
    out.vertices.push({ id: link.id, at: end, box: `stack:${stack.node}` })
    out.wires.push({
      id: `veth:${link.id}`,
      kind: 'veth',
      from: pod.eth0,
      to: link.id,
      points: tidyLine([...line, end]),
      down: !link.up,
    })
    joinStack(link.id, end, end.y, stack, out, { touching: true })
  }
}

/** The host's stack: sockets on top with input and output, then the row of hooks, then routes and neighbours. */
function stackOf(content: NodeContent, rect: Rect, m: Metrics, out: Out): Stack {
  const { node } = content
  const id = `stack:${node.id}`
  const cell = Math.floor(rect.w / STACK_ROW.length)
  const rowY = rect.y + m.sockets
  const half = Math.floor(rect.w / 2)
  const stages = Object.fromEntries(
    STACK_ROW.map((stage, i) => {
      const w = i === STACK_ROW.length - 1 ? rect.w - cell * i : cell
      return [stage, { x: rect.x + cell * i, y: rowY, w, h: m.hooks }]
    }),
  ) as Record<StackStage, Rect>
  stages.input = { x: rect.x, y: rect.y, w: half, h: m.sockets }
  stages.output = { x: rect.x + half, y: rect.y, w: rect.w - half, h: m.sockets }
  // Packets pass at the foot of each hook, under its name.
  const at = Object.fromEntries(
    Object.entries(stages).map(([stage, r]) => [stage, { x: centre(r).x, y: r.y + r.h - LANE }]),
  ) as Record<StackStage, Point>
  const lists = { x: rect.x, y: rowY + m.hooks, w: rect.w, h: m.lists }
  const sockets = { x: rect.x, y: rect.y, w: rect.w, h: m.sockets }
  const label = `network stack of ${node.name}: ${node.routes.length} routes, ${node.conntrack} conntrack entries`
  out.boxes.push({
    kind: 'stack',
    id,
    rect,
    node,
    sockets,
    stages,
    lists,
    rules: content.rules,
    parent: node.id,
    label,
  })
  for (const [stage, point] of Object.entries(at)) out.vertices.push({ id: `${node.id}#${stage}`, at: point, box: id })
  const socket = { x: rect.x + half, y: at.input.y }
  out.vertices.push({ id: `${node.id}#socket`, at: socket, box: id })
  const way = (from: StackStage, to: StackStage) => {
    const upright = to === 'input' ? at.input.x : at[from].x
    const bend = { x: upright, y: from === 'output' ? at[to].y : at[from].y }
    inside(`${node.id}#${from}`, `${node.id}#${to}`, tidyLine([at[from], bend, at[to]]), out)
  }
  way('prerouting', 'routing')
  way('routing', 'forward')
  way('forward', 'postrouting')
  way('routing', 'input')
  way('output', 'postrouting')
  way('output', 'routing')
  inside(`${node.id}#input`, `${node.id}#socket`, [at.input, socket], out)
  inside(`${node.id}#socket`, `${node.id}#output`, [socket, at.output], out)
  return { rect, at, node: node.id }
}

/** A device meets the stack at prerouting (in) and postrouting (out): along the row of hooks, then down or up to it. */
function joinStack(
  link: string,
  at: Point,
  edgeY: number,
  stack: Stack,
  out: Out,
  { touching = false, vertex = at }: { touching?: boolean; vertex?: Point } = {},
): void {
  if (!touching) {
    const points = [at, { x: at.x, y: edgeY }]
    out.wires.push({ id: `port:${link}`, kind: 'port', from: link, to: `${stack.node}#stack`, points, down: false })
  }
  for (const stage of ['prerouting', 'postrouting'] as const) {
    const hook = stack.at[stage]
    const way = [vertex, { x: at.x, y: vertex.y }, { x: at.x, y: hook.y }, hook]
    inside(link, `${stack.node}#${stage}`, tidyLine(way), out)
  }
}

/** Tunnels to the left, then everything else that has a cable or an address of its own, side by side. */
function devices(node: NodeModel, row: Rect, stack: Stack, m: Metrics, out: Out): void {
  const shown = node.links.filter(
    (link) => ['vxlan', 'ipip', 'tun', 'dummy', 'ether'].includes(link.kind) && !(link.kind === 'dummy' && !link.up),
  )
  const order = [...shown].sort((a, b) => Number(a.kind === 'ether') - Number(b.kind === 'ether'))
  const gap = m.gap
  const tunnels = order.filter((link) => link.kind !== 'ether').length
  const share = tunnels > 0 && tunnels < order.length ? 0.57 : 1
  const room = row.w - gap * (order.length - 1)
  const widthOf = (link: LinkModel) => {
    const part = link.kind === 'ether' ? (share === 1 ? 1 : 1 - share) / (order.length - tunnels) : share / tunnels
    return Math.min(m.podW + 90, Math.floor(room * part))
  }
  const uplink = order.find((link) => link.kind === 'ether')
  let x = row.x
  order.forEach((link, i) => {
    const last = link.kind === 'ether' && i === order.length - 1
    const w = widthOf(link)
    const rect = { x: last ? row.x + row.w - w : x, y: row.y, w, h: row.h }
    x += w + gap
    // Where lists stand above the devices, lines pass beside them.
    const riser =
      m.lists === 0
        ? rect.x + Math.round(w / 2)
        : last
          ? row.x + row.w - 8
          : i === 0
            ? row.x + 8
            : rect.x + Math.round(w / 2)
    const address = link.addresses.join(', ')
    const label = `${link.kind === 'vxlan' ? 'VXLAN device' : 'interface'} ${link.name} of ${node.name}, ${address || 'no address'}`
    out.boxes.push({
      kind: 'device',
      id: link.id,
      rect,
      link,
      parent: node.id,
      label: `${label}${link.up ? '' : ', down'}`,
    })
    const at = { x: centre(rect).x, y: m.lists === 0 && m.device < 40 ? centre(rect).y : rect.y + rect.h - 10 }
    out.vertices.push({ id: link.id, at, box: link.id })
    joinStack(link.id, { x: riser, y: rect.y }, stack.rect.y + stack.rect.h, stack, out, { vertex: at })
    if (link.kind === 'vxlan' && uplink) {
      inside(
        link.id,
        `${node.id}#output`,
        tidyLine([at, { x: riser, y: at.y }, { x: riser, y: stack.at.output.y }, stack.at.output]),
        out,
      )
    }
  })
}
