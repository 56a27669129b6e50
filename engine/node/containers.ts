import { locateIn } from '../api/provenance.ts'
import type { ObjectRow } from '../api/types.ts'
import { type Listens, listensOfContainer } from '../apps/listens.ts'
import { startListeners, stopListeners } from '../apps/listeners.ts'
import { find } from '../control/findings.ts'
import { controllerRefOf } from '../control/ownership.ts'
import type { ControllerCtx } from '../control/types.ts'
import { withConfiguration } from './configuration.ts'
import { type Container, exitAt } from './plan.ts'
import { causeOf } from './pod-files.ts'
import { backOffSeconds } from './pod-status.ts'
import { PROBE_KINDS, probeFailure, probeOf, stepProbe } from './probes.ts'
import type { ContainerRow, PodSandboxRow, ProbeKind, ProbeState } from './sandbox-table.ts'

/** When something will happen by itself, and whether the world waits for it. */
export interface Next {
  readonly atUs: number
  readonly background: boolean
}

/** Brings every container of a connected sandbox to where it is now: starts, ends, restarts, probes. */
export function stepContainers(
  pod: ObjectRow,
  sandbox: PodSandboxRow,
  ctx: ControllerCtx,
): { row: PodSandboxRow; next: readonly Next[] } {
  const next: Next[] = []
  const containers = sandbox.containers.map((row) => new Stepper(pod, sandbox, ctx, next).step(row))
  const same = containers.every((row, i) => row === sandbox.containers[i])
  const row = same ? sandbox : { ...sandbox, containers }
  if (!same) ctx.tx.put('podSandbox', row)
  return { row, next }
}

/** Ends every container: sockets close. */
export function stopContainers(sandbox: PodSandboxRow, ctx: ControllerCtx): void {
  for (const row of sandbox.containers) if (row.up) stopListeners(ctx, listenersId(sandbox, row.name))
}

/** An exit that is further away than this is nothing to wait for. */
const SOON_US = 10_000_000

class Stepper {
  private readonly pod: ObjectRow
  private readonly sandbox: PodSandboxRow
  private readonly ctx: ControllerCtx
  private readonly next: Next[]

  constructor(pod: ObjectRow, sandbox: PodSandboxRow, ctx: ControllerCtx, next: Next[]) {
    this.pod = pod
    this.sandbox = sandbox
    this.ctx = ctx
    this.next = next
  }

  step(given: ContainerRow): ContainerRow {
    const { now } = this.ctx.clock
    const container = containerOf(this.pod, given.name)
    let row = given
    // A container that ends at once and is restarted at once passes here twice.
    for (let turn = 0; turn < 3; turn++) {
      if (row.startUs > now) {
        this.next.push({ atUs: row.startUs, background: row.restarts > 1 })
        return row
      }
      if (!row.up) row = this.start(row, container)
      if (!row.exit || row.exit.atUs > now) break
      const restarted = this.end(row, container)
      if (restarted === row) return row
      row = restarted
    }
    if (row.exit && row.exit.atUs > now) {
      const waited = row.role === 'init' || this.isJobPod || (row.restarts === 0 && row.exit.atUs - now <= SOON_US)
      this.next.push({ atUs: row.exit.atUs, background: !waited })
    }
    return row.up && !this.hasEnded(row) ? this.probe(row, container) : row
  }

  private hasEnded(row: ContainerRow): boolean {
    return row.exit !== undefined && row.exit.atUs <= this.ctx.clock.now
  }

  private get isJobPod(): boolean {
    return controllerRefOf(this.pod)?.kind === 'Job'
  }

  private start(row: ContainerRow, container: Container): ContainerRow {
    this.ctx.event(this.pod, 'Normal', 'Created', `Created container: ${row.name}`)
    this.ctx.event(this.pod, 'Normal', 'Started', `Started container ${row.name}`)
    if (row.role === 'init') return { ...row, up: true }
    const crash = openSockets(this.pod, this.sandbox, container, this.ctx)
    if (!crash) return { ...row, up: true }
    this.ctx.note({
      actor: 'kubelet',
      text: `container ${row.name} of ${this.pod.namespace}/${this.pod.name} died: ${crash}`,
      node: this.sandbox.node,
      object: objectOf(this.pod),
    })
    return { ...row, up: true, exit: { atUs: this.ctx.clock.now, code: 1 } }
  }

