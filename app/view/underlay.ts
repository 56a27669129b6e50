import type { Box, Vertex, Wire } from './boxes.ts'
import { centre, type Point, type Rect, tidyLine } from './geometry.ts'
import type { Metrics } from './metrics.ts'
import type { ClusterModel, HostModel, LinkModel } from './model.ts'

export interface UnderlayLayout {
  readonly boxes: readonly Box[]
  readonly wires: readonly Wire[]
  readonly vertices: readonly Vertex[]
  readonly pipe: Rect | null
}

const PIPE_HEIGHT = 14

/**
 * The bottom of the map: the tunnel's pipe, switches as bars over the whole width, routers below them, and every cable. A
 * cable goes straight down if nothing is in its way, else through the lane beside its node; outside hosts are reached by the
 * lane at the right edge.
 */
export function layoutUnderlay(
  model: ClusterModel,
  at: { readonly boxes: readonly Box[]; readonly x: number; readonly w: number; readonly y: number },
  m: Metrics,
): UnderlayLayout {
  const boxes: Box[] = []
  const wires: Wire[] = []
  const vertices: Vertex[] = []
  const rects = new Map(at.boxes.map((box) => [box.id, box.rect]))
  let y = at.y

  const tunnels = at.boxes.filter((box) => box.kind === 'device' && box.link.kind === 'vxlan')
  const pipe = tunnels.length > 1 ? pipeUnder(tunnels, y) : null
  const right = at.x + at.w
  if (pipe) {
    for (const [i, box] of tunnels.entries()) {
      const down = downFrom(box, at.boxes, pipe.y + PIPE_HEIGHT / 2, m, -4 - (i % 3))
      vertices.push({ id: `${box.id}#pipe`, at: down[down.length - 1], box: box.id })
      wires.push({
        id: `pipe:${box.id}`,
        kind: 'tunnel',
        from: box.id,
        to: `${box.id}#pipe`,
        points: down,
        down: false,
      })
    }
    y += PIPE_HEIGHT + m.gap
  }

  for (const host of model.switches) {
    const rect = { x: at.x, y, w: at.w, h: m.switchBar }
    rects.set(host.id, rect)
    boxes.push({ kind: 'switch', id: host.id, rect, host, label: `switch ${host.id}, ${host.links.length} interfaces` })
    vertices.push({ id: host.id, at: centre(rect), box: host.id })
    y += m.switchBar + m.gap
  }
  y += model.routers.length > 0 ? 6 : 0
  model.routers.forEach((host, i) => {
    const rect = {
      x: right - (model.routers.length - i) * (m.router.w + m.gap) + m.gap,
      y,
      w: m.router.w,
      h: m.router.h,
    }
    rects.set(host.id, rect)
    const addresses = host.links.flatMap((link) => link.addresses).join(', ')
    boxes.push({ kind: 'router', id: host.id, rect, host, label: `router ${host.id}, ${addresses}` })
    vertices.push({ id: host.id, at: centre(rect), box: host.id })
  })

  const owners = ownersOf([...model.nodes, ...model.outside, ...model.routers, ...model.switches])
  const rank = { node: 0, outside: 0, router: 1, switch: 2 }
  const kindOf = new Map<string, keyof typeof rank>([
    ...model.nodes.map((host) => [host.id, 'node'] as const),
    ...model.outside.map((host) => [host.id, 'outside'] as const),
    ...model.routers.map((host) => [host.id, 'router'] as const),
    ...model.switches.map((host) => [host.id, 'switch'] as const),
  ])
  let outsideLane = 0
  for (const { host, link } of owners.values()) {
    const far = link.peer ? owners.get(link.peer) : undefined
    if (!far || link.kind !== 'ether') continue
    const [mine, theirs] = [kindOf.get(host.id) ?? 'node', kindOf.get(far.host.id) ?? 'node']
    if (rank[mine] > rank[theirs] || (rank[mine] === rank[theirs] && link.id > far.link.id)) continue
    const points = cable(mine, theirs)
    if (points.length < 2) continue
    const down = !link.up || !far.link.up
    wires.push({ id: `cable:${link.id}`, kind: 'cable', from: link.id, to: far.link.id, points, down })
    end(link, host, points[0])
    end(far.link, far.host, points[points.length - 1])

    function cable(from: keyof typeof rank, to: keyof typeof rank): Point[] {
      const target = rects.get(far?.host.id ?? '')
      const source = at.boxes.find((box) => box.id === link.id) ?? at.boxes.find((box) => box.id === host.id)
      if (!target) return []
      if (from === 'node' && source) return downFrom(source, at.boxes, target.y, m, 4)
      if (from === 'outside' && source) {
        const lane = right + 12 + outsideLane * 6
        const under = source.rect.y + source.rect.h + 4 + outsideLane * 3
        const x = source.rect.x + Math.round(source.rect.w / 2)
        const y = target.y + Math.round(target.h / 2) + outsideLane * 5 - 4
        outsideLane++
        return [
          { x, y: source.rect.y + source.rect.h },
          { x, y: under },
          { x: lane, y: under },
          { x: lane, y },
          { x: target.x + target.w, y },
        ]
      }
      const own = rects.get(host.id)
      if (own && to === 'switch') {
        const x = own.x + Math.round(own.w / 2)
        return [
          { x, y: own.y },
          { x, y: target.y + target.h },
        ]
      }
      return own ? [centre(own), centre(target)] : []
    }
  }
  return { boxes, wires, vertices, pipe }

  /** The vertex of a link that has no box of its own, joined to the middle of its host. */
  function end(link: LinkModel, host: HostModel, point: Point): void {
    if (at.boxes.some((box) => box.id === link.id)) return
    const rect = rects.get(host.id)
    vertices.push({ id: link.id, at: point, box: host.id })
    if (!rect) return
    const middle = centre(rect)
    const way = rect.w > 4 * rect.h ? [point, { x: point.x, y: middle.y }, middle] : [point, middle]
    wires.push({
      id: `${link.id}>${host.id}`,
      kind: 'inside',
      from: link.id,
      to: host.id,
      points: tidyLine(way),
      down: false,
    })
  }
}

