import type { ClusterConfig, CniChoice } from '../api/cluster-config.ts'
import type { KubeObject } from '../api/types.ts'
import type { Controller } from '../control/types.ts'

/** A way to connect pods: what it installs, and the loops that program hosts and fabric. It never moves packets itself. */
export interface NetworkProvider {
  /** As `networking.cni.name` spells it. */
  readonly name: string
  /** Daemons that run once per node; their keys begin with the node's name. */
  readonly agents: readonly Controller[]
  /** Loops that run once per cluster. */
  readonly controllers: readonly Controller[]
  /** The system objects by which it is installed: DaemonSet, ConfigMap, ... */
  manifests(config: ClusterConfig): readonly KubeObject[]
  /** Complains about options that make no sense or are not modelled. `path` is that of the `cni` field. */
  check(choice: CniChoice, say: Say, path: string): void
}

export interface Say {
  error(code: string, path: string, message: string, hint?: string): void
  warn(code: string, path: string, message: string, hint?: string): void
}

/** Names each option that the provider does not have. */
export function checkOptionNames(choice: CniChoice, known: readonly string[], say: Say, path: string): void {
  for (const option of Object.keys(choice)) {
    if (option === 'name' || known.includes(option)) continue
    const has = known.length > 0 ? `It has ${known.join(', ')}.` : 'It has none.'
    say.warn(
      'unknown-field',
      `${path}.${option}`,
      `${choice.name} has no option "${option}" that is modelled; it is ignored`,
      has,
    )
  }
}
