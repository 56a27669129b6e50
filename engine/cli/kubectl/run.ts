import { firstCluster } from '../../api/names.ts'
import type { WorldReader } from '../../core/world.ts'
import { failure, type KubectlOutput } from './answer.ts'
import { describe } from './describe.ts'
import { readFlags } from './flags.ts'
import { get } from './get.ts'

export type { KubectlOutput } from './answer.ts'

/** The read-only commands of kubectl. What would change the cluster is done by editing the text. */
const COMMANDS = { get, describe } as const

/** Runs kubectl against a cluster's API, the first one if none is named. `args` without the word `kubectl`. */
export function runKubectl(
  reader: WorldReader,
  args: readonly string[],
  cluster = firstCluster(reader),
): KubectlOutput {
  const words = args[0] === 'kubectl' ? args.slice(1) : args
  const at = commandIn(words)
  const command = words[at]
  if (command === undefined) return failure('error: say what to do: kubectl get pods')
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command as keyof typeof COMMANDS] : undefined
  if (!run) return failure(`error: unknown command "${command}" for "kubectl"`)
  const flags = readFlags(command, [...words.slice(0, at), ...words.slice(at + 1)])
  if (!flags.ok) return failure(flags.error)
  const { context } = flags.value
  if (context !== undefined && !reader.get('apiState', context))
    return failure(`error: context "${context}" does not exist`)
  return run(reader, context ?? cluster, flags.value)
}

/** `kubectl -n shop get pods`: flags with their values may stand in front of the command. */
function commandIn(words: readonly string[]): number {
  let at = 0
  while (at < words.length && words[at].startsWith('-')) at += GLOBAL_WITH_VALUE.includes(words[at]) ? 2 : 1
  return at
}

const GLOBAL_WITH_VALUE = ['-n', '--namespace', '--context', '--cluster']
