import type { ObjectRow } from '../../api/types.ts'
import type { ControllerCtx } from '../types.ts'
import { milliCpu, quantity } from '../quantity.ts'
import type { Taint } from './taints.ts'

/** What the scheduler reads of a Node. */
export interface NodeInfo {
  readonly name: string
  /** Id of its row in the scheduler's cache. */
  readonly usageId: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly unschedulable: boolean
  /** It has not been ready yet, or is not any more. */
  readonly notReady: boolean
  readonly cpu: number
  readonly memory: number
  readonly pods: number
}

/** Every Node of the cluster in order of name, digested once until a Node changes. */
export function nodeInfos(ctx: ControllerCtx): readonly NodeInfo[] {
  return ctx.tx.memo('object', 'kind', `${ctx.cluster}|Node`, 'scheduler', (rows) => rows.map(infoOf))
}

function infoOf({ cluster, name, object }: ObjectRow): NodeInfo {
  const taints: readonly Taint[] = object.spec?.taints ?? []
  const allocatable = object.status?.allocatable ?? object.status?.capacity ?? {}
  return {
    name,
    usageId: `${cluster}|${name}`,
    labels: object.metadata.labels ?? {},
    taints,
    unschedulable: object.spec?.unschedulable === true,
    notReady: taints.some(({ key }) => key === 'node.kubernetes.io/not-ready'),
    cpu: milliCpu(allocatable.cpu),
    memory: quantity(allocatable.memory),
    pods: quantity(allocatable.pods ?? 0),
  }
}
