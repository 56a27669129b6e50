import { timestampAt } from '../api/time.ts'
import type { ObjectRow } from '../api/types.ts'
import { cniStatus } from '../cni/conf-dir.ts'
import type { Condition } from '../control/pods.ts'
import type { ControllerCtx } from '../control/types.ts'

/**
 * What the kubelet says of its Node: pressures, and Ready as soon as the network is.
 * Models pkg/kubelet/nodestatus/setters.go. Heartbeats are not written: nobody would read them.
 */
export function syncNodeStatus(node: ObjectRow, host: string, ctx: ControllerCtx): void {
  const network = cniStatus(ctx.tx, host)
  const before: readonly Condition[] = node.object.status?.conditions ?? []
  const now = timestampAt(ctx.clock.now)
  const ready: Condition = network.ready
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : {
        type: 'Ready',
        status: 'False',
        reason: 'KubeletNotReady',
        message: `container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${network.message}`,
      }
  const own = [...PRESSURES, ready]
  const others = before.filter(({ type }) => !own.some((condition) => condition.type === type))
  const conditions = [...others, ...own.map((condition) => withTimes(condition, before, now))]
  ctx.api.updateStatus('Node', '', node.name, { ...node.object.status, conditions })
  const was = before.find(({ type }) => type === 'Ready')?.status
  if (was === ready.status) return
  ctx.event(
    node,
    'Normal',
    network.ready ? 'NodeReady' : 'NodeNotReady',
    `Node ${node.name} status is now: ${network.ready ? 'NodeReady' : 'NodeNotReady'}`,
  )
  ctx.note({
    actor: 'kubelet',
    text: `node ${node.name} is ${network.ready ? 'Ready' : 'NotReady: the network is not'}`,
    object: `Node//${node.name}`,
    node: node.name,
  })
}

const PRESSURES: readonly Condition[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
]

function withTimes(condition: Condition, before: readonly Condition[], now: string): Condition {
  const old = before.find(({ type }) => type === condition.type)
  if (!old || old.status !== condition.status) return { ...condition, lastHeartbeatTime: now, lastTransitionTime: now }
  return { ...condition, lastHeartbeatTime: old.lastHeartbeatTime, lastTransitionTime: old.lastTransitionTime }
}
