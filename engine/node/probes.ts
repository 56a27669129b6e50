import type { ObjectRow } from '../api/types.ts'
import type { WorldReader } from '../core/world.ts'
import type { ContainerRow, PodSandboxRow, ProbeKind, ProbeState } from './sandbox-table.ts'
import type { Container } from './plan.ts'

const FIELDS = { startup: 'startupProbe', readiness: 'readinessProbe', liveness: 'livenessProbe' } as const
export const PROBE_KINDS: readonly ProbeKind[] = ['startup', 'readiness', 'liveness']

// biome-ignore lint/suspicious/noExplicitAny: core/v1 Probe
type Probe = any

export function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  return container[FIELDS[kind]]
}

export function hasProbes(pod: ObjectRow): boolean {
  const { containers = [], initContainers = [] } = pod.object.spec ?? {}
  return [...containers, ...initContainers].some((container: Container) =>
    PROBE_KINDS.some((kind) => probeOf(container, kind)),
  )
}

/** Why a probe fails now, in the kubelet's words; undefined: it passes. */
export function probeFailure(
  tx: Pick<WorldReader, 'by'>,
  probe: Probe,
  container: Container,
  sandbox: PodSandboxRow,
): string | undefined {
  const target = probe.httpGet ?? probe.tcpSocket ?? probe.grpc
  // Simplified: exec probes pass, because the program that they run is not modelled.
  if (!target) return undefined
  const port = portNumber(target.port, container)
  const ip = target.host || sandbox.ips[0]
  if (port !== undefined && listens(tx, sandbox, port)) return undefined
  // Simplified: a probe looks for the listening socket and sends no packet, and every HTTP answer counts as success.
  const refused = `dial tcp ${ip.includes(':') ? `[${ip}]` : ip}:${port ?? target.port}: connect: connection refused`
  if (!probe.httpGet) return refused
  const scheme = (target.scheme ?? 'HTTP').toLowerCase()
  return `Get "${scheme}://${ip.includes(':') ? `[${ip}]` : ip}:${port ?? target.port}${target.path ?? '/'}": ${refused}`
}

function listens(tx: Pick<WorldReader, 'by'>, { netns, ips }: PodSandboxRow, port: number): boolean {
  return tx
    .by('socket', 'port', `${netns}|tcp|${port}`)
    .some(
      ({ state, localIp }) =>
        state === 'LISTEN' && (localIp === '0.0.0.0' || localIp === '::' || ips.includes(localIp)),
    )
}

function portNumber(port: unknown, container: Container): number | undefined {
  if (typeof port === 'number') return port
  const named = container.ports?.find(({ name }: { name?: string }) => name === port)
  if (named) return named.containerPort
  return /^\d+$/.test(String(port)) ? Number(port) : undefined
}

/** What changes next by a probe alone: the verdict flips at `atUs` unless what it sees changes before. */
export interface ProbeStep {
  readonly state: ProbeState
  readonly flipAtUs?: number
}

/**
 * Where a probe stands at `nowUs`. Nothing is queued for single probes: with what was seen since when, and the period, the
 * time of the flip follows. Models pkg/kubelet/prober/worker.go: thresholds count results in a row.
 */
export function stepProbe(
  probe: Probe,
  startUs: number,
  before: ProbeState | undefined,
  passes: boolean,
  nowUs: number,
  initially: boolean,
): ProbeStep {
  const seconds = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise) * 1_000_000
  const firstUs = startUs + seconds(probe.initialDelaySeconds, 0)
  const periodUs = seconds(probe.periodSeconds, 10) || 10_000_000
  const sinceUs = before && before.passes === passes ? before.sinceUs : before ? nowUs : startUs
  const verdict = before?.verdict ?? initially
  if (verdict === passes) return { state: { passes, sinceUs, verdict } }
  const threshold: number = passes ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
  const tick = firstUs + Math.max(0, Math.ceil((sinceUs - firstUs) / periodUs)) * periodUs
  const flipAtUs = tick + (threshold - 1) * periodUs
  if (flipAtUs <= nowUs) return { state: { passes, sinceUs, verdict: passes } }
  return { state: { passes, sinceUs, verdict }, flipAtUs }
}

/** Whether a running container counts as started and as ready. */
export function isStarted(container: Container, row: ContainerRow): boolean {
  return !container.startupProbe || row.probes?.startup?.verdict === true
}

export function isContainerReady(container: Container, row: ContainerRow): boolean {
  return isStarted(container, row) && (!container.readinessProbe || row.probes?.readiness?.verdict === true)
}
