import { firstCluster, isFirstCluster, objectId } from '../api/names.ts'
import type { WorldReader } from '../core/world.ts'
import { filesOf, sandboxesOf } from '../node/sandbox-table.ts'
import { COMMANDS } from './registry.ts'
import { failed, type Output, type Place } from './types.ts'

/** Where a command is run, as `headless.md` says it: a host by name, or a pod as `namespace/name`. */
export interface Where {
  readonly node?: string
  readonly pod?: string
  /** The pod's cluster; absent means the first. */
  readonly cluster?: string
}

/** Runs one read-only tool in a host's or a pod's netns. */
export function runCommand(world: WorldReader, where: Where, text: string): Output {
  const place = findPlace(world, where)
  if (typeof place === 'string') return failed(place, 1)
  const [name, ...args] = splitWords(text)
  if (name === undefined) return failed('no command', 2)
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (!command) return failed(`${name}: command not found (known: ${COMMANDS.map((c) => c.name).join(', ')})`, 127)
  return command.run(world, place, args)
}

/** The netns meant, or why there is none. */
function findPlace(world: WorldReader, where: Where): Place | string {
  if (where.pod !== undefined) return placeOfPod(world, where.pod, where.cluster)
  if (where.node === undefined) return 'say where: a node or a pod'
  const host = world.get('host', where.node)
  if (host) return { netns: host.id, host: host.id }
  return `no node ${where.node} (known: ${world
    .rows('host')
    .map((row) => row.id)
    .join(', ')})`
}

/** A pod's netns: what its sandbox says, the node's own with hostNetwork; without a kubelet, the netns made for the pod. */
function placeOfPod(world: WorldReader, text: string, cluster = firstCluster(world)): Place | string {
  const slash = text.indexOf('/')
  const namespace = slash < 0 ? 'default' : text.slice(0, slash)
  const name = text.slice(slash + 1)
  const pod = world.get('object', objectId(world, { kind: 'Pod', namespace, name, cluster }))
  if (!pod) return `pods "${name}" not found in namespace "${namespace}"`
  const sandboxes = sandboxesOf(world, cluster, `${pod.object.spec?.nodeName ?? ''}/${namespace}/${name}`)
  const sandbox = sandboxes.find((row) => row.uid === pod.object.metadata.uid) ?? sandboxes[0]
  if (sandbox && world.get('netns', sandbox.netns))
    return { netns: sandbox.netns, host: sandbox.host, ...(sandbox.hostNetwork ? { files: filesOf(sandbox) } : {}) }
  const own = isFirstCluster(world, cluster) ? ['', cluster] : [cluster]
  const netns = own
    .flatMap((prefix) => world.by('netns', 'cause', `${prefix}:Pod/${namespace}/${name}`))
    .find((row) => row.path !== undefined)
  return netns ? { netns: netns.id, host: netns.host } : `pod ${namespace}/${name} has no network yet`
}

/** Splits as a shell does, with single and double quotes. */
export function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare)
}
