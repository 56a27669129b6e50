import type { Endpoint } from './endpoints.ts'
import { type ServicePort, usesClusterEndpoints, usesLocalEndpoints } from './service-ports.ts'

/** Where a proxy runs, as far as its choice of endpoints depends on it. */
export interface ProxyNode {
  readonly name: string
  readonly zone?: string
}

/** Which endpoints a node uses for which traffic. Models pkg/proxy/topology.go CategorizeEndpoints(). */
export interface Usable {
  /** For traffic under Cluster policy. */
  readonly cluster: readonly Endpoint[]
  /** For traffic under Local policy. */
  readonly local: readonly Endpoint[]
  /** All of these: each needs its own chain. */
  readonly reachable: readonly Endpoint[]
  /** Somewhere in the cluster somebody could answer: decides between DROP and REJECT. */
  readonly any: boolean
}

export function usableEndpoints(endpoints: readonly Endpoint[], port: ServicePort, node: ProxyNode): Usable {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  const ending = endpoints.filter(({ ready: isReady, serving, terminating }) => !isReady && serving && terminating)
  const forCluster = usesClusterEndpoints(port)
  const preferred = forCluster ? preferredBy(hintsOf(ready, node), ready, node) : ready
  const cluster = forCluster ? (preferred.length > 0 ? preferred : ending) : []
  if (!usesLocalEndpoints(port)) return { cluster, local: [], reachable: cluster, any: cluster.length > 0 }
  const here = ({ node: name }: Endpoint) => name === node.name
  const localReady = ready.filter(here)
  const local = localReady.length > 0 ? localReady : ending.filter(here)
  const reachable = [...new Set([...cluster, ...local])].sort((a, b) => (a.text < b.text ? -1 : 1))
  return { cluster, local, reachable, any: ready.length > 0 || ending.length > 0 }
}

/** Hints count only if every ready endpoint has one and one of them is for this node or its zone. */
function hintsOf(ready: readonly Endpoint[], node: ProxyNode): 'node' | 'zone' | 'none' {
  if (ready.length === 0) return 'none'
  if (
    ready.every(({ nodeHints }) => nodeHints.length > 0) &&
    ready.some(({ nodeHints }) => nodeHints.includes(node.name))
  )
    return 'node'
  const { zone } = node
  const zoned =
    zone !== undefined &&
    ready.every(({ zoneHints }) => zoneHints.length > 0) &&
    ready.some(({ zoneHints }) => zoneHints.includes(zone))
  return zoned ? 'zone' : 'none'
}

function preferredBy(
  by: 'node' | 'zone' | 'none',
  ready: readonly Endpoint[],
  { name, zone }: ProxyNode,
): readonly Endpoint[] {
  if (by === 'none') return ready
  return ready.filter(({ nodeHints, zoneHints }) =>
    by === 'node' ? nodeHints.includes(name) : zoneHints.includes(zone ?? ''),
  )
}

/** Whether two nodes may choose differently: if not, they share what is compiled. */
export function dependsOnNode(endpoints: readonly Endpoint[], port: ServicePort): boolean {
  return (
    usesLocalEndpoints(port) ||
    endpoints.some(({ nodeHints, zoneHints }) => nodeHints.length > 0 || zoneHints.length > 0)
  )
}
