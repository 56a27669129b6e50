import { matchesMap } from '../../api/selector.ts'
import type { ObjectRow } from '../../api/types.ts'
import { keyOf } from '../keys.ts'
import type { ControllerCtx } from '../types.ts'

/** The pods that a Service selects, in order of name. */
export function selectedPods(service: ObjectRow, ctx: ControllerCtx): readonly ObjectRow[] {
  const selector: Readonly<Record<string, string>> = service.object.spec?.selector ?? {}
  const pairs = Object.entries(selector)
  if (pairs.length === 0) return []
  // The last pair tends to be the most telling one; any would do.
  const [key, value] = pairs[pairs.length - 1]
  const pods = ctx.tx.by('object', 'podLabel', `${ctx.cluster}|${service.namespace}|${key}=${value}`)
  return pairs.length === 1 ? pods : pods.filter((pod) => matchesMap(selector, pod.object.metadata.labels))
}

/** Keys of the Services that select a pod. */
export function servicesOf(pod: ObjectRow, ctx: ControllerCtx): string[] {
  const labels = pod.object.metadata.labels
  if (!labels) return []
  const byPair = ctx.tx.memo(
    'object',
    'kindNamespace',
    `${ctx.cluster}|Service|${pod.namespace}`,
    'by selector',
    servicesBySelector,
  )
  const keys: string[] = []
  for (const key in labels) {
    for (const service of byPair.get(`${key}=${labels[key]}`) ?? [])
      if (matchesMap(service.object.spec?.selector, labels)) keys.push(keyOf(service))
  }
  return keys
}

/** By the first pair of each selector: a pod that lacks it is not selected. */
function servicesBySelector(services: readonly ObjectRow[]): ReadonlyMap<string, readonly ObjectRow[]> {
  const byPair = new Map<string, ObjectRow[]>()
  for (const service of services) {
    const [first] = Object.entries(service.object.spec?.selector ?? {})
    if (first) push(byPair, `${first[0]}=${first[1]}`, service)
  }
  return byPair
}

function push(map: Map<string, ObjectRow[]>, key: string, row: ObjectRow): void {
  const list = map.get(key)
  if (list) list.push(row)
  else map.set(key, [row])
}
