import type { ObjectRow } from '../api/types.ts'
import { controllerRefOf } from '../control/ownership.ts'
import { jittered } from '../control/time-costs.ts'
import type { ControllerCtx } from '../control/types.ts'
import { exitOf } from './exits.ts'
import { fullImage } from './names.ts'
import type { ContainerRow, PodSandboxRow } from './sandbox-table.ts'

// biome-ignore lint/suspicious/noExplicitAny: a container of a pod's spec
export type Container = any

/**
 * When each container of a connected sandbox starts: init containers one after the other, sidecars among them staying,
 * then the others in order, each after its image is there.
 * Simplified: images are pulled side by side and always exist, because there is no registry here.
 */
export function planContainers(pod: ObjectRow, sandbox: PodSandboxRow, ctx: ControllerCtx): readonly ContainerRow[] {
  const { spec } = pod.object
  const jobPod = controllerRefOf(pod)?.kind === 'Job'
  const plan: ContainerRow[] = []
  let at = ctx.clock.now
  for (const container of spec.initContainers ?? []) {
    const startUs = start(pod, container, sandbox, at, ctx)
    if (container.restartPolicy === 'Always') {
      plan.push({ name: container.name, role: 'sidecar', startUs, restarts: 0, up: false })
      at = startUs
      continue
    }
    const exit = exitOf(container, 'init')
    at = startUs + (exit?.afterUs ?? 0)
    plan.push({
      name: container.name,
      role: 'init',
      startUs,
      restarts: 0,
      up: false,
      exit: { atUs: at, code: exit?.code ?? 0 },
    })
    if (exit?.code) return plan
  }
  for (const container of spec.containers) {
    at = start(pod, container, sandbox, at, ctx)
    plan.push({
      name: container.name,
      role: 'app',
      startUs: at,
      restarts: 0,
      up: false,
      ...exitAt(container, at, jobPod),
    })
  }
  return plan
}

/** The planned end of a run that starts at `startUs`. */
export function exitAt(container: Container, startUs: number, jobPod: boolean): Pick<ContainerRow, 'exit'> {
  const exit = exitOf(container, jobPod ? 'Job' : undefined)
  return exit ? { exit: { atUs: startUs + exit.afterUs, code: exit.code } } : {}
}

/** The image, then the start. */
function start(
  pod: ObjectRow,
  container: Container,
  { host, uid }: PodSandboxRow,
  at: number,
  ctx: ControllerCtx,
): number {
  const { containerStartUs } = ctx.costs
  const jitter = jitterOf(pod, ctx)
  const there = imageReady(pod, container, host, at, ctx)
  return there + jittered(ctx, containerStartUs, jitter, `start/${uid}/${container.name}`)
}

/**
 * Pods that make a node a node: its network's daemon, kube-proxy.
 * Simplified: their images are on every node and they start in step, so that nodes join together and not the first one
 * alone gets every waiting pod.
 */
function isNodeCritical(pod: ObjectRow): boolean {
  return pod.object.spec.priorityClassName === 'system-node-critical'
}

/** How much a pod's times vary. */
export function jitterOf(pod: ObjectRow, ctx: ControllerCtx): number {
  return isNodeCritical(pod) ? 0 : ctx.costs.jitter
}

/** When the image is on the node; the first who asks pulls it, later ones find it or wait. */
function imageReady(pod: ObjectRow, container: Container, host: string, at: number, ctx: ControllerCtx): number {
  const image = fullImage(container.image ?? '')
  const id = `${host}|${image}`
  const known = ctx.tx.get('image', id)
  if (isNodeCritical(pod) || (known && known.readyUs <= at)) {
    ctx.event(
      pod,
      'Normal',
      'Pulled',
      `Container image "${container.image}" already present on machine and can be accessed by the pod`,
    )
    return at
  }
  const readyUs = known?.readyUs ?? at + jittered(ctx, ctx.costs.imagePullUs, ctx.costs.jitter, `pull/${host}/${image}`)
  if (!known) ctx.tx.put('image', { id, host, image, readyUs })
  ctx.event(pod, 'Normal', 'Pulling', `Pulling image "${container.image}"`)
  const seconds = `${((readyUs - at) / 1_000_000).toFixed(3).replace(/\.?0+$/, '')}s`
  ctx.event(
    pod,
    'Normal',
    'Pulled',
    `Successfully pulled image "${container.image}" in ${seconds} (${seconds} including waiting)`,
  )
  return readyUs
}
