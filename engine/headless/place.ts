import type { WorldReader } from '../core/world.ts'
import { clusterConfig, hostIdOf } from '../api/cluster-config.ts'
import { firstCluster } from '../api/names.ts'
import type { ObjectRow } from '../api/types.ts'
import type { NetnsRow } from '../kernel/tables.ts'
import { fileId } from '../kernel/file.ts'
import { filesOf, sandboxesOf } from '../node/sandbox-table.ts'

/** Which netns is whose: where pods meet the kernel's rows. */

/** The netns a pod lives in: its sandbox's own, or its node's for a hostNetwork pod. Undefined while it does not run. */
export function netnsOfPod(world: WorldReader, pod: ObjectRow): NetnsRow | undefined {
  const spec = pod.object.spec ?? {}
  if (spec.hostNetwork)
    return spec.nodeName ? world.get('netns', hostIdOfNode(world, pod.cluster, spec.nodeName)) : undefined
  const byPod = world.memo('netns', '', '', 'netns-by-pod', (rows) => {
    const map = new Map<string, NetnsRow>()
    for (const row of rows)
      if (row.path && row.cause?.kind === 'Pod')
        map.set(podKey(row.cause.cluster, row.cause.namespace, row.cause.name), row)
    return map
  })
  const cluster = pod.cluster === firstCluster(world) ? undefined : pod.cluster
  return byPod.get(podKey(cluster, pod.namespace, pod.name)) ?? byPod.get(podKey(pod.cluster, pod.namespace, pod.name))
}

/** Scope of the resolv.conf of a pod with hostNetwork that has its own; undefined for all others. */
export function filesOfPod(world: WorldReader, { cluster, namespace, name, object }: ObjectRow): string | undefined {
  const [sandbox] = sandboxesOf(world, cluster, `${object.spec?.nodeName ?? ''}/${namespace}/${name}`)
  if (!sandbox?.hostNetwork) return undefined
  const scope = filesOf(sandbox)
  return world.get('file', fileId(scope, '/etc/resolv.conf')) ? scope : undefined
}

const podKey = (cluster: string | undefined, namespace: string | undefined, name: string) =>
  `${cluster ?? ''}:${namespace ?? ''}/${name}`

/** `namespace/name` of the pod that a netns belongs to, null for a host's own. */
export function podOfNetns(world: WorldReader, netns: string): string | null {
  const row = world.get('netns', netns)
  if (!row?.path || row.cause?.kind !== 'Pod') return null
  return `${row.cause.namespace ?? 'default'}/${row.cause.name}`
}

export function hostIdOfNode(world: WorldReader, cluster: string, node: string): string {
  const config = clusterConfig(world, cluster)
  return config ? hostIdOf(config, node) : node
}

/** Name of the node that a host is, null for routers, switches and outside hosts. */
export function nodeOfHost(world: WorldReader, host: string): string | null {
  const row = world.get('host', host)
  if (row?.kind !== 'node') return null
  const cluster = row.cluster ?? firstCluster(world)
  return (
    clusterConfig(world, cluster)?.nodes.find((node) => node.host === host)?.name ?? host.slice(host.indexOf(':') + 1)
  )
}

/** The host behind a name that a person types: a node of any cluster, a router, an outside host. */
export function findHost(world: WorldReader, name: string): string | undefined {
  if (world.get('host', name)) return name
  return world
    .rows('clusterConfig')
    .flatMap((config) => config.nodes)
    .find((node) => node.name === name)?.host
}

/** The first address of a netns that others can use. */
export function addressOf(world: WorldReader, netns: string, family?: 'ipv4' | 'ipv6'): string | undefined {
  return world
    .by('addr', 'netns', netns)
    .find((row) => row.scope === 'global' && (family === undefined || row.family === family))?.address
}
