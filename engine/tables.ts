import { clusterConfigTable } from './api/cluster-config.ts'
import { API_TABLES } from './api/types.ts'
import { cniExecTable } from './cni/exec-table.ts'
import { CONTROL_TABLES } from './control/tables.ts'
import { clockTable, eventTable } from './core/event-queue.ts'
import { rngTable } from './core/rng.ts'
import type { TableDef } from './core/table.ts'
import { KERNEL_TABLES } from './kernel/table-defs.ts'
import { NODE_TABLES } from './node/sandbox-table.ts'

/** Every table of a world, in the order in which `dump` prints them. */
export const TABLES = [
  clockTable,
  eventTable,
  rngTable,
  ...API_TABLES,
  clusterConfigTable,
  ...CONTROL_TABLES,
  ...NODE_TABLES,
  cniExecTable,
  ...KERNEL_TABLES,
] as unknown as readonly TableDef<never>[] // a list of tables of different rows
