import { componentsTable } from './components.ts'
import { kubeEventTable } from './events.ts'
import { pausedTable, rewriteTable } from './fights.ts'
import { findingTable } from './findings.ts'
import { SCHEDULER_TABLES } from './scheduler/cache.ts'
import { controllerRunTable } from './workqueue.ts'

/** What the control plane remembers beside the API's objects. */
export const CONTROL_TABLES = [
  componentsTable,
  controllerRunTable,
  rewriteTable,
  pausedTable,
  kubeEventTable,
  findingTable,
  ...SCHEDULER_TABLES,
] as const
