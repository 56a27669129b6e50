import type { StepView } from '../../engine/index.ts'
import type { Topology } from '../view/boxes.ts'
import type { Point } from '../view/geometry.ts'
import { tidyLine } from '../view/geometry.ts'
import { packetFace, type PacketFace } from '../view/packet.ts'
import { type Anchor, walkOf, wayBetween, type Ways } from '../view/path.ts'
import { verbOf } from '../view/verb.ts'
import type { Picture } from './overlay/scene.ts'
import type { Walk } from './use-walk.ts'

const NO_CHANGE = { bad: false, good: false, rewritten: [] }
/** Older packets than this leave no trail. */
const PAST_PACKETS = 2

/** What the overlay shows at one step of a walk. Pure. */
export function pictureOf(
  walk: Walk,
  anchors: readonly Anchor[],
  map: Topology,
  ways: Ways,
  options: { readonly footprints: boolean; readonly captions: boolean },
): Picture {
  const step = walk.steps[walk.index]
  if (!step && walk.steps.length > 0) return pictureBefore(walk.steps[0], anchors[0], map)
  if (!step) return { map, past: [], trail: [], current: null, waiting: [], way: [], footprints: null }
  const key = walkOf(step)
  const mine = indicesOf(walk, (other) => leadsTo(other, step))
  const before = mine[mine.length - 2]
  const anchor = anchors[walk.index]
  const face = packetFace(step)
  const way =
    before === undefined ? wayIntoWalk(walk, anchors, map, ways) : wayBetween(anchors[before], anchor, map, ways)
  return {
    map,
    past: pastTrails(walk, key, anchors, map, ways),
    trail: trailOf(mine.slice(0, -1), anchors, map, ways),
    current: {
      step,
      anchor,
      face,
      caption: walk.fold
        ? { ...NO_CHANGE, verb: walk.fold.title, lines: [[{ text: walk.fold.note, changed: false }]] }
        : captionOf(step, face),
      captioned: options.captions,
      because: becauseOf(step),
    },
    waiting: waitingBeside(walk, key, anchors),
    way,
    footprints: options.footprints ? printsOf(walk, key, anchors) : null,
  }
}

/** Before the first step: the packet waits in its sender. */
function pictureBefore(first: StepView, anchor: Anchor, map: Topology): Picture {
  const { before: _before, after: _after, end: _end, ...step } = first
  const face = packetFace(step)
  const caption = { verb: 'about to be sent', bad: false, good: false, lines: [face.line], rewritten: [] }
  const current = { step, anchor, face, caption, captioned: true, because: '' }
  return { map, past: [], trail: [], current, waiting: [], way: [], footprints: null }
}

/** Steps of the same packet, on the branch of a step or on one that it branched from: `0` leads to `0.1`. */
function leadsTo(other: StepView, step: StepView): boolean {
  return other.packet === step.packet && (step.branch === other.branch || step.branch.startsWith(`${other.branch}.`))
}

function indicesOf(walk: Walk, wanted: (step: StepView) => boolean, all = false): number[] {
  const found: number[] = []
  const last = all ? walk.steps.length - 1 : walk.index
  for (let i = 0; i <= last; i++) if (wanted(walk.steps[i])) found.push(i)
  return found
}

/** The first step of an answer or of a copy begins where the step before it was, if that is the same host. */
function wayIntoWalk(walk: Walk, anchors: readonly Anchor[], map: Topology, ways: Ways): readonly Point[] {
  const previous = walk.steps[walk.index - 1]
  const step = walk.steps[walk.index]
  if (!previous || previous.host !== step.host) return [anchors[walk.index].at]
  return wayBetween(anchors[walk.index - 1], anchors[walk.index], map, ways)
}

function trailOf(indices: readonly number[], anchors: readonly Anchor[], map: Topology, ways: Ways): Point[] {
  const points: Point[] = []
  indices.forEach((index, i) => {
    if (i > 0) points.push(...wayBetween(anchors[indices[i - 1]], anchors[index], map, ways))
  })
  return tidyLine(points)
}

function pastTrails(walk: Walk, key: string, anchors: readonly Anchor[], map: Topology, ways: Ways): Point[][] {
  const keys: string[] = []
  for (let i = walk.index; i >= 0 && keys.length < PAST_PACKETS; i--) {
    const step = walk.steps[i]
    const other = walkOf(step)
    if (other !== key && step.branch === '0' && !keys.includes(other)) keys.push(other)
  }
  return keys.map((other) =>
    trailOf(
      indicesOf(walk, (step) => walkOf(step) === other),
      anchors,
      map,
      ways,
    ),
  )
}

/** Packets that are under way but not the one that moves: parked until ARP answers, or overtaken. */
function waitingBeside(walk: Walk, key: string, anchors: readonly Anchor[]): { at: Point; face: PacketFace }[] {
  const last = new Map<string, number>()
  for (let i = 0; i <= walk.index; i++) last.set(walkOf(walk.steps[i]), i)
  const out: { at: Point; face: PacketFace }[] = []
  for (const [other, index] of last) {
    const { end } = walk.steps[index]
    if (other === key || (end && end.disposition !== 'parked')) continue
    // A branch that went on as others is not there any more, unless it waits for what it asked.
    const copied = [...last.keys()].some((branch) => branch.startsWith(`${other}.`))
    if (copied && end?.disposition !== 'parked') continue
    out.push({ at: anchors[index].at, face: packetFace(walk.steps[index]) })
  }
  return out.slice(-4)
}

/** Places of a packet's whole walk; steps at one place share a number range: `3-5`. */
function printsOf(walk: Walk, key: string, anchors: readonly Anchor[]): { at: Point; text: string; here: boolean }[] {
  const prints: { at: Point; first: number; last: number; here: boolean }[] = []
  indicesOf(walk, (step) => walkOf(step) === key, true).forEach((index, i) => {
    const at = anchors[index].at
    const here = index === walk.index
    const same = prints.find((print) => print.at.x === at.x && print.at.y === at.y && print.last === i)
    if (same) Object.assign(same, { last: i + 1, here: same.here || here })
    else prints.push({ at, first: i + 1, last: i + 1, here })
  })
  const merged = new Map<string, { at: Point; texts: string[]; here: boolean }>()
  for (const { at, first, last, here } of prints) {
    const place = `${at.x} ${at.y}`
    const spot = merged.get(place) ?? { at, texts: [], here: false }
    spot.texts.push(first === last ? String(first) : `${first}-${last}`)
    merged.set(place, { ...spot, here: spot.here || here })
  }
  return [...merged.values()].map(({ at, texts, here }) => ({ at, text: texts.join(','), here }))
}

/** The Service whose rule rewrote or refused the packet; every rule of kube-proxy's that merely let it pass is not worth a line. */
function becauseOf(step: StepView): string {
  const cause = step.decidedBy?.cause
  if (cause?.kind !== 'Service' || (step.stage !== 'nat' && !step.end && !step.after)) return ''
  return `service:Service/${cause.namespace ?? ''}/${cause.name}`
}

function captionOf(step: StepView, face: PacketFace): NonNullable<Picture['current']>['caption'] {
  const { text, glyph, tone } = verbOf(step)
  const reason = step.end?.reasonText ? `: ${step.end.reasonText}` : ''
  const lines = face.outer.length > 0 ? [face.line, face.outer] : [face.line]
  return {
    verb: `${glyph ? `${glyph} ` : ''}${step.reply && !face.refusal ? 'answer: ' : ''}${text}${reason}`,
    bad: tone === 'bad',
    good: tone === 'good',
    lines,
    rewritten: face.rewritten,
  }
}
