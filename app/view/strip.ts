import type { Box, Vertex } from './boxes.ts'
import { centre, type Rect } from './geometry.ts'
import type { Metrics } from './metrics.ts'
import type { NodeModel, PodModel } from './model.ts'
import type { NodeContent } from './node-layout.ts'
import type { TopologyOptions } from './topology.ts'

/** What the control plane's static pods are called in a narrow column, in the order in which they stand there. */
const PARTS: readonly (readonly [string, string])[] = [
  ['kube-apiserver', 'API server'],
  ['etcd', 'etcd'],
  ['kube-controller-manager', 'controllers'],
  ['kube-scheduler', 'scheduler'],
]

/** Whether a node of the control plane is folded: no packet passes it, nobody opened it, and no pod of the user runs on it. */
export function isStrip(
  node: NodeModel,
  content: NodeContent | undefined,
  { whole, opened }: Pick<TopologyOptions, 'whole' | 'opened'>,
): boolean {
  if (whole?.has(node.id) || opened?.has(node.id) || content === undefined || content.unfolded) return false
  return content.placed.length === 0 && content.hostPods.every((pod) => pod.system)
}

/** A node as a narrow column: its name, and a tile for each part of the control plane that runs on it. */
export function layoutStrip(
  content: NodeContent,
  rect: Rect,
  m: Metrics,
): { readonly boxes: readonly Box[]; readonly vertices: readonly Vertex[] } {
  const { node } = content
  const pods = [...content.folded, ...content.hostPods]
  const parts = PARTS.flatMap(([name, text]): { pod: PodModel; text: string }[] => {
    const pod = pods.find((candidate) => candidate.name === `${name}-${node.name}`)
    return pod ? [{ pod, text }] : []
  })
  const more = pods.length - parts.length
  const boxes: Box[] = [
    {
      kind: 'strip',
      id: node.id,
      rect,
      node,
      more,
      label: `node ${node.name}, ${node.address}, control plane, ${node.ready ? 'ready' : 'not ready'}, folded; Enter opens it`,
    },
  ]
  const vertices: Vertex[] = [{ id: node.id, at: { x: centre(rect).x, y: rect.y + rect.h - 20 }, box: node.id }]
  parts.forEach(({ pod, text }, i) => {
    const id = `pod:${pod.key}`
    const h = m.tile + 4
    const place = { x: rect.x + 5, y: rect.y + m.header + 16 + i * (h + 6), w: rect.w - 10, h }
    const state = pod.ready ? '' : `, ${pod.reason || 'not ready'}`
    boxes.push({
      kind: 'part',
      id,
      rect: place,
      pod,
      text,
      parent: node.id,
      label: `pod ${pod.name}, ${pod.ip || 'no address'}, on ${node.name}${state}`,
    })
    vertices.push({ id, at: centre(place), box: id })
  })
  return { boxes, vertices }
}
