import type { Ctx, Note } from '../core/context.ts'
import { schedulerOf } from '../core/event-queue.ts'
import { draw } from '../core/rng.ts'
import { World } from '../core/world.ts'
import { TABLES } from '../tables.ts'

/** A world without events or controllers, for tests of what writes rows directly. */
export interface BareWorld {
  readonly world: World
  readonly ctx: Ctx
  readonly notes: Note[]
}

export function bareWorld(seed = 1): BareWorld {
  const world = new World(TABLES)
  const notes: Note[] = []
  world.put('clock', { id: 'clock', now: 0, seq: 0, seed })
  const ctx: Ctx = {
    tx: world,
    clock: schedulerOf(world),
    random: (stream) => draw(world, seed, stream),
    emit: () => {},
    note: (note) => notes.push(note),
  }
  return { world, ctx, notes }
}
