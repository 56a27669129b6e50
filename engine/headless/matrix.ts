import type { Simulation } from '../simulation.ts'
import type { Verdict } from '../kernel/trace/reasons.ts'
import { apiOf } from '../api/store.ts'
import type { ObjectRow } from '../api/types.ts'
import { traceRequest } from './trace.ts'

/** The `matrix` ask with probes: the whole data plane, pair by pair, each cell a real walk that is rolled back. */
export interface MatrixRequest {
  readonly group?: 'pod' | 'workload'
  readonly probes?: readonly { readonly port: number | string; readonly protocol?: 'TCP' | 'UDP' | 'ICMP' | 'SCTP' }[]
}

type Cells = Record<string, Record<string, Record<string, Verdict>>>

const OWNER_SHORT: Readonly<Record<string, string>> = { ReplicaSet: 'Deployment' }
const SYSTEM = new Set(['kube-system', 'kube-flannel', 'kube-public', 'kube-node-lease'])

/** `{from: {to: {"TCP/80": verdict}}}` over the user's running pods, self pairs left out. */
export function askMatrix(
  sim: Simulation,
  request: MatrixRequest,
): Cells | { error: { code: string; message: string } } {
  if (!request.probes || request.probes.length === 0) {
    return {
      error: {
        code: 'not-modelled',
        message:
          'a matrix without probes is about policy alone, which is not modelled yet; give probes: [{port, protocol}]',
      },
    }
  }
  const rows = members(sim, request.group ?? 'pod')
  const cells: Cells = {}
  const unanswered = new Map<string, { error: { code: string; message: string } }>()
  const answered = new Set<string>()
  for (const from of rows) {
    for (const to of rows) {
      if (from.name === to.name) continue
      for (const { port, protocol = 'TCP' } of request.probes) {
        const answer = traceRequest(sim, { from: from.pod, to: to.pod, port, protocol, brief: true })
        const probe = `${protocol}/${port ?? 0}`
        if ('error' in answer) {
          if (!unanswered.has(probe)) unanswered.set(probe, answer)
          continue
        }
        answered.add(probe)
        cells[from.name] ??= {}
        cells[from.name][to.name] ??= {}
        cells[from.name][to.name][`${protocol}/${port}`] = answer.verdict
      }
    }
  }
  // A port's name may be that of some pods only; one that no pod has is a mistake of the question.
  for (const [probe, failed] of unanswered) if (!answered.has(probe)) return failed
  return cells
}

/** Each row with the pod that stands for it: itself, or the first pod of the workload. */
function members(sim: Simulation, group: 'pod' | 'workload'): { name: string; pod: string }[] {
  const pods = sim.world
    .rows('object')
    .filter((row) => row.kind === 'Pod' && !SYSTEM.has(row.namespace) && row.object.status?.podIP)
  const seen = new Map<string, string>()
  for (const pod of pods) {
    const name = group === 'pod' ? `${pod.namespace}/${pod.name}` : workloadOf(sim, pod)
    if (!seen.has(name)) seen.set(name, `${pod.namespace}/${pod.name}`)
  }
  return [...seen].map(([name, pod]) => ({ name, pod }))
}

/** `ns/name[Kind]` by outermost owner. */
function workloadOf(sim: Simulation, pod: ObjectRow): string {
  const api = apiOf(sim.world, pod.cluster)
  let row = pod
  for (let depth = 0; depth < 4; depth++) {
    const owner = row.object.metadata.ownerReferences?.find((reference) => reference.controller)
    const next = owner && api.get(owner.kind, row.namespace, owner.name)
    if (!next)
      return owner
        ? `${row.namespace}/${owner.name}[${OWNER_SHORT[owner.kind] ?? owner.kind}]`
        : `${row.namespace}/${row.name}[${row.object.kind}]`
    row = next
  }
  return `${row.namespace}/${row.name}[${row.object.kind}]`
}
