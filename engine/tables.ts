import { clusterConfigTable } from './api/cluster-config.ts'
import { API_TABLES } from './api/types.ts'
import { clockTable, eventTable } from './core/event-queue.ts'
import { rngTable } from './core/rng.ts'
import type { TableDef } from './core/table.ts'
import { KERNEL_TABLES } from './kernel/table-defs.ts'

/** Every table of a world, in the order in which `dump` prints them. */
export const TABLES = [
  clockTable,
  eventTable,
  rngTable,
  ...API_TABLES,
  clusterConfigTable,
  ...KERNEL_TABLES,
] as unknown as readonly TableDef<never>[] // a list of tables of different rows
