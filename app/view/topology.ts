import type { Box, MetRule, Topology, Vertex, Wire } from './boxes.ts'
import { clusterLevel } from './cluster-level.ts'
import { contentsOf } from './contents.ts'
import { around, type Rect } from './geometry.ts'
import { metricsAt } from './metrics.ts'
import type { ClusterModel, NodeModel } from './model.ts'
import { bridgesOf, layoutNode, type NodeContent, nodeHeight, nodeWidth, type Room } from './node-layout.ts'
import type { Slots } from './slots.ts'
import { layoutUnderlay } from './underlay.ts'
import type { Level } from './zoom.ts'
import { layoutTop } from './zones.ts'

export interface TopologyOptions {
  readonly slots: Slots
  /** Keys of system pods that are shown all the same: selected, or on the packet's path. */
  readonly shown: ReadonlySet<string>
  /** Object ids of system Services that are shown all the same. */
  readonly shownServices: ReadonlySet<string>
  /** Hosts whose folded pods are spread out. */
  readonly unfolded: ReadonlySet<string>
  /** Rules that the walk met, by host (level 4). */
  readonly rules?: ReadonlyMap<string, readonly MetRule[]>
}

/** More boxes than this and pods become counters per owner and node. */
const MOST_BOXES = 300

/**
 * The map: a pure function of the cluster, the level and what is unfolded, in integers.
 *
 *     outside world            clients, internet
 *     Services                 ghosts: addresses that no interface has
 *     control | node node node
 *     plane   | node node node     in name order, wrapping by 3
 *     =========================    tunnel (hatched pipe)
 *     underlay                 switch, router
 */
export function topology(model: ClusterModel, level: Level, options: TopologyOptions): Topology {
  if (level === 1) return clusterLevel(model, options)
  const m = metricsAt(level)
  const boxes: Box[] = []
  const wires: Wire[] = []
  const vertices = new Map<string, Vertex>()
  const many = model.pods.length + model.nodes.length * 4 > MOST_BOXES
  const contents = contentsOf(model, options, many)

  const side = model.nodes.length > 1 ? model.nodes.filter((node) => node.controlPlane) : []
  const grid = model.nodes.filter((node) => !side.includes(node))
  const perRow = nodesPerRow(grid.length)
  const columns = Math.max(m.leastColumns, podColumns(grid, contents))
  const w = nodeWidth(columns, m)
  const sideColumns = podColumns(side, contents, 1)
  const sideW = side.length > 0 ? nodeWidth(sideColumns, m) : 0
  const gridX = side.length > 0 ? sideW + m.lane : 0
  const gridW = Math.min(perRow, Math.max(1, grid.length)) * (w + m.lane) - m.lane

  const top = layoutTop(model, { x: gridX, w: gridW, sideW }, options, m)
  boxes.push(...top.boxes)
  for (const vertex of top.vertices) vertices.set(vertex.id, vertex)

  let y = top.bottom
  const rows = Math.max(1, Math.ceil(grid.length / perRow))
  const sideRows = chunk(side, Math.max(1, Math.ceil(side.length / rows)))
  for (let row = 0; row < Math.max(rows, sideRows.length); row++) {
    const members = grid.slice(row * perRow, (row + 1) * perRow)
    const beside = sideRows[row] ?? []
    const room = shared(roomFor(members, contents, columns), roomFor(beside, contents, sideColumns))
    const height = nodeHeight(room, m)
    const place = (node: NodeModel, rect: Rect, podColumns: number) => {
      const content = contents.get(node.id)
      if (!content) return
      const laid = layoutNode(content, rect, { ...room, columns: podColumns }, m)
      boxes.push(...laid.boxes)
      wires.push(...laid.wires)
      for (const vertex of laid.vertices) vertices.set(vertex.id, vertex)
    }
    beside.forEach((node, i) => {
      place(node, { x: 0, y: y + i * (height + m.gap), w: sideW, h: height }, sideColumns)
    })
    members.forEach((node, i) => {
      place(node, { x: gridX + i * (w + m.lane), y, w, h: height }, columns)
    })
    y += Math.max(1, beside.length) * (height + m.gap) + 8
  }

  const underlay = layoutUnderlay(model, { boxes, x: 0, w: gridX + gridW, y }, m)
  boxes.push(...underlay.boxes)
  wires.push(...underlay.wires)
  for (const vertex of underlay.vertices) vertices.set(vertex.id, vertex)

  return {
    level,
    boxes,
    wires,
    vertices,
    pipe: underlay.pipe,
    bounds: around([
      ...boxes.map((box) => box.rect),
      ...wires.flatMap(({ points }) => points.map(({ x, y }) => ({ x, y, w: 1, h: 1 }))),
    ]) ?? {
      x: 0,
      y: 0,
      w: 1,
      h: 1,
    },
    ...standIns(model, boxes),
  }
}

