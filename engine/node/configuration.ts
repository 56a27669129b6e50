import type { ObjectRow } from '../api/types.ts'
import type { ControllerCtx } from '../control/types.ts'
import type { Container } from './plan.ts'

/**
 * A pod's spec whose containers carry the texts of the ConfigMaps that they mount, as they are at this moment: what a
 * program reads when it starts. `subPath` picks one key of the map, `items` some.
 */
export function withConfiguration(pod: ObjectRow, ctx: ControllerCtx) {
  const { spec } = pod.object
  const maps = new Map<string, { name?: string; items?: unknown }>()
  for (const volume of listOf(spec.volumes)) if (volume?.configMap) maps.set(volume.name, volume.configMap)
  if (maps.size === 0) return spec
  const texts = (container: Container): readonly string[] =>
    listOf(container?.volumeMounts).flatMap((mount) => {
      const map = maps.get(mount?.name)
      const data = map && ctx.api.get('ConfigMap', pod.namespace, map.name ?? '')?.object.data
      if (!map || !data) return []
      const files = map.items ? listOf(map.items) : Object.keys(data).map((key) => ({ key, path: key }))
      return files
        .filter((file) => mount.subPath === undefined || file?.path === mount.subPath)
        .flatMap((file) => (typeof data[file?.key] === 'string' ? [data[file.key]] : []))
    })
  const withTexts = (container: Container) => ({ ...container, configuration: texts(container) })
  return {
    ...spec,
    containers: listOf(spec.containers).map(withTexts),
    ...(spec.initContainers ? { initContainers: listOf(spec.initContainers).map(withTexts) } : {}),
  }
}

/** What should be a list; without admission anything may stand there. */
// biome-ignore lint/suspicious/noExplicitAny: parts of a manifest that was not checked
const listOf = (value: unknown): readonly any[] => (Array.isArray(value) ? value : [])
