import { useEffect, useRef } from 'react'
import type { Topology } from '../view/boxes.ts'
import type { ClusterModel } from '../view/model.ts'
import type { Scene } from './overlay/scene.ts'

/** Flashes the boxes of what controllers changed: pods that came or went, readiness, endpoints of Services. */
export function useFlashes(scene: Scene | null, model: ClusterModel, map: Topology): void {
  const before = useRef<{ signs: ReadonlyMap<string, string>; boxes: ReadonlyMap<string, string> } | null>(null)
  useEffect(() => {
    const signs = signsOf(model)
    const boxes = new Map([...signs.keys()].map((key) => [key, boxOf(key, map)]))
    const old = before.current
    before.current = { signs, boxes }
    if (!scene || !old || old.signs.size === 0) return
    const changed = new Set<string>()
    for (const [key, sign] of signs) if (old.signs.get(key) !== sign) changed.add(boxes.get(key) ?? '')
    for (const key of old.signs.keys()) if (!signs.has(key)) changed.add(old.boxes.get(key) ?? '')
    changed.delete('')
    // A whole new world is not a change of the old one.
    if (changed.size > 0 && changed.size <= MOST) scene.flash([...changed])
  }, [scene, model, map])
}

const MOST = 40

function signsOf(model: ClusterModel): ReadonlyMap<string, string> {
  const signs = new Map<string, string>()
  for (const pod of [...model.pods, ...model.pending])
    signs.set(`pod|${pod.key}`, `${pod.host} ${pod.ip} ${pod.ready} ${pod.terminating}`)
  for (const service of model.services) {
    signs.set(`service|${service.id}`, service.endpoints.map(({ pod, ready }) => `${pod} ${ready}`).join())
  }
  return signs
}

function boxOf(key: string, map: Topology): string {
  const [kind, id] = [key.slice(0, key.indexOf('|')), key.slice(key.indexOf('|') + 1)]
  return kind === 'pod' ? (map.podBox.get(id) ?? '') : `service:${id}`
}
