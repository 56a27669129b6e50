import type { Point } from '../../view/geometry.ts'
import type { PacketFace, Part } from '../../view/packet.ts'
import type { Palette } from './palette.ts'

type Pen = CanvasRenderingContext2D

/** Half the size of the innermost envelope, in screen pixels. */
const CORE = { w: 13, h: 9 }

/** Half the size that an envelope of these wraps takes. */
export function packetSize(face: PacketFace): { w: number; h: number } {
  const outer = (face.wraps.includes('tunnel') ? 7 : 0) + (face.wraps.includes('l2') ? 3 : 0)
  return { w: CORE.w + outer, h: CORE.h + outer }
}

/**
 * Nested envelopes around a point of the screen, each with a second signal beside its colour: IP a single border with a folded
 * flap, L4 an inset tab, data a double border, a tunnel a thick hatched frame, Ethernet square corners. Replies are hollow.
 */
export function drawPacket(pen: Pen, at: Point, face: PacketFace, colours: Palette): void {
  pen.save()
  pen.translate(at.x, at.y)
  let { w, h } = packetSize(face)
  if (face.wraps.includes('l2')) {
    corners(pen, w, h, colours.l2)
    w -= 3
    h -= 3
  }
  if (face.wraps.includes('tunnel')) {
    hatchedFrame(pen, w, h, colours)
    w -= 7
    h -= 7
  }
  if (!face.wraps.includes('ip')) {
    linkPacket(pen, w, h, face.reply, colours)
    pen.restore()
    return
  }
  pen.lineWidth = 2
  pen.strokeStyle = colours.ip
  pen.fillStyle = face.reply ? colours.background : colours.ip
  pen.beginPath()
  pen.roundRect(-w, -h, 2 * w, 2 * h, 3)
  pen.fill()
  pen.stroke()
  const flap = face.reply ? colours.ip : colours.background
  pen.strokeStyle = flap
  pen.lineWidth = 1.5
  pen.beginPath()
  pen.moveTo(-w + 2, -h + 2)
  pen.lineTo(0, 0)
  pen.lineTo(w - 2, -h + 2)
  pen.stroke()
  if (face.wraps.includes('l7')) {
    pen.strokeStyle = colours.l7
    pen.strokeRect(-w + 3, -h + 3, 2 * w - 6, 2 * h - 6)
  }
  if (face.wraps.includes('l4')) {
    pen.fillStyle = face.reply ? colours.background : colours.l4
    pen.strokeStyle = face.reply ? colours.l4 : colours.background
    pen.lineWidth = 1
    pen.beginPath()
    pen.rect(w - 9, h - 6, 9, 6)
    pen.fill()
    pen.stroke()
  }
  pen.restore()
}

/** A frame without an IP packet: ARP. */
function linkPacket(pen: Pen, w: number, h: number, hollow: boolean, colours: Palette): void {
  pen.fillStyle = hollow ? colours.background : colours.l2
  pen.strokeStyle = colours.l2
  pen.lineWidth = 2
  pen.fillRect(-w, -h, 2 * w, 2 * h)
  pen.strokeRect(-w, -h, 2 * w, 2 * h)
  pen.fillStyle = hollow ? colours.l2 : colours.background
  pen.font = `700 10px ${colours.sans}`
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillText('ARP', 0, 0.5)
  pen.textAlign = 'left'
}

function corners(pen: Pen, w: number, h: number, colour: string): void {
  pen.strokeStyle = colour
  pen.lineWidth = 1.5
  pen.beginPath()
  for (const [x, y] of [
    [-w, -h],
    [w, -h],
    [w, h],
    [-w, h],
  ]) {
    const [dx, dy] = [x < 0 ? 6 : -6, y < 0 ? 6 : -6]
    pen.moveTo(x + dx, y)
    pen.lineTo(x, y)
    pen.lineTo(x, y + dy)
  }
  pen.stroke()
}

function hatchedFrame(pen: Pen, w: number, h: number, colours: Palette): void {
  pen.save()
  pen.beginPath()
  pen.rect(-w, -h, 2 * w, 2 * h)
  pen.fillStyle = colours.background
  pen.fill()
  pen.clip()
  pen.strokeStyle = colours.tunnel
  pen.lineWidth = 1.5
  pen.beginPath()
  for (let x = -w - 2 * h; x < w; x += 5) {
    pen.moveTo(x, h)
    pen.lineTo(x + 2 * h, -h)
  }
  pen.stroke()
  pen.restore()
  pen.strokeStyle = colours.tunnel
  pen.lineWidth = 3
  pen.strokeRect(-w, -h, 2 * w, 2 * h)
}

