import { timestampAt } from '../api/time.ts'
import type { ObjectRow } from '../api/types.ts'
import type { Condition } from '../control/pods.ts'
import type { Container } from './plan.ts'
import { fullImage, hexOf } from './names.ts'
import { isContainerReady, isStarted } from './probes.ts'
import type { ContainerRow, PodSandboxRow } from './sandbox-table.ts'

// biome-ignore lint/suspicious/noExplicitAny: core/v1 PodStatus as it is written
type PodStatus = any

export interface StatusInput {
  readonly pod: ObjectRow
  readonly sandbox: PodSandboxRow
  readonly hostIps: readonly string[]
  readonly nowUs: number
  readonly seed: number
}

/**
 * The status that the kubelet writes for a pod at this moment, a pure function of pod, sandbox and clock.
 * Models pkg/kubelet/kubelet_pods.go generateAPIPodStatus and pkg/kubelet/status/generate.go.
 */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, sandbox, hostIps, nowUs } = input
  const { spec, status: before = {} } = pod.object
  const views = containerViews(input)
  const inits = views.filter(({ role }) => role !== 'app')
  const apps = views.filter(({ role }) => role === 'app')
  const phase = phaseOf(apps, inits, spec.restartPolicy ?? 'Always')
  const finished = phase === 'Succeeded' || phase === 'Failed'
  const ips = sandbox.ips.length > 0 ? sandbox.ips : undefined
  return {
    ...(pod.object.metadata.generation ? { observedGeneration: pod.object.metadata.generation } : {}),
    phase,
    conditions: conditionsOf(
      input,
      { apps, inits, finished, connected: ips !== undefined && sandbox.state !== 'exited' },
      timestampAt(nowUs),
    ),
    ...(hostIps.length > 0 ? { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) } : {}),
    ...(ips ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}),
    startTime: before.startTime ?? timestampAt(sandbox.startedUs),
    ...(inits.length > 0 ? { initContainerStatuses: inits.map(({ status }) => status) } : {}),
    containerStatuses: apps.map(({ status }) => status).sort((a, b) => (a.name < b.name ? -1 : 1)),
    qosClass: before.qosClass ?? qosClass(spec),
  }
}

interface View {
  readonly role: ContainerRow['role']
  readonly name: string
  readonly state: 'waiting' | 'running' | 'terminated'
  readonly code?: number
  readonly ready: boolean
  readonly status: { readonly name: string }
}

function containerViews(input: StatusInput): View[] {
  const { spec } = input.pod.object
  const rows = new Map(input.sandbox.containers.map((row) => [row.name, row]))
  const inits: Container[] = spec.initContainers ?? []
  const waitsForInit = inits.some(
    (container) => container.restartPolicy !== 'Always' && !isDone(rows.get(container.name), input.nowUs),
  )
  return [
    ...inits.map((container) =>
      view(
        input,
        container,
        rows.get(container.name),
        container.restartPolicy === 'Always' ? 'sidecar' : 'init',
        'PodInitializing',
      ),
    ),
    ...spec.containers.map((container: Container) =>
      view(input, container, rows.get(container.name), 'app', waitsForInit ? 'PodInitializing' : 'ContainerCreating'),
    ),
  ]
}

function isDone(row: ContainerRow | undefined, nowUs: number): boolean {
  return row?.exit !== undefined && row.exit.atUs <= nowUs && row.exit.code === 0
}

function view(
  input: StatusInput,
  container: Container,
  row: ContainerRow | undefined,
  role: ContainerRow['role'],
  waitReason: string,
): View {
  const { nowUs, seed, sandbox, pod } = input
  const runs = row !== undefined && row.startUs <= nowUs
  const ended = runs && row.exit !== undefined && row.exit.atUs <= nowUs ? row.exit : undefined
  const state = ended ? 'terminated' : runs ? 'running' : 'waiting'
  const id = (run: number) => `containerd://${hexOf(seed, `${sandbox.uid}/${container.name}/${run}`, 64)}`
  const terminated = (end: { code: number; startUs: number; endUs: number }, run: number) => ({
    terminated: {
      exitCode: end.code,
      reason: end.code === 0 ? 'Completed' : 'Error',
      startedAt: timestampAt(end.startUs),
      finishedAt: timestampAt(end.endUs),
      containerID: id(run),
    },
  })
  const ready =
    role === 'init' ? ended?.code === 0 : state === 'running' && isContainerReady(container, row as ContainerRow)
  const waiting = row && row.restarts > 0 && state === 'waiting' ? backOff(row, container, pod) : { reason: waitReason }
  const shown =
    ended && row
      ? terminated({ code: ended.code, startUs: row.startUs, endUs: ended.atUs }, row.restarts)
      : state === 'running'
        ? { running: { startedAt: timestampAt(row?.startUs ?? 0) } }
        : { waiting }
  const image = fullImage(container.image ?? '')
  return {
    role,
    name: container.name,
    state,
    ...(ended ? { code: ended.code } : {}),
    ready,
    status: {
      name: container.name,
      state: shown,
      lastState: row?.last ? terminated(row.last, row.restarts - 1) : {},
      ready,
      restartCount: row?.restarts ?? 0,
      image: state === 'waiting' && !row?.last ? (container.image ?? '') : image,
      imageID:
        state === 'waiting' && !row?.last ? '' : `${image.replace(/:[^:/]*$/, '')}@sha256:${hexOf(0, image, 64)}`,
      ...(state === 'waiting'
        ? row?.last
          ? { containerID: id(row.restarts - 1) }
          : {}
        : { containerID: id(row?.restarts ?? 0) }),
      started: state === 'running' && isStarted(container, row as ContainerRow),
    } as { name: string },
  }
}

