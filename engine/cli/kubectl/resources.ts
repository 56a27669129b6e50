import { customKindCalled, kindByKey } from '../../api/kinds/lookup.ts'
import type { KindDef } from '../../api/kinds/kind.ts'
import { ALL_KINDS, isCalled, kindKeyOfDef } from '../../api/kinds/registry.ts'
import type { WorldReader } from '../../core/world.ts'
import { err, ok, type Result } from '../../core/result.ts'

/** One resource that was asked for: all of a kind, or one by name. */
export interface Target {
  readonly kind: KindDef
  readonly key: string
  readonly name?: string
}

/** The kinds of `kubectl get all`. */
const ALL = [
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets',
  'deployments',
  'replicasets',
  'statefulsets',
  'horizontalpodautoscalers',
  'cronjobs',
  'jobs',
]

/** `pods`, `po,svc`, `deploy web`, `pod/a svc/b`: what the words of a command mean. */
export function targetsOf(
  reader: WorldReader,
  cluster: string,
  words: readonly string[],
): Result<readonly Target[], string> {
  if (words[0]?.includes('/')) {
    const targets: Target[] = []
    for (const word of words) {
      const [type, name, ...more] = word.split('/')
      if (name === undefined) {
        return err(
          "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
        )
      }
      if (more.length > 0) return err('error: arguments in resource/name form may not have more than one slash')
      const kind = kindCalled(reader, cluster, type)
      if (!kind) return err(`error: the server doesn't have a resource type "${type}"`)
      targets.push({ kind, key: kindKeyOfDef(kind), name })
    }
    return ok(targets)
  }
  const [types, ...names] = words
  const kinds: KindDef[] = []
  for (const type of types.split(',').flatMap((each) => (each === 'all' ? ALL : [each]))) {
    const kind = kindCalled(reader, cluster, type)
    if (!kind) return err(`error: the server doesn't have a resource type "${type}"`)
    if (!kinds.includes(kind)) kinds.push(kind)
  }
  const targets = kinds.map((kind) => ({ kind, key: kindKeyOfDef(kind) }))
  return ok(names.length === 0 ? targets : targets.flatMap((target) => names.map((name) => ({ ...target, name }))))
}

/** The kind of this name: built in, defined in the cluster, or simply stored there. */
function kindCalled(reader: WorldReader, cluster: string, name: string): KindDef | undefined {
  const known = ALL_KINDS.find((def) => isCalled(def, name)) ?? customKindCalled(reader, cluster, name)
  if (known) return known
  const keys = new Set(reader.rows('object').flatMap((row) => (row.cluster === cluster ? [row.kind] : [])))
  for (const key of keys) {
    const kind = kindByKey(reader, cluster, key)
    if (isCalled(kind, name)) return kind
  }
  return undefined
}
