import { clockTable, eventTable } from '../core/event-queue.ts'
import { rngTable } from '../core/rng.ts'
import type { TableDef } from '../core/table.ts'
import { World } from '../core/world.ts'
import { API_TABLES } from './types.ts'

/** A world with the API's tables only, four seconds after the epoch: what tests of this folder run on. */
export function apiWorld(seed = 1): World {
  const tables = [clockTable, eventTable, rngTable, ...API_TABLES] as unknown as readonly TableDef<never>[] // of different rows
  const world = new World(tables)
  world.put('clock', { id: 'clock', now: 4_000_000, seq: 0, seed })
  return world
}
