import type { Box, Dot, Topology, Vertex, Wire } from './boxes.ts'
import { around, centre, type Point, type Rect, tidyLine } from './geometry.ts'
import { CLUSTER, metricsAt } from './metrics.ts'
import type { ClusterModel, NodeModel, PodModel } from './model.ts'
import { nodesPerRow, standIns, type TopologyOptions } from './topology.ts'
import { layoutUnderlay } from './underlay.ts'
import { layoutTop } from './zones.ts'

/** Level 1: nodes as tiles with a dot per pod, system pods as rings behind the others; zones as at every level. */
export function clusterLevel(model: ClusterModel, options: TopologyOptions): Topology {
  const m = {
    ...metricsAt(2),
    gap: CLUSTER.gap,
    outside: { w: 140, h: CLUSTER.h },
    service: { w: 150, h: 44 },
    router: { w: 150, h: CLUSTER.h },
  }
  const side = model.nodes.length > 1 ? model.nodes.filter((node) => node.controlPlane) : []
  const grid = model.nodes.filter((node) => !side.includes(node))
  const perRow = nodesPerRow(grid.length)
  const gridX = side.length > 0 ? CLUSTER.w + CLUSTER.gap : 0
  const gridW = Math.min(perRow, Math.max(1, grid.length)) * (CLUSTER.w + CLUSTER.gap) - CLUSTER.gap
  const top = layoutTop(model, { x: gridX, w: gridW, sideW: side.length > 0 ? CLUSTER.w : 0 }, options, m)
  const boxes: Box[] = [...top.boxes]
  const vertices = new Map<string, Vertex>(top.vertices.map((vertex) => [vertex.id, vertex]))
  const podsOf = new Map<string, PodModel[]>()
  for (const pod of model.pods) {
    if (pod.hostNetwork) continue
    const list = podsOf.get(pod.host)
    if (list) list.push(pod)
    else podsOf.set(pod.host, [pod])
  }

  const insides: Wire[] = []
  const join = (from: string, to: string, points: readonly Point[]) =>
    insides.push({ id: `${from}>${to}`, kind: 'inside', from, to, points: tidyLine(points), down: false })
  const tile = (node: NodeModel, rect: Rect) => {
    const pods = [...(podsOf.get(node.id) ?? [])].sort(
      (a, b) => Number(a.system) - Number(b.system) || slotOf(options, a) - slotOf(options, b),
    )
    const dots = pods.map((pod, i): Dot => {
      const step = CLUSTER.dot + CLUSTER.dotGap
      const at = {
        x: rect.x + CLUSTER.pad + (i % CLUSTER.perRow) * step + CLUSTER.dot / 2,
        y: rect.y + CLUSTER.header + Math.floor(i / CLUSTER.perRow) * step + CLUSTER.dot / 2,
      }
      return { pod, at }
    })
    const ready = pods.filter((pod) => pod.ready).length
    const label = `node ${node.name}, ${node.address}, ${node.ready ? 'ready' : 'not ready'}, ${ready} of ${pods.length} pods ready`
    boxes.push({ kind: 'nodeTile', id: node.id, rect, node, dots, perRow: CLUSTER.perRow, label })
    // Packets stop at the foot of the tile, below its text and dots.
    const middle = { x: centre(rect).x, y: rect.y + rect.h - Math.round(CLUSTER.lane / 2) }
    vertices.set(node.id, { id: node.id, at: middle, box: node.id })
    for (const { pod, at } of dots) {
      if (!pod.netns) continue
      vertices.set(`${pod.netns}#stack`, { id: `${pod.netns}#stack`, at, box: node.id })
      join(`${pod.netns}#stack`, node.id, [at, middle])
    }
    const uplink = node.links.find((link) => link.kind === 'ether')
    if (uplink) {
      const foot = { x: rect.x + Math.round(rect.w / 2), y: rect.y + rect.h }
      vertices.set(uplink.id, { id: uplink.id, at: foot, box: node.id })
      join(uplink.id, node.id, [foot, middle])
    }
  }

  let y = top.bottom
  const rows = Math.max(1, Math.ceil(grid.length / perRow))
  const perSide = Math.max(1, Math.ceil(side.length / rows))
  for (let row = 0; row < rows; row++) {
    const members = grid.slice(row * perRow, (row + 1) * perRow)
    const beside = side.slice(row * perSide, (row + 1) * perSide)
    const dots = Math.max(
      1,
      ...[...members, ...beside].map((node) => Math.ceil((podsOf.get(node.id)?.length ?? 0) / CLUSTER.perRow)),
    )
    const h = CLUSTER.header + dots * (CLUSTER.dot + CLUSTER.dotGap) + CLUSTER.lane
    beside.forEach((node, i) => {
      tile(node, { x: 0, y: y + i * (h + CLUSTER.gap), w: CLUSTER.w, h })
    })
    members.forEach((node, i) => {
      tile(node, { x: gridX + i * (CLUSTER.w + CLUSTER.gap), y, w: CLUSTER.w, h })
    })
    y += Math.max(1, beside.length) * (h + CLUSTER.gap)
  }
  const underlay = layoutUnderlay(model, { boxes, x: 0, w: gridX + gridW, y: y + 4 }, m)
  boxes.push(...underlay.boxes)
  for (const vertex of underlay.vertices) vertices.set(vertex.id, vertex)
  const wires: Wire[] = [...underlay.wires, ...insides]
  return {
    level: 1,
    boxes,
    wires,
    vertices,
    pipe: null,
    bounds: around([
      ...boxes.map((box) => box.rect),
      ...wires.flatMap(({ points }) => points.map(({ x, y }) => ({ x, y, w: 1, h: 1 }))),
    ]) ?? { x: 0, y: 0, w: 1, h: 1 },
    ...standIns(model, boxes),
  }
}

function slotOf(options: TopologyOptions, pod: PodModel): number {
  return options.slots.get(pod.key)?.slot ?? 0
}
