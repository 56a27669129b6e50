import { microsOf } from '../../api/time.ts'
import type { KubeObject } from '../../api/types.ts'
import { humanDuration } from './age.ts'

interface ContainerStatus {
  readonly name?: string
  readonly ready?: boolean
  readonly started?: boolean
  readonly restartCount?: number
  readonly state?: { readonly waiting?: State; readonly running?: State; readonly terminated?: State }
  readonly lastState?: { readonly terminated?: State }
}

interface State {
  readonly reason?: string
  readonly exitCode?: number
  readonly signal?: number
  readonly finishedAt?: string
}

/** The columns READY, STATUS and RESTARTS of a pod. Models printers.go printPod. */
export function podStatus(
  { spec, status, metadata }: KubeObject,
  nowUs: number,
): { ready: string; status: string; restarts: string } {
  const containers: readonly { name?: string }[] = spec?.containers ?? []
  const inits: readonly { name?: string; restartPolicy?: string }[] = spec?.initContainers ?? []
  const sidecars = new Set(inits.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name))
  const initStatuses: readonly ContainerStatus[] = status?.initContainerStatuses ?? []
  const statuses: readonly ContainerStatus[] = status?.containerStatuses ?? []

  let reason: string = status?.reason || status?.phase || 'Unknown'
  const initReason = initializing(initStatuses, sidecars, inits.length)
  let restarts: number
  let lastRestart: string | undefined
  let ready = initStatuses.filter((each) => sidecars.has(each.name) && each.started && each.ready).length
  if (initReason !== undefined) {
    reason = initReason
    restarts = sum(initStatuses)
    lastRestart = latestEnd(initStatuses)
  } else {
    restarts = sum(initStatuses.filter((each) => sidecars.has(each.name))) + sum(statuses)
    lastRestart = latestEnd([...initStatuses.filter((each) => sidecars.has(each.name)), ...statuses])
    let running = false
    for (const each of [...statuses].reverse()) {
      const { waiting, terminated } = each.state ?? {}
      if (waiting?.reason) reason = waiting.reason
      else if (terminated) reason = endReason(terminated)
      else if (each.ready && each.state?.running) {
        running = true
        ready++
      }
    }
    const readyPod = (status?.conditions ?? []).some(
      (each: { type?: string; status?: string }) => each.type === 'Ready' && each.status === 'True',
    )
    if (reason === 'Completed' && running) reason = readyPod ? 'Running' : 'NotReady'
  }
  if (metadata.deletionTimestamp !== undefined) reason = status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating'
  const since = microsOf(lastRestart)
  return {
    ready: `${ready}/${containers.length + sidecars.size}`,
    status: reason,
    restarts:
      restarts > 0 && since !== undefined
        ? `${restarts} (${humanDuration(Math.floor((nowUs - since) / 1_000_000))} ago)`
        : String(restarts),
  }
}

/** `Init:0/2`, `Init:CrashLoopBackOff`, ...; undefined once all init containers are done. */
function initializing(
  statuses: readonly ContainerStatus[],
  sidecars: ReadonlySet<string | undefined>,
  total: number,
): string | undefined {
  for (const [i, each] of statuses.entries()) {
    const { terminated, waiting } = each.state ?? {}
    if (terminated?.exitCode === 0) continue
    if (sidecars.has(each.name) && each.started) continue
    if (terminated) return `Init:${endReason(terminated)}`
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`
    return `Init:${i}/${total}`
  }
  return undefined
}

function endReason({ reason, signal, exitCode }: State): string {
  if (reason) return reason
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`
}

const sum = (statuses: readonly ContainerStatus[]) =>
  statuses.reduce((total, each) => total + (each.restartCount ?? 0), 0)

function latestEnd(statuses: readonly ContainerStatus[]): string | undefined {
  return statuses
    .map((each) => each.lastState?.terminated?.finishedAt)
    .reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}
