import type { Row, TableDef } from '../core/table.ts'
import type { WorldReader } from '../core/world.ts'
import type { Ip } from '../net/address.ts'

/**
 * One pod as the container runtime of its node holds it: the sandbox with its netns, and its containers. What happens to
 * it next is planned in times, so that its state at any moment is a function of this row and the clock.
 */
export interface PodSandboxRow extends Row {
  readonly cluster: string
  readonly node: string
  readonly host: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Netns id; the host's own for pods with hostNetwork. */
  readonly netns: string
  readonly hostNetwork: boolean
  /** 64 hexadecimal digits, as containerd names sandboxes. */
  readonly containerId: string
  /**
   * `creating`: CNI ADD is due at `dueUs`. `ready`: connected, containers start as planned. `stopping`: everything ends at
   * `dueUs`. `exited`: containers are done, the network is given back, the API object stays.
   */
  readonly state: 'creating' | 'ready' | 'stopping' | 'exited'
  readonly startedUs: number
  readonly dueUs?: number
  readonly attempts: number
  readonly ips: readonly Ip[]
  readonly containers: readonly ContainerRow[]
  /** Whether any container has a probe. */
  readonly probed: boolean
}

export interface ContainerRow {
  readonly name: string
  readonly role: 'app' | 'init' | 'sidecar'
  /** When it starts, and when it will end by itself. */
  readonly startUs: number
  readonly exit?: { readonly atUs: number; readonly code: number }
  readonly restarts: number
  /** Whether it was seen running: its sockets are open, as far as it has any. */
  readonly up: boolean
  /** How the run before this one ended. */
  readonly last?: { readonly code: number; readonly startUs: number; readonly endUs: number }
  readonly probes?: Readonly<Partial<Record<ProbeKind, ProbeState>>>
}

export type ProbeKind = 'startup' | 'readiness' | 'liveness'

/** What a probe finds, since when, and what the kubelet has concluded from it. */
export interface ProbeState {
  readonly passes: boolean
  readonly sinceUs: number
  readonly verdict: boolean
}

/** An image on a node: there from `readyUs` on. */
export interface ImageRow extends Row {
  readonly host: string
  readonly image: string
  readonly readyUs: number
}

declare module '../core/tables.ts' {
  interface Tables {
    podSandbox: PodSandboxRow
    image: ImageRow
  }
}

export const podSandboxTable: TableDef<PodSandboxRow> = {
  name: 'podSandbox',
  indexes: {
    pod: (r) => `${r.cluster}|${r.node}/${r.namespace}/${r.name}`,
    netns: (r) => r.netns,
    probed: (r) => (r.probed ? r.netns : undefined),
  },
}
export const imageTable: TableDef<ImageRow> = { name: 'image', indexes: { host: (r) => r.host } }
export const NODE_TABLES = [podSandboxTable, imageTable] as const

/** Sandboxes of a pod's name on a node; more than one only while an old one is taken down. */
export function sandboxesOf(tx: Pick<WorldReader, 'by'>, cluster: string, key: string): readonly PodSandboxRow[] {
  return tx.by('podSandbox', 'pod', `${cluster}|${key}`)
}

/** Scope of a pod's own files: its netns, or the sandbox itself where the netns is the node's. */
export function filesOf({ hostNetwork, id, netns }: Pick<PodSandboxRow, 'hostNetwork' | 'id' | 'netns'>): string {
  return hostNetwork ? `sandbox/${id}` : netns
}

/** The pod that a netns belongs to; of several with hostNetwork the first. */
export function sandboxOfNetns(tx: Pick<WorldReader, 'oneBy'>, netns: string): PodSandboxRow | undefined {
  return tx.oneBy('podSandbox', 'netns', netns)
}
