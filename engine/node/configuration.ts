import type { ObjectRow } from '../api/types.ts'
import type { ControllerCtx } from '../control/types.ts'
import type { Container } from './plan.ts'

/**
 * A pod's spec whose containers carry the texts of the ConfigMaps that they mount, as they are at this moment: what a
 * program reads when it starts. `subPath` picks one key of the map, `items` some.
 */
export function withConfiguration(pod: ObjectRow, ctx: ControllerCtx) {
  const { spec } = pod.object
  const maps = new Map<string, { name?: string; items?: readonly { key: string; path: string }[] }>()
  for (const { name, configMap } of spec.volumes ?? []) if (configMap) maps.set(name, configMap)
  if (maps.size === 0) return spec
  const texts = (container: Container): readonly string[] =>
    (container.volumeMounts ?? []).flatMap(({ name, subPath }: { name: string; subPath?: string }) => {
      const map = maps.get(name)
      const data = map && ctx.api.get('ConfigMap', pod.namespace, map.name ?? '')?.object.data
      if (!map || !data) return []
      const files = map.items ?? Object.keys(data).map((key) => ({ key, path: key }))
      return files
        .filter(({ path }) => subPath === undefined || path === subPath)
        .flatMap(({ key }) => (typeof data[key] === 'string' ? [data[key]] : []))
    })
  const withTexts = (container: Container) => ({ ...container, configuration: texts(container) })
  return {
    ...spec,
    containers: spec.containers.map(withTexts),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(withTexts) } : {}),
  }
}
