import { useMemo, useRef } from 'react'
import type { Selection } from '../stores/interface.ts'
import type { Box, Topology } from '../view/boxes.ts'
import type { BoxNode } from './boxes/types.ts'

const DEPTH: Readonly<Partial<Record<Box['kind'], number>>> = { node: 0, nodeTile: 0 }

/** What a screen reader calls a box, where its kind is not the word. */
const ROLES: Readonly<Partial<Record<Box['kind'], string>>> = {
  nodeTile: 'node',
  hostPod: 'pod',
  fold: 'folded pods',
  counter: 'pods',
  pending: 'pending pods',
  stack: 'network stack',
  outside: 'outside host',
}

/** Boxes as React Flow's nodes. A box that did not change keeps its object, so that only what changed is drawn again. */
export function useBoxes(map: Topology, selection: Selection | null, focused: string): BoxNode[] {
  const cache = useRef(new Map<string, { sign: string; node: BoxNode }>())
  return useMemo(() => {
    const next = new Map<string, { sign: string; node: BoxNode }>()
    for (const box of map.boxes) {
      const chosen = isSelected(box, selection)
      const sign = `${map.level}${chosen}${box.id === focused}${JSON.stringify(box)}`
      const known = cache.current.get(box.id)
      next.set(box.id, known?.sign === sign ? known : { sign, node: toNode(box, map, chosen, box.id === focused) })
    }
    cache.current = next
    return [...next.values()].map(({ node }) => node)
  }, [map, selection, focused])
}

function toNode(box: Box, map: Topology, chosen: boolean, focused: boolean): BoxNode {
  const { rect } = box
  return {
    id: box.id,
    type: box.kind,
    position: { x: rect.x, y: rect.y },
    width: rect.w,
    height: rect.h,
    measured: { width: rect.w, height: rect.h },
    zIndex: DEPTH[box.kind] ?? 1,
    data: { box, level: map.level },
    className: `map-box box-${box.kind} level-${map.level}${stateClass(box)}${chosen ? ' chosen' : ''}`,
    ariaRole: 'group',
    ariaLabel: box.label,
    domAttributes: {
      tabIndex: focused ? 0 : -1,
      'aria-roledescription': ROLES[box.kind] ?? box.kind,
      'aria-current': chosen,
    },
  }
}

function stateClass(box: Box): string {
  if (box.kind === 'pod' || box.kind === 'hostPod') {
    const { pod } = box
    return `${pod.system ? ' system' : ''}${pod.terminating ? ' terminating' : pod.ready ? '' : ' waiting'}`
  }
  if (box.kind === 'node' || box.kind === 'nodeTile') return box.node.ready ? '' : ' waiting'
  return ''
}

/** What the inspector shows for a box. */
export function selectionOf(box: Box, map: Topology): Selection | null {
  switch (box.kind) {
    case 'pod':
    case 'hostPod':
      return { kind: 'pod', namespace: box.pod.namespace, name: box.pod.name }
    case 'service':
      return { kind: 'object', id: box.service.id }
    case 'node':
    case 'nodeTile':
      return { kind: 'host', id: box.node.id }
    case 'outside':
    case 'router':
    case 'switch':
      return { kind: 'host', id: box.host.id }
    case 'bridge':
    case 'device':
    case 'stack': {
      const parent = map.boxes.find(({ id }) => id === box.parent)
      return parent?.kind === 'node' ? { kind: 'host', id: parent.node.id } : null
    }
    case 'counter':
      return { kind: 'pod', namespace: box.pods[0].namespace, name: box.pods[0].name }
    case 'pending':
      return box.pods[0] ? { kind: 'pod', namespace: box.pods[0].namespace, name: box.pods[0].name } : null
    case 'fold':
      return null
  }
}

function isSelected(box: Box, selection: Selection | null): boolean {
  switch (selection?.kind) {
    case 'host':
      return (
        ((box.kind === 'node' || box.kind === 'nodeTile') && box.node.id === selection.id) ||
        ((box.kind === 'outside' || box.kind === 'router' || box.kind === 'switch') && box.host.id === selection.id)
      )
    case 'pod':
      return (
        (box.kind === 'pod' || box.kind === 'hostPod') &&
        box.pod.namespace === selection.namespace &&
        box.pod.name === selection.name
      )
    case 'object':
      return box.kind === 'service' && box.service.id === selection.id
    default:
      return false
  }
}

/** Boxes in containment order: each before what it holds, as the arrows walk them. */
export function containmentOrder(map: Topology): Box[] {
  const children = new Map<string, Box[]>()
  for (const box of map.boxes) {
    const parent = box.parent ?? ''
    children.set(parent, [...(children.get(parent) ?? []), box])
  }
  const order: Box[] = []
  const walk = (id: string) => {
    const boxes = [...(children.get(id) ?? [])].sort((a, b) => a.rect.y - b.rect.y || a.rect.x - b.rect.x)
    for (const box of boxes) {
      order.push(box)
      walk(box.id)
    }
  }
  walk('')
  return order
}