function ownersOf(hosts: readonly HostModel[]): ReadonlyMap<string, { host: HostModel; link: LinkModel }> {
  return new Map(hosts.flatMap((host) => host.links.map((link) => [link.id, { host, link }] as const)))
}

function pipeUnder(tunnels: readonly Box[], y: number): Rect {
  const xs = tunnels.map((box) => box.rect.x + Math.round(box.rect.w / 2))
  const from = Math.min(...xs) - 16
  return { x: from, y, w: Math.max(...xs) + 16 - from, h: PIPE_HEIGHT }
}

/** Down from a device's foot to a height: straight, or by the lane right of its node if another node stands below. */
function downFrom(box: Box, boxes: readonly Box[], y: number, m: Metrics, offset: number): Point[] {
  const x = box.rect.x + Math.round(box.rect.w / 2)
  const foot = box.rect.y + box.rect.h
  const node = boxes.find((other) => other.id === box.parent)?.rect ?? box.rect
  const edge = node.y + node.h
  const blocked = boxes.some(
    (other) =>
      (other.kind === 'node' || other.kind === 'nodeTile') &&
      other.rect.y >= edge &&
      other.rect.y < y &&
      other.rect.x < x &&
      x < other.rect.x + other.rect.w,
  )
  if (!blocked)
    return [
      { x, y: foot },
      { x, y },
    ]
  const lane = node.x + node.w + Math.round(m.lane / 2) + offset
  return tidyLine([
    { x, y: foot },
    { x, y: edge + 3 },
    { x: lane, y: edge + 3 },
    { x: lane, y },
  ])
}
