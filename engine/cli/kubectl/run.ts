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
  const at = words.findIndex((word) => !word.startsWith('-'))
  // `kubectl -n shop get pods`: flags that stand in front of the command belong to it too.
  const before = at > 0 && ['-n', '--namespace'].includes(words[at - 1]) ? at + 1 : at
  const command = words[before]
  if (command === undefined) return failure('error: say what to do: kubectl get pods')
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command as keyof typeof COMMANDS] : undefined
  if (!run) return failure(`error: unknown command "${command}" for "kubectl"`)
  const flags = readFlags(command, [...words.slice(0, before), ...words.slice(before + 1)])
  return flags.ok ? run(reader, cluster, flags.value) : failure(flags.error)
}
