import type { EventRow } from './event-queue.ts'
import type { World } from './world.ts'

/**
 * The pending events as a binary heap by (at, seq), derived from table `event`. It follows the table through writes,
 * undo and redo by observing it: a row that came back is pushed again, one that went is skipped when it surfaces.
 */
export class EventHeap {
  private readonly heap: EventRow[] = []
  private readonly world: World
  private foreground = 0
  /** From so many rows on, those that are gone are thrown out; never below `least`. */
  private limit: number
  private readonly least: number

  constructor(world: World, least = 1024) {
    this.limit = least
    this.least = least
    this.world = world
    for (const row of world.rows('event')) this.add(row)
    world.observe('event', ({ before, after }) => {
      if (before && !(before as EventRow).background) this.foreground--
      if (after) this.add(after as EventRow)
    })
  }

  /** True when nothing but background work is pending. */
  get settled(): boolean {
    return this.foreground === 0
  }

  /** The next event, left in the table: whoever runs it deletes the row. */
  peek(): EventRow | undefined {
    while (this.heap.length > 0) {
      const top = this.heap[0]
      if (this.world.get('event', top.id) === top) return top
      this.pop()
    }
    return undefined
  }

  private add(row: EventRow): void {
    if (!row.background) this.foreground++
    if (this.heap.length > this.limit) this.sift()
    const heap = this.heap
    let i = heap.push(row) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!sooner(heap[i], heap[parent])) break
      ;[heap[i], heap[parent]] = [heap[parent], heap[i]]
      i = parent
    }
  }

  /** Questions leave events behind that were taken back and never surface: now and then they are thrown out. */
  private sift(): void {
    const left = new Set(this.heap.filter((row) => this.world.get('event', row.id) === row))
    this.heap.length = 0
    for (const row of [...left].sort((a, b) => (sooner(a, b) ? -1 : 1))) this.heap.push(row)
    this.limit = Math.max(this.least, left.size * 2)
  }

  private pop(): void {
    const heap = this.heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    heap[0] = last
    for (let i = 0; ; ) {
      const left = 2 * i + 1
      let least = i
      if (left < heap.length && sooner(heap[left], heap[least])) least = left
      if (left + 1 < heap.length && sooner(heap[left + 1], heap[least])) least = left + 1
      if (least === i) return
      ;[heap[i], heap[least]] = [heap[least], heap[i]]
      i = least
    }
  }
}

function sooner(a: EventRow, b: EventRow): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq)
}