/** How a walk ended, as a mark beside the packet: X, X with an arrow back, tick. */
export function drawEnd(pen: Pen, at: Point, how: 'dropped' | 'rejected' | 'delivered', colours: Palette): void {
  const colour = how === 'delivered' ? colours.delivered : colours.dropped
  pen.save()
  pen.translate(at.x, at.y)
  pen.lineCap = 'round'
  pen.lineJoin = 'round'
  for (const [width, stroke] of [
    [8, colours.background],
    [4, colour],
  ] as const) {
    pen.lineWidth = width
    pen.strokeStyle = stroke
    pen.beginPath()
    if (how === 'delivered') {
      pen.moveTo(-8, 0)
      pen.lineTo(-2, 6)
      pen.lineTo(9, -7)
    } else {
      pen.moveTo(-7, -7)
      pen.lineTo(7, 7)
      pen.moveTo(7, -7)
      pen.lineTo(-7, 7)
    }
    if (how === 'rejected') {
      pen.moveTo(14, -6)
      pen.bezierCurveTo(26, -6, 26, 8, 14, 8)
      pen.moveTo(18, 4)
      pen.lineTo(14, 8)
      pen.lineTo(18, 12)
    }
    pen.stroke()
  }
  pen.restore()
}

export interface Caption {
  readonly verb: string
  readonly bad: boolean
  readonly good: boolean
  readonly lines: readonly (readonly Part[])[]
  readonly rewritten: PacketFace['rewritten']
}

const LINE = 17
const PAD = 7

/** Size of a caption in screen pixels. */
export function captionSize(pen: Pen, caption: Caption, colours: Palette): { w: number; h: number } {
  const fonts = fontsOf(colours)
  pen.font = fonts.verb
  let w = pen.measureText(caption.verb).width
  pen.font = fonts.line
  for (const line of caption.lines) w = Math.max(w, pen.measureText(line.map((part) => part.text).join('')).width)
  for (const { field, before, after } of caption.rewritten) {
    w = Math.max(w, pen.measureText(`${field} ${before} → ${after}`).width + 8)
  }
  return { w: Math.ceil(w) + 2 * PAD, h: LINE * (1 + caption.lines.length + caption.rewritten.length) + 2 * PAD - 3 }
}

/** What happened here and what the packet is now; rewritten fields on a ground of their own: the old struck through, the new bold. */
export function drawCaption(
  pen: Pen,
  at: Point,
  size: { w: number; h: number },
  caption: Caption,
  colours: Palette,
): void {
  const fonts = fontsOf(colours)
  const edge = caption.bad ? colours.dropped : caption.good ? colours.delivered : colours.ink
  pen.save()
  pen.translate(at.x, at.y)
  pen.fillStyle = colours.background
  pen.strokeStyle = edge
  pen.lineWidth = caption.bad || caption.good ? 2 : 1
  pen.beginPath()
  pen.roundRect(0, 0, size.w, size.h, 6)
  pen.fill()
  pen.stroke()
  pen.textBaseline = 'middle'
  let y = PAD + LINE / 2 - 1
  pen.font = fonts.verb
  pen.fillStyle = edge
  pen.fillText(caption.verb, PAD, y)
  for (const line of caption.lines) {
    y += LINE
    let x = PAD
    for (const part of line) x = write(pen, part, x, y, fonts, colours)
  }
  for (const { field, before, after } of caption.rewritten) {
    y += LINE
    let x = write(pen, { text: `${field} `, changed: false }, PAD, y, fonts, colours)
    pen.fillStyle = colours.muted
    const from = x
    pen.fillText(before, x, y)
    x += pen.measureText(before).width
    pen.fillRect(from, y, x - from, 1)
    x = write(pen, { text: ' → ', changed: false }, x, y, fonts, colours)
    write(pen, { text: after, changed: true }, x, y, fonts, colours)
  }
  pen.restore()
}

function write(pen: Pen, part: Part, x: number, y: number, fonts: Fonts, colours: Palette): number {
  pen.font = part.changed ? fonts.bold : fonts.line
  const width = pen.measureText(part.text).width
  if (part.changed) {
    pen.fillStyle = colours.changed
    pen.fillRect(x - 1, y - 8, width + 2, 16)
  }
  pen.fillStyle = colours.ink
  pen.fillText(part.text, x, y)
  pen.font = fonts.line
  return x + width
}

interface Fonts {
  readonly verb: string
  readonly line: string
  readonly bold: string
}

function fontsOf(colours: Palette): Fonts {
  return { verb: `600 13px ${colours.sans}`, line: `12px ${colours.mono}`, bold: `700 12px ${colours.mono}` }
}
