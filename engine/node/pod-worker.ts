import type { ObjectRow } from '../api/types.ts'
import { cniStatus } from '../cni/conf-dir.ts'
import { nameOfRow } from '../control/keys.ts'
import { isFinished, isTerminating } from '../control/pods.ts'
import type { ControllerCtx, ReconcileResult } from '../control/types.ts'
import { type Next, stepContainers, stopContainers } from './containers.ts'
import { ignoresSigterm } from './exits.ts'
import { type Container, planContainers } from './plan.ts'
import { podStatus } from './pod-status.ts'
import { closeSandbox, connect, openSandbox } from './sandbox.ts'
import type { PodSandboxRow } from './sandbox-table.ts'

export interface NodeHost {
  readonly node: string
  readonly host: string
  readonly hostIps: readonly string[]
}

/** One pass over one pod of a node. Models pkg/kubelet/kubelet.go SyncPod and SyncTerminatingPod. */
export function syncPod(
  pod: ObjectRow,
  sandbox: PodSandboxRow | undefined,
  at: NodeHost,
  ctx: ControllerCtx,
): ReconcileResult | undefined {
  if (isTerminating(pod)) return terminate(pod, sandbox, ctx)
  if (!sandbox) return isFinished(pod) ? undefined : admit(pod, at, ctx)
  if (sandbox.state === 'creating') return create(pod, sandbox, at, ctx)
  if (sandbox.state === 'ready') return run(pod, sandbox, at, ctx)
}

/** Takes down what is left of a pod that is gone, at once. */
export function discard(sandbox: PodSandboxRow, ctx: ControllerCtx): void {
  stopContainers(sandbox, ctx)
  if (sandbox.state !== 'exited') closeSandbox(sandbox, ctx)
  ctx.tx.delete('podSandbox', sandbox.id)
  ctx.note({
    actor: 'kubelet',
    text: `removed the sandbox of ${sandbox.namespace}/${sandbox.name}`,
    node: sandbox.node,
    object: `Pod/${sandbox.namespace}/${sandbox.name}`,
  })
}

function admit(pod: ObjectRow, at: NodeHost, ctx: ControllerCtx): ReconcileResult | undefined {
  const network = cniStatus(ctx.tx, at.host)
  if (!pod.object.spec?.hostNetwork && !network.ready) {
    ctx.event(
      pod,
      'Warning',
      'NetworkNotReady',
      `network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${network.message}`,
    )
    return // the configuration's file wakes us
  }
  const sandbox = openSandbox(pod, at, ctx)
  write(pod, sandbox, at, ctx)
  return { requeueAfterUs: (sandbox.dueUs ?? ctx.clock.now) - ctx.clock.now }
}

/** Failures in a row after which nobody waits for the next try. */
const PATIENCE = 3

function create(pod: ObjectRow, sandbox: PodSandboxRow, at: NodeHost, ctx: ControllerCtx): ReconcileResult | undefined {
  const { now } = ctx.clock
  const dueUs = sandbox.dueUs ?? now
  const background = sandbox.attempts >= PATIENCE
  if (dueUs > now) return { requeueAfterUs: dueUs - now, background }
  const connected = connect(pod, sandbox, at.hostIps, ctx)
  if ('failure' in connected) {
    const attempts = sandbox.attempts + 1
    const waitUs = Math.min(2 ** attempts, 300) * 1_000_000
    ctx.tx.put('podSandbox', { ...sandbox, attempts, dueUs: now + waitUs })
    ctx.event(
      pod,
      'Warning',
      'FailedCreatePodSandBox',
      `Failed to create pod sandbox: rpc error: code = Unknown desc = ${connected.failure}`,
    )
    ctx.note({
      actor: 'kubelet',
      text: `cannot connect ${pod.namespace}/${pod.name}: ${connected.failure}`,
      object: nameOfRow(pod),
      node: at.node,
    })
    return { requeueAfterUs: waitUs, background: attempts >= PATIENCE }
  }
  const row = { ...connected.row, containers: planContainers(pod, connected.row, ctx) }
  ctx.tx.put('podSandbox', row)
  // The first status after this one tells the address together with the started containers, as a real kubelet's does.
  return { requeueAfterUs: Math.max(0, ...row.containers.map(({ startUs }) => startUs - now)) }
}