/** Which box stands for a netns or a pod: itself, the fold, the counter, its node. */
export function standIns(model: ClusterModel, boxes: readonly Box[]): Pick<Topology, 'netnsBox' | 'podBox'> {
  const netnsBox = new Map<string, string>()
  const podBox = new Map<string, string>()
  for (const box of boxes) {
    if (box.kind === 'pod' || box.kind === 'hostPod') podBox.set(box.pod.key, box.id)
    if (box.kind === 'fold' || box.kind === 'counter' || box.kind === 'pending') {
      for (const pod of box.pods) podBox.set(pod.key, box.id)
    }
    if (box.kind === 'nodeTile') for (const { pod } of box.dots) podBox.set(pod.key, box.id)
    if ('host' in box && typeof box.host !== 'string') netnsBox.set(box.host.id, box.id)
    if (box.kind === 'node' || box.kind === 'nodeTile') netnsBox.set(box.node.id, box.id)
  }
  for (const pod of model.pods) {
    const box = podBox.get(pod.key) ?? netnsBox.get(pod.host)
    if (pod.netns && box) netnsBox.set(pod.netns, box)
  }
  return { netnsBox, podBox }
}

/** Three to a row as far as one can look at them; large clusters get wider so that the map stays roughly square. */
export function nodesPerRow(count: number): number {
  return count <= 12 ? 3 : count <= 48 ? 6 : count <= 200 ? 12 : 24
}

/** Columns of pods in a node, by steps: the columns change only when the fullest node outgrows a step. */
function podColumns(nodes: readonly NodeModel[], contents: ReadonlyMap<string, NodeContent>, least = 2): number {
  const most = Math.max(0, ...nodes.map((node) => highestSlot(contents.get(node.id)) + 1))
  return most <= 4 * least ? least : most <= 16 * least ? 2 * least : 3 * least
}

function highestSlot(content: NodeContent | undefined): number {
  return Math.max(-1, ...(content?.placed ?? []).map(({ slot }) => slot))
}

function roomFor(nodes: readonly NodeModel[], contents: ReadonlyMap<string, NodeContent>, columns: number): Room {
  const all = nodes.map((node) => contents.get(node.id)).filter((content) => content !== undefined)
  return {
    columns,
    podRows: Math.max(1, ...all.map((content) => Math.floor(highestSlot(content) / columns) + 1)),
    fold: all.some((content) => content.folded.length > 0 || content.unfolded),
    hostRows: Math.max(0, ...all.map((content) => Math.ceil(content.hostPods.length / 2))),
    bridges: Math.max(1, ...nodes.map((node) => bridgesOf(node).length)),
  }
}

/** Nodes of a row and of the column beside it have the same parts, so that their bars stand in line. */
function shared(a: Room, b: Room): Room {
  return {
    columns: a.columns,
    podRows: Math.max(a.podRows, b.podRows),
    fold: a.fold || b.fold,
    hostRows: Math.max(a.hostRows, b.hostRows),
    bridges: Math.max(a.bridges, b.bridges),
  }
}

function chunk<T>(list: readonly T[], size: number): T[][] {
  const out: T[][] = []
  for (let i = 0; i < list.length; i += size) out.push(list.slice(i, i + size))
  return out
}
