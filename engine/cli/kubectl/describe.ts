import { resourceName } from '../../api/status.ts'
import type { WorldReader } from '../../core/world.ts'
import { failure, type KubectlOutput } from './answer.ts'
import { describeDeployment } from './describe/deployment.ts'
import { describeAny } from './describe/any.ts'
import { describeNode } from './describe/node.ts'
import { describePod } from './describe/pod.ts'
import { describeService } from './describe/service.ts'
import { type Describer, Page } from './describe/page.ts'
import type { Flags } from './flags.ts'
import { listObjects, readObject } from './read.ts'
import { targetsOf } from './resources.ts'
import { matchesAll, parseSelector } from '../../api/selector.ts'

const DESCRIBERS: Readonly<Record<string, Describer>> = {
  Pod: describePod,
  Service: describeService,
  Node: describeNode,
  Deployment: describeDeployment,
}

/** `kubectl describe`. */
export function describe(reader: WorldReader, cluster: string, flags: Flags): KubectlOutput {
  if (flags.words.length === 0) {
    return failure(
      'error: You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
    )
  }
  const targets = targetsOf(reader, cluster, flags.words)
  if (!targets.ok) return failure(targets.error)
  const selector = parseSelector(flags.selector ?? '')
  if (!selector.ok) return failure(`Error from server (BadRequest): ${selector.error}`)
  const namespace = flags.allNamespaces ? undefined : (flags.namespace ?? 'default')
  const pages: string[] = []
  const errors: string[] = []
  for (const target of targets.value) {
    const all = target.name === undefined ? listObjects(reader, cluster, target, namespace) : []
    const one = target.name === undefined ? undefined : readObject(reader, cluster, target, namespace ?? 'default')
    if (target.name !== undefined && !one) {
      errors.push(`Error from server (NotFound): ${resourceName(target.kind)} "${target.name}" not found`)
    }
    for (const object of one ? [one] : all.filter(({ metadata }) => matchesAll(selector.value, metadata.labels))) {
      const page = new Page({ reader, cluster, target })
      const describer = DESCRIBERS[target.key] ?? describeAny
      describer(object, page)
      pages.push(page.text())
    }
  }
  if (pages.length === 0 && errors.length === 0)
    errors.push(namespace === undefined ? 'No resources found' : `No resources found in ${namespace} namespace.`)
  const failed = targets.value.some(({ name }) => name !== undefined) && errors.length > 0
  return { text: pages.join('\n\n'), stderr: errors.map((line) => `${line}\n`).join(''), exitCode: failed ? 1 : 0 }
}
