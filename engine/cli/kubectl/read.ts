import { objectId } from '../../api/names.ts'
import type { KubeObject } from '../../api/types.ts'
import { eventObject } from '../../control/events.ts'
import type { WorldReader } from '../../core/world.ts'
import type { Target } from './resources.ts'

/** All objects of a kind, of one namespace or of all. Events lie in a table of their own. */
export function listObjects(
  reader: WorldReader,
  cluster: string,
  { kind, key }: Target,
  namespace: string | undefined,
): readonly KubeObject[] {
  const everywhere = namespace === undefined || !kind.namespaced
  const rows = everywhere
    ? reader.by('object', 'kind', `${cluster}|${key}`)
    : reader.by('object', 'kindNamespace', `${cluster}|${key}|${namespace}`)
  const objects = rows.map(({ object }) => object)
  if (key !== 'Event') return objects
  const events = reader
    .rows('kubeEvent')
    .filter((row) => row.cluster === cluster)
    .map(eventObject)
  return [...objects, ...events.filter(({ metadata }) => everywhere || metadata.namespace === namespace)]
}

/** One object by name. */
export function readObject(
  reader: WorldReader,
  cluster: string,
  target: Target,
  namespace: string,
): KubeObject | undefined {
  const { kind, key, name = '' } = target
  if (key === 'Event')
    return listObjects(reader, cluster, target, namespace).find(({ metadata }) => metadata.name === name)
  return reader.get(
    'object',
    objectId(reader, { kind: key, namespace: kind.namespaced ? namespace : '', name, cluster }),
  )?.object
}
