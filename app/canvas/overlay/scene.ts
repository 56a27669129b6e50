import type { StepView } from '../../../engine/index.ts'
import type { Box, StackStage, Topology } from '../../view/boxes.ts'
import { cutLine, type Point, pointAlong, type Rect } from '../../view/geometry.ts'
import type { PacketFace } from '../../view/packet.ts'
import { type Obstacle, placeCaption } from '../../view/place.ts'
import type { Anchor } from '../../view/path.ts'
import { type Caption, captionSize, drawCaption, drawEnd, drawPacket, packetSize } from './draw-packet.ts'
import type { Palette } from './palette.ts'

/** Everything of a moment that the overlay draws; positions are the map's, sizes the screen's. */
export interface Picture {
  readonly map: Topology
  /** Lines of the packets before this one, and of this one up to its last place. */
  readonly past: readonly (readonly Point[])[]
  readonly trail: readonly Point[]
  readonly current: {
    readonly step: StepView
    readonly anchor: Anchor
    readonly face: PacketFace
    readonly caption: Caption
    /** False where a card beside the packet says it all. */
    readonly captioned: boolean
    /** Box of the object whose row decided, such as a Service. */
    readonly because: string
  } | null
  /** Packets that wait elsewhere while another moves. */
  readonly waiting: readonly { readonly at: Point; readonly face: PacketFace }[]
  /** The line along which the packet came here. */
  readonly way: readonly Point[]
  /** Instead of motion: all the places of this packet's walk, numbered. */
  readonly footprints: readonly { readonly at: Point; readonly text: string; readonly here: boolean }[] | null
}

export interface Viewport {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

const FLASH_MS = 1200
/** Height at the foot of the frame that the toolbar takes. */
const TOOLBAR = 44

/** The one canvas above the boxes. Frames are drawn only while a packet glides or a box flashes. */
export class Scene {
  private readonly canvas: HTMLCanvasElement
  private readonly pen: CanvasRenderingContext2D
  private picture: Picture | null = null
  private viewport: Viewport = { x: 0, y: 0, zoom: 1 }
  private colours: Palette
  private size = { w: 1, h: 1 }
  private motion: { readonly from: number; readonly ms: number } | null = null
  private flashes = new Map<string, number>()
  private frame = 0
  private placed: { picture: Picture; viewport: Viewport; rect: Rect } | null = null

  constructor(canvas: HTMLCanvasElement, colours: Palette) {
    this.canvas = canvas
    const pen = canvas.getContext('2d')
    if (!pen) throw new Error('this browser draws no 2d canvas')
    this.pen = pen
    this.colours = colours
  }

  setColours(colours: Palette): void {
    this.colours = colours
    this.wake()
  }

  setSize(w: number, h: number): void {
    this.size = { w, h }
    this.placed = null
    this.wake()
  }

  setViewport(viewport: Viewport): void {
    this.viewport = viewport
    // At once, in the same frame as the boxes: a late overlay would swim.
    this.draw(performance.now())
  }

  /** A new picture; the packet glides to its place in `glideMs`, 0 to be there. */
  setPicture(picture: Picture, glideMs: number): void {
    this.picture = picture
    this.motion = glideMs > 0 && picture.way.length > 1 ? { from: performance.now(), ms: glideMs } : null
    this.wake()
  }

  /** The same moment on a changed map: what glides goes on gliding. */
  replacePicture(picture: Picture): void {
    this.picture = picture
    this.wake()
  }

  flash(boxes: readonly string[]): void {
    const now = performance.now()
    for (const id of boxes) this.flashes.set(id, now)
    if (boxes.length > 0) this.wake()
  }

  dispose(): void {
    cancelAnimationFrame(this.frame)
  }

