import { describe, expect, test } from 'vitest'
import { podsToPlace } from './contents.ts'
import { fixtureRows, fixtureWalk } from './fixture.ts'
import { lengthOf } from './geometry.ts'
import { clusterModel } from './model.ts'
import { anchorsOf, waysOf, wayBetween } from './path.ts'
import { assignSlots } from './slots.ts'
import { topology } from './topology.ts'
import { rulesMet } from './walk.ts'
import { LEVELS, type Level } from './zoom.ts'

function mapOf(level: Level) {
  const model = clusterModel(fixtureRows())
  const slots = assignSlots(new Map(), podsToPlace(model))
  return topology(model, level, { slots, shown: new Set(), shownServices: new Set(), unfolded: new Set() })
}

test('at level 4 each hook holds the rules that the packet met in it, translation at its own hook', () => {
  const dnat = { ...fixtureWalk()[5], stage: 'nat' as const }
  const rules = rulesMet([...fixtureWalk().slice(0, 5), dnat, dnat]).get('worker')
  expect(rules?.map(({ stage, verb }) => `${stage} ${verb}`)).toEqual(['prerouting DNAT'])
})

describe('where a packet is', () => {
  test.each(LEVELS)(
    'every step has a place on the map of level %i, an unknown device and an unknown host too',
    (level) => {
      const map = mapOf(level)
      const { bounds } = map
      for (const { at } of anchorsOf(fixtureWalk(), map)) {
        expect(at.x).toBeGreaterThanOrEqual(bounds.x)
        expect(at.x).toBeLessThanOrEqual(bounds.x + bounds.w)
        expect(at.y).toBeGreaterThanOrEqual(bounds.y)
        expect(at.y).toBeLessThanOrEqual(bounds.y + bounds.h)
      }
    },
  )

  test('each step of the walk stands where an engineer would point', () => {
    const anchors = anchorsOf(fixtureWalk(), mapOf(2))
    const client = 'worker/cni-default-frontend-7d4b9c5f66-x2x9k'
    const server = 'worker2/cni-default-backend-6c9f7d8b4c-k8x2z'
    expect(anchors.map(({ vertex }) => vertex)).toEqual([
      `${client}#socket`,
      `${client}|eth0`,
      `${client}|eth0`,
      'worker|veth66-x2x9k',
      'worker|cni0',
      'worker#prerouting',
      'worker#routing',
      'worker#forward',
      'worker#postrouting',
      'worker|flannel.1',
      'worker#routing',
      'worker|eth0',
      'lan|port-worker',
      'lan',
      'worker2|eth0',
      'worker2#input',
      'worker2|flannel.1',
      'worker2#forward',
      'worker2|cni0',
      'worker2|veth4c-k8x2z',
      `${server}|eth0`,
      `${server}#socket`,
      `${server}|eth0`,
      'worker2',
      '',
    ])
  })

  test.each([
    ['DNAT', { 'ip.dst': '10.244.2.2' }, 'worker#prerouting'],
    ['SNAT', { 'ip.src': '192.168.10.11', 'tcp.sport': 1 }, 'worker#postrouting'],
    ['un-DNAT', { 'ip.src': '10.96.20.30' }, 'worker#postrouting'],
    ['un-SNAT', { 'ip.dst': '10.244.1.2', 'tcp.dport': 1 }, 'worker#prerouting'],
  ])('%s stands at the hook where Linux does it', (action, after, vertex) => {
    const step = { ...fixtureWalk()[5], stage: 'nat' as const, dev: 'eth0', action, after }
    expect(anchorsOf([step], mapOf(2))[0].vertex).toBe(vertex)
  })

  test('between two places the packet follows the cables', () => {
    const map = mapOf(2)
    const ways = waysOf(map)
    const anchors = anchorsOf(fixtureWalk(), map)
    const cable = wayBetween(anchors[11], anchors[14], map, ways)
    const bar = map.boxes.find((box) => box.id === 'lan')?.rect
    expect(cable.some(({ y }) => bar && y >= bar.y && y <= bar.y + bar.h)).toBe(true)
    const veth = wayBetween(anchors[2], anchors[3], map, ways)
    expect(veth[0]).toEqual(anchors[2].at)
    expect(veth[veth.length - 1]).toEqual(anchors[3].at)
    expect(lengthOf(veth)).toBeGreaterThan(0)
  })
})
