import type { ObjectRow } from '../../api/types.ts'
import type { Row, TableDef } from '../../core/table.ts'
import { controllerRefOf } from '../ownership.ts'
import type { ControllerCtx } from '../types.ts'
import { type Requests, requestsOf } from './requests.ts'

/**
 * What the scheduler remembers of the pods that it placed, so that placing one costs a look at each node and not at each
 * pod. Models pkg/scheduler/backend/cache.
 */
export interface SchedPodRow extends Row {
  readonly cluster: string
  /** `namespace/name` */
  readonly key: string
  readonly uid: string
  /** Absent: waiting for a node. */
  readonly node?: string
  readonly owner?: string
  readonly requests: Requests
}

export interface SchedNodeRow extends Row {
  readonly cpu: number
  readonly memory: number
  readonly scoredCpu: number
  readonly scoredMemory: number
  readonly pods: number
  readonly ports: readonly string[]
}

/** How many pods of one owner are on each node. */
export interface SchedSpreadRow extends Row {
  readonly pods: Readonly<Record<string, number>>
}

declare module '../../core/tables.ts' {
  interface Tables {
    schedPod: SchedPodRow
    schedNode: SchedNodeRow
    schedSpread: SchedSpreadRow
  }
}

export const schedPodTable: TableDef<SchedPodRow> = {
  name: 'schedPod',
  indexes: { waiting: (r) => (r.node === undefined ? r.cluster : undefined) },
}
export const schedNodeTable: TableDef<SchedNodeRow> = { name: 'schedNode' }
export const schedSpreadTable: TableDef<SchedSpreadRow> = { name: 'schedSpread' }
export const SCHEDULER_TABLES = [schedPodTable, schedNodeTable, schedSpreadTable] as const

const EMPTY: SchedNodeRow = Object.freeze({
  id: '',
  cpu: 0,
  memory: 0,
  scoredCpu: 0,
  scoredMemory: 0,
  pods: 0,
  ports: [],
})

export function usageOf(ctx: ControllerCtx, node: { readonly usageId: string }): SchedNodeRow {
  return ctx.tx.get('schedNode', node.usageId) ?? EMPTY
}

/** Pods of one owner by node. */
export function siblingsOf(ctx: ControllerCtx, owner: string): Readonly<Record<string, number>> {
  return ctx.tx.get('schedSpread', `${ctx.cluster}|${owner}`)?.pods ?? NOBODY
}

const NOBODY = Object.freeze({})

export function waitingKeys(ctx: ControllerCtx): string[] {
  return ctx.tx.by('schedPod', 'waiting', ctx.cluster).map(({ key }) => key)
}

export function isAnyoneWaiting(ctx: ControllerCtx): boolean {
  return ctx.tx.oneBy('schedPod', 'waiting', ctx.cluster) !== undefined
}

/** Whether a bound pod is counted where it is: the scheduler's own bindings are not news to it. */
export function isAccounted(ctx: ControllerCtx, key: string, pod: ObjectRow): boolean {
  const node: string | undefined = pod.object.spec?.nodeName
  const known = node ? ctx.tx.get('schedPod', `${ctx.cluster}|${key}`) : undefined
  return known !== undefined && known.node === node && known.uid === pod.object.metadata.uid
}

/** Counts a pod on its node, or as waiting; what was counted for an earlier place or an earlier pod of its name is taken back. */
export function account(ctx: ControllerCtx, key: string, pod: ObjectRow, node: string | undefined): void {
  const id = `${ctx.cluster}|${key}`
  const uid = pod.object.metadata.uid ?? pod.id
  const known = ctx.tx.get('schedPod', id)
  if (known && known.node === node && known.uid === uid) return
  if (known?.node) count(ctx, known, -1)
  const row: SchedPodRow = {
    id,
    cluster: ctx.cluster,
    key,
    uid,
    node,
    owner: controllerRefOf(pod)?.uid,
    requests: requestsOf(pod.object.spec),
  }
  ctx.tx.put('schedPod', row)
  if (node) count(ctx, row, 1)
}

/** Takes a pod back that is gone or has finished. */
export function discount(ctx: ControllerCtx, key: string): void {
  const known = ctx.tx.get('schedPod', `${ctx.cluster}|${key}`)
  if (!known) return
  if (known.node) count(ctx, known, -1)
  ctx.tx.delete('schedPod', known.id)
}

function count(ctx: ControllerCtx, { node, owner, requests }: SchedPodRow, sign: 1 | -1): void {
  const id = `${ctx.cluster}|${node}`
  const usage = ctx.tx.get('schedNode', id) ?? EMPTY
  ctx.tx.put('schedNode', {
    id,
    cpu: usage.cpu + sign * requests.cpu,
    memory: usage.memory + sign * requests.memory,
    scoredCpu: usage.scoredCpu + sign * requests.scoredCpu,
    scoredMemory: usage.scoredMemory + sign * requests.scoredMemory,
    pods: usage.pods + sign,
    ports:
      requests.ports.length === 0
        ? usage.ports
        : sign > 0
          ? [...usage.ports, ...requests.ports].sort()
          : without(usage.ports, requests.ports),
  })
  if (!owner) return
  const spread = `${ctx.cluster}|${owner}`
  const pods = { ...ctx.tx.get('schedSpread', spread)?.pods }
  const left = (pods[node as string] ?? 0) + sign
  if (left > 0) pods[node as string] = left
  else delete pods[node as string]
  if (Object.keys(pods).length > 0) ctx.tx.put('schedSpread', { id: spread, pods })
  else ctx.tx.delete('schedSpread', spread)
}

function without(ports: readonly string[], gone: readonly string[]): string[] {
  const left = [...ports]
  for (const port of gone) if (left.includes(port)) left.splice(left.indexOf(port), 1)
  return left
}
