import { commandListens } from './command.ts'
import { imageListens } from './images.ts'

/**
 * What a container listens on, by the rule of the playground: a pod annotation, else what is known of its image and its
 * command line, else the ports that it declares. Pure; reads only the container and the annotations.
 */
export interface Listen {
  readonly port: number
  readonly proto: 'tcp' | 'udp' | 'sctp'
  /** Absent: every address of both families (`[::]` without IPV6_V6ONLY, what Go and Java programs do). */
  readonly address?: string
  /** With address `::` only: IPV6_V6ONLY, as nginx sets it beside a socket on 0.0.0.0. */
  readonly v6only?: boolean
  /** Name in the table of programs (`apps/registry.ts`, `dns/`). */
  readonly program: string
  /** Process name as `ss -p` prints it. */
  readonly process: string
}

export interface Listens {
  readonly ports: readonly Listen[]
  /** Said once to the learner when nothing is known about the container, or the annotation cannot be read. */
  readonly diagnostic?: string
}

/** The fields of a container that say what it listens on. */
export interface ContainerSpec {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly ports?: readonly { readonly containerPort: number; readonly protocol?: string; readonly name?: string }[]
  readonly volumeMounts?: readonly { readonly mountPath: string }[]
  /** Texts of the ConfigMaps that it mounts: its configuration, perhaps. */
  readonly configuration?: readonly string[]
  readonly livenessProbe?: ProbeTarget
  readonly readinessProbe?: ProbeTarget
  readonly startupProbe?: ProbeTarget
}

/** Where a probe knocks. */
interface ProbeTarget {
  readonly httpGet?: { readonly port?: number | string }
  readonly tcpSocket?: { readonly port?: number | string }
  readonly grpc?: { readonly port?: number | string }
}

export const LISTEN_ANNOTATION = 'podwalk.dev/listen'

/** The listening sockets of one container. The annotation speaks for the whole pod: use `listensOfPod` where there are several. */
export function listensOf(
  container: ContainerSpec,
  podAnnotations?: Readonly<Record<string, string>>,
  siblings: readonly ContainerSpec[] = [],
): Listens {
  const annotation = podAnnotations?.[LISTEN_ANNOTATION]
  if (annotation !== undefined) return parseListen(annotation, processOf(container))
  const known = knownListens(container)
  if (known) return { ports: known }
  const declared = declaredListens(container, siblings)
  if (declared.length > 0) return { ports: declared }
  return {
    ports: [],
    diagnostic: `container "${container.name}": nothing is known about image ${container.image ?? '(none)'} and it declares no containerPort, so it listens on nothing; say what it listens on with the annotation ${LISTEN_ANNOTATION}: "8080/TCP"`,
  }
}

/** Every container of a pod with what it listens on; with the annotation, the first one has it all. */
export function listensOfPod(
  spec: PodContainers,
  podAnnotations?: Readonly<Record<string, string>>,
): readonly (Listens & { readonly container: string })[] {
  return longRunning(spec).map((container, index, all) => ({
    container: container.name,
    ...listensAmong(all, index, podAnnotations),
  }))
}

/** What one container of a pod listens on; undefined if it is none that stays. */
export function listensOfContainer(
  spec: PodContainers,
  name: string,
  podAnnotations?: Readonly<Record<string, string>>,
): Listens | undefined {
  const all = longRunning(spec)
  const index = all.findIndex((container) => container.name === name)
  return index < 0 ? undefined : listensAmong(all, index, podAnnotations)
}

interface PodContainers {
  readonly containers: readonly ContainerSpec[]
  readonly initContainers?: readonly (ContainerSpec & { readonly restartPolicy?: string })[]
}

function longRunning(spec: PodContainers): readonly ContainerSpec[] {
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  return [...spec.containers, ...sidecars]
}

function listensAmong(
  all: readonly ContainerSpec[],
  index: number,
  podAnnotations?: Readonly<Record<string, string>>,
): Listens {
  if (podAnnotations?.[LISTEN_ANNOTATION] !== undefined && index > 0) return { ports: [] }
  return listensOf(
    all[index],
    podAnnotations,
    all.filter((_, other) => other !== index),
  )
}

