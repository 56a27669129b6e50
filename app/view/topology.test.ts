import { describe, expect, test } from 'vitest'
import type { Box, Topology } from './boxes.ts'
import { podsToPlace } from './contents.ts'
import { fixtureRows, withOneMore } from './fixture.ts'
import { contains, overlaps } from './geometry.ts'
import { clusterModel, type Rows } from './model.ts'
import { assignSlots, type Slots } from './slots.ts'
import { topology } from './topology.ts'
import { LEVELS, type Level } from './zoom.ts'

const NONE = new Set<string>()

function mapOf(rows: Rows, level: Level, slots?: Slots, unfolded: ReadonlySet<string> = NONE): Topology {
  const model = clusterModel(rows)
  return topology(model, level, { slots: slots ?? slotsOf(rows), shown: NONE, shownServices: NONE, unfolded })
}

function slotsOf(rows: Rows, before: Slots = new Map()): Slots {
  return assignSlots(before, podsToPlace(clusterModel(rows)))
}

/** Pairs of boxes that share a parent and overlap, and boxes that stick out of their parent. */
function quarrels(map: Topology): string[] {
  const byId = new Map(map.boxes.map((box) => [box.id, box]))
  const families = new Map<string, Box[]>()
  for (const box of map.boxes) families.set(box.parent ?? '', [...(families.get(box.parent ?? '') ?? []), box])
  const out: string[] = []
  for (const boxes of families.values()) {
    boxes.forEach((a, i) => {
      for (const b of boxes.slice(i + 1)) if (overlaps(a.rect, b.rect)) out.push(`${a.id} overlaps ${b.id}`)
    })
  }
  for (const box of map.boxes) {
    const parent = box.parent ? byId.get(box.parent) : undefined
    if (parent && !contains(parent.rect, box.rect)) out.push(`${box.id} sticks out of ${parent.id}`)
  }
  return out
}

describe('the map', () => {
  const sizes = [1, 2, 3, 4, 7, 10].flatMap((workers) => [0, 1, 5, 17, 40].map((pods) => ({ workers, pods })))
  test.each(sizes.flatMap((size) => LEVELS.map((level) => ({ ...size, level }))))(
    '$workers workers with $pods pods each, level $level: nothing overlaps, all in integers',
    ({ workers, pods, level }) => {
      const map = mapOf(fixtureRows({ workers, pods }), level)
      expect(quarrels(map)).toEqual([])
      const numbers = map.boxes.flatMap(({ rect }) => [rect.x, rect.y, rect.w, rect.h])
      expect(numbers.filter((n) => !Number.isInteger(n))).toEqual([])
      expect(new Set(map.boxes.map(({ id }) => id)).size).toBe(map.boxes.length)
    },
  )

  test.each(LEVELS)('system pods spread out overlap nothing at level %i', (level) => {
    expect(quarrels(mapOf(fixtureRows({ pods: 5 }), level, undefined, new Set(['worker', 'worker2'])))).toEqual([])
  })

  test.each([
    [2, 0],
    [2, 6],
    [3, 0],
    [3, 6],
  ] as const)('level %i, %i pods per node: a new pod takes a free slot and moves no other', (level, pods) => {
    const rows = fixtureRows({ pods })
    const slots = slotsOf(rows)
    const more = withOneMore(rows, 'worker', 'aaa-first-by-name')
    const before = mapOf(rows, level, slots)
    const after = mapOf(more, level, slotsOf(more, slots))
    const place = (map: Topology, id: string) => map.boxes.find((box) => box.id === id)?.rect
    const pods0 = before.boxes.filter((box) => box.kind === 'pod')
    expect(pods0.length).toBeGreaterThan(2)
    expect(
      pods0
        .filter((box) => place(after, box.id)?.x !== box.rect.x || place(after, box.id)?.y !== box.rect.y)
        .map((b) => b.id),
    ).toEqual([])
    expect(place(after, 'pod:default/aaa-first-by-name')).toBeDefined()
  })

  test('the slot of a pod that went is the first to be given again', () => {
    const at = (key: string, created: string) => ({ key, host: 'n', created })
    const first = assignSlots(new Map(), [at('b', '1'), at('a', '1'), at('c', '0')])
    expect([...first].map(([key, { slot }]) => `${key}${slot}`).sort()).toEqual(['a1', 'b2', 'c0'])
    const later = assignSlots(first, [at('b', '1'), at('c', '0'), at('d', '9')])
    expect(later.get('d')?.slot).toBe(1)
    expect(later.get('b')?.slot).toBe(2)
  })

  test('above 300 pods the map counts them per owner and node', () => {
    const map = mapOf(fixtureRows({ workers: 10, pods: 40 }), 2)
    expect(map.boxes.length).toBeLessThan(300)
    const counters = map.boxes.filter((box) => box.kind === 'counter')
    expect(counters.flatMap((box) => box.pods)).toHaveLength(403)
  })

  test('pods in trouble stay in sight: the pending in a tray with the reason, those of the host in its root netns', () => {
    const map = mapOf(fixtureRows({ troubles: true }), 2)
    expect(quarrels(map)).toEqual([])
    const tray = map.boxes.find((box) => box.kind === 'pending')
    expect(tray?.label).toContain('homeless (0/4 nodes are available: 4 Insufficient cpu.)')
    const pods = map.boxes.flatMap((box) => (box.kind === 'pod' || box.kind === 'hostPod' ? [box] : []))
    expect(pods.find((box) => box.pod.name === 'agent')?.kind).toBe('hostPod')
    expect(pods.find((box) => box.pod.name === 'slow')?.label).toContain('not ready')
    expect(pods.find((box) => box.pod.name === 'leaving')?.label).toContain('terminating')
    const nodes = map.boxes.flatMap((box) => (box.kind === 'node' ? [box] : []))
    expect(nodes.map((box) => box.notches)).toEqual(nodes.map(() => [30080]))
  })

  test('every veth of a shown pod is a line from its eth0 to a port of the bridge', () => {
    const map = mapOf(fixtureRows({ pods: 9 }), 2)
    const pods = map.boxes.filter((box) => box.kind === 'pod')
    const veths = map.wires.filter((wire) => wire.kind === 'veth')
    expect(veths).toHaveLength(pods.length)
    for (const { from, to } of veths) {
      expect(map.vertices.get(from)?.box).toMatch(/^pod:/)
      expect(map.vertices.get(to)?.box).toMatch(/\|cni0$/)
    }
  })

  test('nodes stand in name order, three to a row, the control plane in a column of its own', () => {
    const map = mapOf(fixtureRows({ workers: 4 }), 2)
    const nodes = map.boxes.filter((box) => box.kind === 'node')
    const workers = nodes.filter((box) => !box.node.controlPlane)
    const control = nodes.find((box) => box.node.controlPlane)
    const [a, b, c, d] = ['worker', 'worker2', 'worker3', 'worker4'].map(
      (id) => workers.find((box) => box.id === id)?.rect,
    )
    expect([a?.y, b?.y, c?.y]).toEqual([a?.y, a?.y, a?.y])
    expect(d?.x).toBe(a?.x)
    expect(d?.y).toBeGreaterThan(a?.y ?? 0)
    expect(control?.rect.x).toBeLessThan(a?.x ?? 0)
  })
})
