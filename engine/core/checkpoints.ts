import type { Row } from './table.ts'

/** The rows of every table at one position of the log, table by table in the world's order; shared, never written to. */
export interface Checkpoint {
  readonly position: number
  readonly tables: readonly ReadonlyMap<string, Row>[]
}

const MOST = 16

/**
 * Places in history that can be reached without walking the log. They lie an interval apart; when there are too many,
 * every second one goes and the interval doubles, so that a long run keeps a few evenly spread ones.
 *
 *     0 ------- 32768 ------- 65536 ----------- at
 *     genesis                            ^ left: where the last jump began, kept because it costs nothing
 */
export class Checkpoints {
  private kept: Checkpoint[]
  private left: Checkpoint | undefined
  private interval: number

  constructor(genesis: Checkpoint, interval: number) {
    this.kept = [genesis]
    this.interval = interval
  }

  /** True if the log has grown enough for another one. */
  due(position: number): boolean {
    return position - this.kept[this.kept.length - 1].position >= this.interval
  }

  add(checkpoint: Checkpoint): void {
    this.kept.push(checkpoint)
    if (this.kept.length <= MOST) return
    this.kept = this.kept.filter((_, i) => i % 2 === 0)
    this.interval *= 2
  }

  leave(checkpoint: Checkpoint): void {
    this.left = checkpoint
  }

  nearest(position: number): Checkpoint {
    let best = this.left ?? this.kept[0]
    for (const each of this.kept)
      if (Math.abs(each.position - position) < Math.abs(best.position - position)) best = each
    return best
  }

  /** Forgets, and returns, what lies beyond a position: the log was cut there. */
  cut(position: number): Checkpoint[] {
    if (this.left && this.left.position > position) this.left = undefined
    const last = this.kept.findLastIndex((each) => each.position <= position)
    return this.kept.splice(last + 1)
  }
}