  /** What the restart policy says about a container that ended: the same row, or its next run. */
  private end(row: ContainerRow, container: Container): ContainerRow {
    const { atUs, code } = row.exit as { atUs: number; code: number }
    stopListeners(this.ctx, listenersId(this.sandbox, row.name))
    const policy: string = row.role === 'sidecar' ? 'Always' : (this.pod.object.spec.restartPolicy ?? 'Always')
    const again =
      row.role === 'init'
        ? code !== 0 && policy !== 'Never'
        : policy === 'Always' || (policy === 'OnFailure' && code !== 0)
    if (!again) return row
    const restarts = row.restarts + 1
    const waitUs = backOffSeconds(restarts) * 1_000_000
    if (waitUs > 0)
      this.ctx.event(
        this.pod,
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${row.name} in pod ${this.pod.name}_${this.pod.namespace}(${this.sandbox.uid})`,
      )
    const startUs = atUs + waitUs + this.ctx.costs.containerStartUs
    const planned = row.role === 'init' ? { exit: { atUs: startUs, code } } : exitAt(container, startUs, this.isJobPod)
    return {
      name: row.name,
      role: row.role,
      startUs,
      restarts,
      up: false,
      last: { code, startUs: row.startUs, endUs: atUs },
      ...planned,
    }
  }

  private probe(row: ContainerRow, container: Container): ContainerRow {
    let probes = row.probes
    for (const kind of PROBE_KINDS) {
      const probe = probeOf(container, kind)
      if (!probe) continue
      if (kind !== 'startup' && container.startupProbe && !probes?.startup?.verdict) continue
      const startUs =
        kind !== 'startup' && container.startupProbe ? (probes?.startup?.sinceUs ?? row.startUs) : row.startUs
      const failure = probeFailure(this.ctx.tx, probe, container, this.sandbox)
      const before = probes?.[kind]
      const { state, flipAtUs } = stepProbe(
        probe,
        startUs,
        before,
        failure === undefined,
        this.ctx.clock.now,
        kind === 'liveness',
      )
      if (failure !== undefined && before?.passes !== false)
        this.ctx.event(this.pod, 'Warning', 'Unhealthy', `${TITLES[kind]} probe failed: ${failure}`)
      if (flipAtUs !== undefined) this.next.push({ atUs: flipAtUs, background: kind === 'liveness' })
      const killAtUs = deadlineOf(kind, probe, startUs, state)
      if (killAtUs !== undefined && killAtUs <= this.ctx.clock.now) return this.kill(row, kind)
      if (killAtUs !== undefined) this.next.push({ atUs: killAtUs, background: true })
      if (!before || before.passes !== state.passes || before.verdict !== state.verdict)
        probes = { ...probes, [kind]: state }
    }
    return probes === row.probes ? row : { ...row, probes }
  }

  private kill(row: ContainerRow, kind: ProbeKind): ContainerRow {
    const { now } = this.ctx.clock
    this.ctx.event(this.pod, 'Normal', 'Killing', `Container ${row.name} failed ${kind} probe, will be restarted`)
    this.ctx.note({
      actor: 'kubelet',
      text: `restarts container ${row.name} of ${this.pod.namespace}/${this.pod.name}: its ${kind} probe fails`,
      node: this.sandbox.node,
      object: objectOf(this.pod),
    })
    const ended: ContainerRow = { ...row, exit: { atUs: now, code: 137 } }
    const again = this.end(ended, containerOf(this.pod, row.name))
    if (again !== ended) this.next.push({ atUs: again.startUs, background: true })
    return again
  }
}

const TITLES = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' } as const

/** When a container is killed for a probe: liveness as soon as its verdict is bad, startup when its patience is over. */
function deadlineOf(
  kind: ProbeKind,
  probe: { failureThreshold?: number; periodSeconds?: number; initialDelaySeconds?: number },
  startUs: number,
  state: ProbeState,
): number | undefined {
  if (kind === 'liveness') return state.verdict ? undefined : startUs
  if (kind !== 'startup' || state.verdict || state.passes) return undefined
  const seconds = (probe.initialDelaySeconds ?? 0) + (probe.failureThreshold ?? 3) * (probe.periodSeconds ?? 10)
  return startUs + seconds * 1_000_000
}

function containerOf(pod: ObjectRow, name: string): Container {
  const { containers = [], initContainers = [] } = pod.object.spec
  return [...containers, ...initContainers].find((container: Container) => container.name === name) ?? { name }
}

function listenersId(sandbox: PodSandboxRow, container: string): string {
  return `${sandbox.id}/${container}`
}

function objectOf(pod: ObjectRow): string {
  return `Pod/${pod.namespace}/${pod.name}`
}

/** Opens what the container listens on; the line it dies with if a port is taken. */
function openSockets(
  pod: ObjectRow,
  sandbox: PodSandboxRow,
  container: Container,
  ctx: ControllerCtx,
): string | undefined {
  const listens = listensOfContainer(withConfiguration(pod, ctx), container.name, pod.object.metadata.annotations)
  if (!listens) return undefined
  report(pod, container, listens, ctx)
  if (listens.ports.length === 0) return undefined
  const failure = startListeners(ctx, {
    netns: sandbox.netns,
    id: listenersId(sandbox, container.name),
    name: `${pod.namespace}/${pod.name}`,
    cluster: ctx.cluster,
    ports: listens.ports,
    owner: 'kubelet',
    cause: causeOf(pod, ctx),
  })
  return failure?.message
}

/** Said once for the pods of one owner. */
function report(pod: ObjectRow, container: Container, { diagnostic }: Listens, ctx: ControllerCtx): void {
  if (!diagnostic) return
  const place = locateIn(ctx.tx, pod, 'spec.containers')
  if (!place) return // nobody's text: the cluster's own pods
  const owner = controllerRefOf(pod)
  const object = owner ? `${owner.kind}/${pod.namespace}/${owner.name}` : objectOf(pod)
  find(ctx.tx, `listens/${ctx.cluster}/${object}/${container.name}`, {
    severity: 'warning',
    code: 'listens-on-nothing',
    message: diagnostic,
    object,
    file: place.file,
    line: place.line,
  })
}
