import type { WorldReader } from '../core/world.ts'
import { COMMANDS } from './registry.ts'
import { failed, type Output, type Place } from './types.ts'

/** Where a command is run, as `headless.md` says it: a host by name, or a pod as `namespace/name`. */
export interface Where {
  readonly node?: string
  readonly pod?: string
}

/** Runs one read-only tool in a host's or a pod's netns. Longest command name first: `ip -s neigh` before `ip`. */
export function runCommand(world: WorldReader, where: Where, text: string): Output {
  const place = findPlace(world, where)
  if (typeof place === 'string') return failed(place, 1)
  const words = splitWords(text)
  const command = COMMANDS.find((candidate) => candidate.name === words[0])
  if (!command) return failed(`${words[0] ?? ''}: command not found (known: ${COMMANDS.map((c) => c.name).join(', ')})`, 127)
  return command.run(world, place, words.slice(1))
}

function findPlace(world: WorldReader, where: Where): Place | string {
  if (where.pod !== undefined) {
    const [namespace, name] = where.pod.includes('/') ? where.pod.split('/') : ['default', where.pod]
    const netns = netnsOfPod(world, namespace, name)
    return netns ? { netns: netns.id, host: netns.host } : `no running pod ${namespace}/${name}`
  }
  const host = where.node === undefined ? undefined : world.get('host', where.node)
  return host ? { netns: host.id, host: host.id } : `no node ${where.node ?? '(say node or pod)'}`
}

/** The netns a pod lives in: its sandbox's, or its node's root netns for a hostNetwork pod. */
function netnsOfPod(world: WorldReader, namespace: string, name: string) {
  const own = world.rows('netns').find((row) => row.path && row.cause?.kind === 'Pod' && row.cause.namespace === namespace && row.cause.name === name)
  if (own) return own
  const pod = world.get('object', `Pod/${namespace}/${name}`)
  const node = pod?.object.spec?.hostNetwork ? pod.object.spec.nodeName : undefined
  return node ? world.get('netns', node) : undefined
}

/** Splits as a shell does, with single and double quotes. */
export function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare)
}
