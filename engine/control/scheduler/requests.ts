import { milliCpu, quantity } from '../quantity.ts'

/** What a pod asks of a node. `cpu` in thousandths of a core, `memory` in bytes; `ports` as `protocol/address/port`. */
export interface Requests {
  readonly cpu: number
  readonly memory: number
  /** The same with a floor for containers that ask for nothing: what scoring counts. */
  readonly scoredCpu: number
  readonly scoredMemory: number
  readonly ports: readonly string[]
}

/** Models pkg/scheduler/util/pod_resources.go: what a silent container counts as when nodes are compared. */
const FLOOR = { cpu: 100, memory: 200 * 2 ** 20 }

// biome-ignore lint/suspicious/noExplicitAny: a pod's spec as stored
type PodSpec = any

/** Kept per frozen spec: the pods of one ReplicaSet share theirs. */
const KNOWN = new WeakMap<object, Requests>()

/** Models pkg/api/v1/resource/helpers.go PodRequests: containers and sidecars together, but at least each init step. */
export function requestsOf(spec: PodSpec): Requests {
  const known = KNOWN.get(spec)
  if (known) return known
  const made = compute(spec)
  if (Object.isFrozen(spec)) KNOWN.set(spec, made)
  return made
}

function compute(spec: PodSpec): Requests {
  const sum = { cpu: 0, memory: 0, scoredCpu: 0, scoredMemory: 0 }
  const peak = { cpu: 0, memory: 0 }
  const ports: string[] = []
  const sidecars = { cpu: 0, memory: 0 }
  for (const container of spec.initContainers ?? []) {
    const asked = askedBy(container)
    if (container.restartPolicy === 'Always') {
      add(sum, asked)
      sidecars.cpu += asked.cpu
      sidecars.memory += asked.memory
      ports.push(...hostPorts(container, spec))
    } else {
      peak.cpu = Math.max(peak.cpu, asked.cpu + sidecars.cpu)
      peak.memory = Math.max(peak.memory, asked.memory + sidecars.memory)
    }
  }
  for (const container of spec.containers ?? []) {
    add(sum, askedBy(container))
    ports.push(...hostPorts(container, spec))
  }
  const overhead = { cpu: milliCpu(spec.overhead?.cpu), memory: quantity(spec.overhead?.memory) }
  return {
    cpu: Math.max(sum.cpu, peak.cpu) + overhead.cpu,
    memory: Math.max(sum.memory, peak.memory) + overhead.memory,
    scoredCpu: Math.max(sum.scoredCpu, peak.cpu) + overhead.cpu,
    scoredMemory: Math.max(sum.scoredMemory, peak.memory) + overhead.memory,
    ports,
  }
}

function add(
  sum: { cpu: number; memory: number; scoredCpu: number; scoredMemory: number },
  asked: { cpu: number; memory: number },
): void {
  sum.cpu += asked.cpu
  sum.memory += asked.memory
  sum.scoredCpu += asked.cpu || FLOOR.cpu
  sum.scoredMemory += asked.memory || FLOOR.memory
}

function askedBy(container: PodSpec): { cpu: number; memory: number } {
  const { requests, limits } = container.resources ?? {}
  return { cpu: milliCpu(requests?.cpu ?? limits?.cpu), memory: quantity(requests?.memory ?? limits?.memory) }
}

function hostPorts(container: PodSpec, spec: PodSpec): string[] {
  return (container.ports ?? []).flatMap((port: PodSpec) => {
    const number = port.hostPort ?? (spec.hostNetwork ? port.containerPort : undefined)
    return number ? [`${port.protocol ?? 'TCP'}/${port.hostIP ?? '0.0.0.0'}/${number}`] : []
  })
}

/** Two host ports clash if protocol and number agree and the addresses are alike or one is any. */
export function portsClash(a: string, b: string): boolean {
  const [protocol, address, port] = a.split('/')
  const [otherProtocol, other, otherPort] = b.split('/')
  return (
    protocol === otherProtocol &&
    port === otherPort &&
    (address === other || address === '0.0.0.0' || other === '0.0.0.0')
  )
}