/** Reads `8080/TCP, 53/UDP, 127.0.0.1:9000/TCP, [::1]:9000/TCP`; the protocol defaults to TCP. */
export function parseListen(text: string, process = 'server'): Listens {
  const ports: Listen[] = []
  const bad: string[] = []
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue
    const match = /^(?:\[([0-9a-fA-F:]+)\]:|([0-9.]+):)?(\d{1,5})(?:\/(TCP|UDP|SCTP))?$/i.exec(part)
    const port = match ? Number(match[3]) : 0
    if (!match || port < 1 || port > 65535) {
      bad.push(part)
      continue
    }
    const address = match[1]?.toLowerCase() ?? match[2]
    const proto = (match[4] ?? 'TCP').toLowerCase() as Listen['proto'] // one of the three by the pattern
    ports.push({
      port,
      proto,
      ...(address && address !== '0.0.0.0' && address !== '::' ? { address } : {}),
      program: 'listener',
      process,
    })
  }
  if (bad.length === 0) return { ports }
  return {
    ports,
    diagnostic: `annotation ${LISTEN_ANNOTATION}: cannot read "${bad.join('", "')}"; write "8080/TCP, 53/UDP, 127.0.0.1:9000/TCP"`,
  }
}

/** From the image and the command line; undefined where neither is known. */
function knownListens(container: ContainerSpec): readonly Listen[] | undefined {
  if (container.command && container.command.length > 0) {
    const words = [...container.command, ...(container.args ?? [])]
    return commandListens(words, container) ?? (imageRunsOwnServer(words) ? imageListens(container) : undefined)
  }
  const args = container.args ?? []
  // `args: [sleep, "3600"]` replaces the image's default command where the image has no entrypoint of its own.
  const replaced = args.length > 0 ? commandListens(args, container) : undefined
  return replaced ?? imageListens(container)
}

/** A container's own start script usually ends in its image's server. */
function imageRunsOwnServer(words: readonly string[]): boolean {
  return words.some((word) => /(docker-)?entrypoint(\.sh)?$/.test(word))
}

function declaredListens(container: ContainerSpec, siblings: readonly ContainerSpec[]): Listen[] {
  const seen = new Set<string>()
  const ports: Listen[] = []
  // A probe may knock at a sibling's port: containers of a pod share their addresses.
  const theirs = new Set(siblings.flatMap(({ ports = [] }) => ports.map((port) => port.containerPort)))
  const probed = probedPorts(container).filter(({ containerPort }) => !theirs.has(containerPort))
  for (const { containerPort, protocol } of [...(container.ports ?? []), ...probed]) {
    const proto = (protocol ?? 'TCP').toLowerCase()
    if (!Number.isInteger(containerPort) || (proto !== 'tcp' && proto !== 'udp' && proto !== 'sctp')) continue
    if (seen.has(`${containerPort}/${proto}`)) continue
    seen.add(`${containerPort}/${proto}`)
    ports.push({ port: containerPort, proto, program: 'listener', process: processOf(container) })
  }
  return ports
}

// Simplified: an image that is not known here is taken to listen where its own probes knock, because its author knows.
function probedPorts({
  livenessProbe,
  readinessProbe,
  startupProbe,
}: ContainerSpec): { containerPort: number; protocol?: string }[] {
  const targets = [startupProbe, readinessProbe, livenessProbe].map(
    (probe) => (probe?.httpGet ?? probe?.tcpSocket ?? probe?.grpc)?.port,
  )
  return targets.flatMap((port) => (/^\d+$/.test(String(port)) ? [{ containerPort: Number(port) }] : []))
}

/** What `ps` would show: the command's base name, else the image's. */
export function processOf(container: ContainerSpec): string {
  const command = container.command?.[0]
  const path =
    command && !/(^|\/)(sh|bash|ash)$/.test(command)
      ? command
      : (container.image ?? container.name).replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  return (path.split('/').pop() || container.name).slice(0, 15)
}