function run(pod: ObjectRow, sandbox: PodSandboxRow, at: NodeHost, ctx: ControllerCtx): ReconcileResult | undefined {
  const first = sandbox.containers.every(({ restarts, up }) => restarts === 0 && !up)
  const planned = Math.max(0, ...sandbox.containers.map(({ startUs }) => startUs))
  if (first && planned > ctx.clock.now) return { requeueAfterUs: planned - ctx.clock.now }
  const { row, next } = stepContainers(pod, sandbox, ctx)
  const status = write(pod, row, at, ctx)
  if (first)
    ctx.note({
      actor: 'kubelet',
      text: `started ${pod.namespace}/${pod.name} (${row.ips.join(', ')})`,
      object: nameOfRow(pod),
      node: at.node,
    })
  if (status.phase === 'Succeeded' || status.phase === 'Failed') {
    stopContainers(row, ctx)
    closeSandbox(row, ctx)
    ctx.tx.put('podSandbox', { ...row, state: 'exited' })
    return
  }
  return soonest(next, ctx.clock.now)
}

/** The earliest of what comes; waited for if any of it is. */
function soonest(next: readonly Next[], now: number): ReconcileResult | undefined {
  if (next.length === 0) return undefined
  const atUs = Math.min(...next.map((each) => each.atUs))
  return { requeueAfterUs: Math.max(1, atUs - now), background: next.every(({ background }) => background) }
}

function terminate(
  pod: ObjectRow,
  sandbox: PodSandboxRow | undefined,
  ctx: ControllerCtx,
): ReconcileResult | undefined {
  const { now } = ctx.clock
  if (sandbox?.state === 'ready') {
    const dueUs = now + stopTimeUs(pod, ctx)
    ctx.tx.put('podSandbox', { ...sandbox, state: 'stopping', dueUs })
    for (const { name, role } of sandbox.containers)
      if (role !== 'init') ctx.event(pod, 'Normal', 'Killing', `Stopping container ${name}`)
    if (dueUs > now) return { requeueAfterUs: dueUs - now }
  }
  const dueUs = sandbox?.state === 'stopping' ? (sandbox.dueUs ?? now) : now
  if (dueUs > now && pod.object.metadata.deletionGracePeriodSeconds !== 0) return { requeueAfterUs: dueUs - now }
  const row = sandbox && ctx.tx.get('podSandbox', sandbox.id)
  if (row) discard(row, ctx)
  ctx.api.delete('Pod', pod.namespace, pod.name, { graceSeconds: 0 })
}

/** preStop, then SIGTERM, then SIGKILL when the grace period is over. Models kuberuntime killContainer. */
function stopTimeUs(pod: ObjectRow, ctx: ControllerCtx): number {
  const graceUs = (pod.object.metadata.deletionGracePeriodSeconds ?? 30) * 1_000_000
  const containers: Container[] = pod.object.spec?.containers ?? []
  const longest = Math.max(
    0,
    ...containers.map(
      (container) => preStopUs(container) + (ignoresSigterm(container) ? graceUs : ctx.costs.containerStopUs),
    ),
  )
  return Math.min(graceUs, longest)
}

function preStopUs(container: Container): number {
  const hook = container.lifecycle?.preStop
  if (hook?.sleep) return (hook.sleep.seconds ?? 0) * 1_000_000
  const sleep = /\bsleep\s+(\d+)/.exec((hook?.exec?.command ?? []).join(' '))
  return sleep ? Number(sleep[1]) * 1_000_000 : 0
}

function write(pod: ObjectRow, sandbox: PodSandboxRow, at: NodeHost, ctx: ControllerCtx): { phase: string } {
  const current = ctx.api.get('Pod', pod.namespace, pod.name) ?? pod
  const status = podStatus({ pod: current, sandbox, hostIps: at.hostIps, nowUs: ctx.clock.now, seed: ctx.clock.seed })
  ctx.api.updateStatus('Pod', pod.namespace, pod.name, status)
  return status
}