  private wake(): void {
    if (this.frame) return
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0
      this.draw(now)
      if (this.motion || this.flashes.size > 0) this.wake()
    })
  }

  private toScreen(point: Point): Point {
    const { x, y, zoom } = this.viewport
    return { x: point.x * zoom + x, y: point.y * zoom + y }
  }

  private draw(now: number): void {
    const { pen, picture, size } = this
    const ratio = devicePixelRatio || 1
    if (this.canvas.width !== Math.round(size.w * ratio) || this.canvas.height !== Math.round(size.h * ratio)) {
      this.canvas.width = Math.round(size.w * ratio)
      this.canvas.height = Math.round(size.h * ratio)
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, size.w, size.h)
    if (!picture) return
    this.drawFlashes(now, picture.map)
    for (const line of picture.past) this.line(line, this.colours.l2, 1.5, [2, 5])
    this.line(picture.trail, this.colours.ip, 2, [])
    const share = this.share(now)
    if (picture.way.length > 1) this.line(share < 1 ? cutLine(picture.way, share) : picture.way, this.colours.ip, 2, [])
    for (const print of picture.footprints ?? []) this.footprint(print)
    for (const { at, face } of picture.waiting) {
      pen.globalAlpha = 0.55
      drawPacket(pen, this.toScreen(at), face, this.colours)
      pen.globalAlpha = 1
    }
    if (picture.current) this.drawCurrent(picture, picture.current, now)
  }

  /** How far the packet has glided; 1 once it is there. */
  private share(now: number): number {
    if (!this.motion) return 1
    const share = (now - this.motion.from) / this.motion.ms
    if (share >= 1) this.motion = null
    return share >= 1 ? 1 : ease(Math.max(0, share))
  }

  private drawCurrent(
    picture: Picture,
    { step, anchor, face, caption, captioned, because }: NonNullable<Picture['current']>,
    now: number,
  ): void {
    const share = this.share(now)
    const arrived = share >= 1
    const at = arrived ? anchor.at : pointAlong(picture.way, share)
    if (arrived) {
      const lit = rectToLight(picture.map, anchor)
      if (lit)
        this.ring(lit, caption.bad ? this.colours.dropped : caption.good ? this.colours.delivered : this.colours.ip, 3)
    }
    const cause = because ? picture.map.boxes.find(({ id }) => id === because) : undefined
    if (arrived && cause) this.causeLine(cause.rect, at)
    const here = this.toScreen(at)
    drawPacket(this.pen, here, face, this.colours)
    const half = packetSize(face)
    const end = step.end?.disposition
    if (arrived && (end === 'dropped' || end === 'rejected' || (end === 'delivered' && !face.refusal))) {
      drawEnd(this.pen, { x: here.x + half.w + 14, y: here.y }, end, this.colours)
    }
    if (!captioned) return
    const place = this.captionPlace(picture, anchor, half, captionSize(this.pen, caption, this.colours))
    if (arrived)
      this.leader(
        place,
        here,
        half,
        caption.bad ? this.colours.dropped : caption.good ? this.colours.delivered : this.colours.ink,
      )
    drawCaption(this.pen, place, place, caption, this.colours)
  }

  /**
   * Where the caption stands: worked out once per picture and viewport, for where the packet will be, so that text never moves
   * with a packet.
   */
  private captionPlace(
    picture: Picture,
    anchor: Anchor,
    half: { w: number; h: number },
    size: { w: number; h: number },
  ): Rect {
    if (this.placed?.picture === picture && this.placed.viewport === this.viewport) return this.placed.rect
    const frame = { x: 8, y: 8, w: this.size.w - 16, h: this.size.h - 16 - TOOLBAR }
    const rect = placeCaption(this.toScreen(anchor.at), half, size, frame, this.obstacles(picture))
    this.placed = { picture, viewport: this.viewport, rect }
    return rect
  }

  private obstacles(picture: Picture): Obstacle[] {
    const { zoom } = this.viewport
    const screen = (rect: Rect): Rect => ({ ...this.toScreen(rect), w: rect.w * zoom, h: rect.h * zoom })
    const list: Obstacle[] = []
    for (const box of picture.map.boxes) {
      if (box.kind === 'switch' || box.kind === 'fold') continue
      if (box.kind === 'node') list.push({ rect: screen({ ...box.rect, h: 40 }), weight: 0.7 })
      else list.push({ rect: screen(box.rect), weight: box.id === picture.current?.anchor.box ? 3 : 1 })
    }
    const line = [...picture.trail, ...picture.way]
    for (let i = 1; i < line.length; i++) {
      const [a, b] = [this.toScreen(line[i - 1]), this.toScreen(line[i])]
      const rect = {
        x: Math.min(a.x, b.x) - 3,
        y: Math.min(a.y, b.y) - 3,
        w: Math.abs(a.x - b.x) + 6,
        h: Math.abs(a.y - b.y) + 6,
      }
      list.push({ rect, weight: 2 })
    }
    return list
  }

  /** A thin line from the caption to its packet, if they do not touch. */
  private leader(box: Rect, here: Point, half: { w: number; h: number }, colour: string): void {
    const from = {
      x: Math.max(box.x, Math.min(here.x, box.x + box.w)),
      y: Math.max(box.y, Math.min(here.y, box.y + box.h)),
    }
    const length = Math.hypot(from.x - here.x, from.y - here.y)
    const reach = Math.max(half.w, half.h) + 3
    if (length <= reach) return
    const { pen } = this
    pen.strokeStyle = colour
    pen.globalAlpha = 0.6
    pen.lineWidth = 1
    pen.beginPath()
    pen.moveTo(from.x, from.y)
    pen.lineTo(here.x + ((from.x - here.x) * reach) / length, here.y + ((from.y - here.y) * reach) / length)
    pen.stroke()
    pen.globalAlpha = 1
  }

  private line(points: readonly Point[], colour: string, width: number, dash: readonly number[]): void {
    if (points.length < 2) return
    const { pen } = this
    pen.save()
    pen.strokeStyle = colour
    pen.lineWidth = width
    pen.lineJoin = 'round'
    pen.globalAlpha = 0.85
    pen.setLineDash([...dash])
    pen.beginPath()
    points.forEach((point, i) => {
      const { x, y } = this.toScreen(point)
      if (i === 0) pen.moveTo(x, y)
      else pen.lineTo(x, y)
    })
    pen.stroke()
    pen.restore()
  }

  private ring(rect: Rect, colour: string, width: number): void {
    const { pen } = this
    const { x, y } = this.toScreen(rect)
    pen.strokeStyle = colour
    pen.lineWidth = width
    pen.beginPath()
    pen.roundRect(x - 2, y - 2, rect.w * this.viewport.zoom + 4, rect.h * this.viewport.zoom + 4, 6)
    pen.stroke()
  }

  /** From the object that is the reason to where it took effect. */
  private causeLine(rect: Rect, at: Point): void {
    this.ring(rect, this.colours.control, 2.5)
    const foot = { x: rect.x + rect.w / 2, y: rect.y + rect.h }
    this.line([foot, at], this.colours.control, 1.5, [6, 4])
  }

  private footprint({ at, text, here }: { at: Point; text: string; here: boolean }): void {
    const { pen, colours } = this
    const { x, y } = this.toScreen(at)
    pen.font = `600 12px ${colours.sans}`
    const half = Math.max(10, pen.measureText(text).width / 2 + 5)
    pen.fillStyle = here ? colours.ip : colours.background
    pen.strokeStyle = colours.ip
    pen.lineWidth = 1.5
    pen.beginPath()
    pen.roundRect(x - half, y + 12, 2 * half, 18, 9)
    pen.fill()
    pen.stroke()
    pen.fillStyle = here ? colours.background : colours.ink
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    pen.fillText(text, x, y + 21.5)
    pen.textAlign = 'left'
  }

  private drawFlashes(now: number, map: Topology): void {
    for (const [id, from] of this.flashes) {
      const age = (now - from) / FLASH_MS
      const box = map.boxes.find((candidate) => candidate.id === id)
      if (age >= 1) this.flashes.delete(id)
      if (age >= 1 || !box) continue
      this.pen.globalAlpha = 1 - age
      this.ring(box.rect, this.colours.control, 4)
      this.pen.globalAlpha = 1
    }
  }
}

/** The part of the map where a step happens: a hook of a stack, else the whole box. */
function rectToLight(map: Topology, anchor: Anchor): Rect | undefined {
  const box: Box | undefined = map.boxes.find(({ id }) => id === anchor.box)
  if (box?.kind !== 'stack') return box?.rect
  const stage = anchor.vertex.slice(anchor.vertex.lastIndexOf('#') + 1) as StackStage
  return box.stages[stage] ?? box.rect
}

function ease(share: number): number {
  return share < 0.5 ? 2 * share * share : 1 - (1 - share) * (1 - share) * 2
}
