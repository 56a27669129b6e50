import { componentsTable } from './components.ts'
import { sliceVersionTable } from './endpointslice/tracker.ts'
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
  sliceVersionTable,
  ...SCHEDULER_TABLES,
] as const
