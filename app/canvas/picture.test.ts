import { describe, expect, test } from 'vitest'
import type { StepView } from '../../engine/index.ts'
import { podsToPlace } from '../view/contents.ts'
import { fixtureRows, fixtureWalk } from '../view/fixture.ts'
import { clusterModel } from '../view/model.ts'
import { anchorsOf, waysOf } from '../view/path.ts'
import { assignSlots } from '../view/slots.ts'
import { topology } from '../view/topology.ts'
import { pictureOf } from './picture.ts'

const model = clusterModel(fixtureRows())
const slots = assignSlots(new Map(), podsToPlace(model))
const map = topology(model, 2, { slots, shown: new Set(), shownServices: new Set(), unfolded: new Set() })
const ways = waysOf(map)

function pictureAt(steps: readonly StepView[], index: number, footprints = false) {
  return pictureOf({ steps, index }, anchorsOf(steps, map), map, ways, { footprints, captions: true })
}

describe('the picture of a step', () => {
  const steps = fixtureWalk()

  test('before the first step the packet waits in its sender, without a trail', () => {
    const picture = pictureAt(steps, -1)
    expect(picture.current?.caption.verb).toBe('about to be sent')
    expect(picture.current?.anchor.box).toBe('pod:default/frontend-7d4b9c5f66-x2x9k')
    expect([...picture.trail, ...picture.way]).toEqual([])
  })

  test('each way begins where the packet was and ends where it is', () => {
    const anchors = anchorsOf(steps, map)
    for (let i = 1; i < 22; i++) {
      const { way } = pictureAt(steps, i)
      expect(way[0]).toEqual(anchors[i - 1].at)
      expect(way[way.length - 1]).toEqual(anchors[i].at)
    }
  })

  test('a reject says why, and the answer leaves a trail of its own beside the request', () => {
    expect(pictureAt(steps, 21).current?.caption).toMatchObject({
      verb: '✗↩ rejected: nothing listens on the port',
      bad: true,
    })
    const answer = pictureAt(steps, 23)
    expect(answer.past).toHaveLength(1)
    expect(answer.current?.face.reply).toBe(true)
  })

  test('a packet that waits for ARP stays in sight while the question is under way', () => {
    const parked = { ...steps[2], stage: 'neighbour' as const, end: { disposition: 'parked' as const } }
    const question = { ...steps[3], branch: '0.who-has-10.244.1.1', stage: 'arp' as const }
    const picture = pictureAt([...steps.slice(0, 2), parked, question], 3)
    expect(picture.waiting).toHaveLength(1)
    expect(picture.waiting[0].at).toEqual(anchorsOf([parked], map)[0].at)
  })

  test('copies of a flood begin where the packet was, and the original is gone', () => {
    const copy = { ...steps[12], branch: '0.1' }
    const picture = pictureAt([...steps.slice(0, 12), copy], 12)
    expect(picture.way[0]).toEqual(anchorsOf(steps, map)[11].at)
    expect(picture.waiting).toEqual([])
  })

  test('without motion every place of the walk is numbered, and the present one is marked', () => {
    const prints = pictureAt(steps, 6, true).footprints ?? []
    expect(prints.filter((print) => print.here).map((print) => print.text)).toEqual(['7,11'])
    expect(prints.flatMap((print) => print.text.split(/[,-]/)).map(Number)).toContain(22)
  })
})