function backOff(row: ContainerRow, container: Container, pod: ObjectRow): { reason: string; message: string } {
  const { name, namespace, uid } = pod.object.metadata
  const text = `back-off ${backOffText(row.restarts)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`
  return { reason: 'CrashLoopBackOff', message: text }
}

/** 10 s, doubled with every restart after the first, at most 5 minutes. Models pkg/kubelet MaxContainerBackOff. */
export function backOffSeconds(restarts: number): number {
  return restarts <= 1 ? 0 : Math.min(10 * 2 ** (restarts - 2), 300)
}

function backOffText(restarts: number): string {
  const seconds = Math.max(10, backOffSeconds(restarts))
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

/** Models kubelet_pods.go getPhase. */
function phaseOf(apps: readonly View[], inits: readonly View[], restartPolicy: string): string {
  const once = inits.filter(({ role }) => role === 'init')
  if (once.some(({ state, code }) => state === 'terminated' && code !== 0))
    return restartPolicy === 'Never' ? 'Failed' : 'Pending'
  if (once.some(({ state }) => state !== 'terminated')) return 'Pending'
  const waiting = apps.filter(
    ({ state, status }) => state === 'waiting' && (status as { restartCount?: number }).restartCount === 0,
  )
  if (waiting.length > 0) return 'Pending'
  if (apps.some(({ state }) => state !== 'terminated')) return 'Running'
  if (restartPolicy === 'Always') return 'Running'
  if (apps.every(({ code }) => code === 0)) return 'Succeeded'
  return restartPolicy === 'Never' ? 'Failed' : 'Running'
}

interface Progress {
  readonly apps: readonly View[]
  readonly inits: readonly View[]
  readonly finished: boolean
  readonly connected: boolean
}

function conditionsOf({ pod }: StatusInput, { apps, inits, finished, connected }: Progress, now: string): Condition[] {
  const before: readonly Condition[] = pod.object.status?.conditions ?? []
  const uninitialized = inits
    .filter((view) => (view.role === 'init' ? view.code !== 0 : view.state !== 'running'))
    .map(({ name }) => name)
  const unready = [...inits.filter(({ role }) => role === 'sidecar'), ...apps]
    .filter(({ ready }) => !ready)
    .map(({ name }) => name)
  const gate = failingGate(pod, before)
  const containersReady = finished
    ? verdict(false, 'PodCompleted')
    : verdict(
        unready.length === 0 && uninitialized.length === 0,
        'ContainersNotReady',
        `containers with unready status: [${unready.join(' ')}]`,
      )
  const ready =
    containersReady.status === 'True' && gate ? verdict(false, 'ReadinessGatesNotReady', gate) : containersReady
  const own: Condition[] = [
    { type: 'PodReadyToStartContainers', ...verdict(connected) },
    {
      type: 'Initialized',
      ...(finished && uninitialized.length === 0
        ? verdict(true, undefined, undefined, 'PodCompleted')
        : verdict(
            uninitialized.length === 0,
            'ContainersNotInitialized',
            `containers with incomplete status: [${uninitialized.join(' ')}]`,
          )),
    },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...containersReady },
  ]
  const scheduled = before.find(({ type }) => type === 'PodScheduled') ?? {
    type: 'PodScheduled',
    status: 'True' as const,
  }
  const names = new Set([...own.map(({ type }) => type), 'PodScheduled'])
  const timed = own.map((condition) => withTime(condition, before, now))
  return [...timed, withTime(scheduled, before, now), ...before.filter(({ type }) => !names.has(type))]
}

function verdict(
  holds: boolean,
  reason?: string,
  message?: string,
  reasonIfTrue?: string,
): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (holds) return { status: 'True', ...(reasonIfTrue ? { reason: reasonIfTrue } : {}) }
  return { status: 'False', ...(reason ? { reason } : {}), ...(message ? { message } : {}) }
}

/** The time of the last change of status, not of reason or message. */
function withTime(condition: Condition, before: readonly Condition[], now: string): Condition {
  const old = before.find(({ type }) => type === condition.type)
  const lastTransitionTime = old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : now
  return condition.lastTransitionTime === lastTransitionTime ? condition : { ...condition, lastTransitionTime }
}

function failingGate(pod: ObjectRow, conditions: readonly Condition[]): string | undefined {
  const gates: readonly { conditionType: string }[] = pod.object.spec?.readinessGates ?? []
  const missing = gates.find(
    ({ conditionType }) => conditions.find(({ type }) => type === conditionType)?.status !== 'True',
  )
  if (!missing) return undefined
  const known = conditions.some(({ type }) => type === missing.conditionType)
  return known
    ? `the status of pod readiness gate "${missing.conditionType}" is not "True", but False`
    : `corresponding condition of pod readiness gate "${missing.conditionType}" does not exist.`
}

/** Models pkg/apis/core/v1/helper/qos GetPodQOS. */
export function qosClass(spec: Container): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers: Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const parts = containers.flatMap(({ resources }) => [
    ...Object.keys(resources?.requests ?? {}),
    ...Object.keys(resources?.limits ?? {}),
  ])
  if (!parts.some((name) => name === 'cpu' || name === 'memory')) return 'BestEffort'
  const full = containers.every(({ resources }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources?.limits?.[name]
      return (
        limit !== undefined &&
        (resources?.requests?.[name] === undefined || String(resources.requests[name]) === String(limit))
      )
    }),
  )
  return full ? 'Guaranteed' : 'Burstable'
}
