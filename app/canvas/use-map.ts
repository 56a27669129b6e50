import { useCallback, useMemo, useRef } from 'react'
import type { Selection } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import type { Topology } from '../view/boxes.ts'
import { podsToPlace } from '../view/contents.ts'
import { type ClusterModel, clusterModel } from '../view/model.ts'
import { assignSlots, type Slots } from '../view/slots.ts'
import { topology } from '../view/topology.ts'
import { placesOf, rulesMet, servicesOf } from '../view/walk.ts'
import type { Level } from '../view/zoom.ts'
import type { Walk } from './use-walk.ts'

/** The map of the mirror's present state. Slots of pods are remembered from one state to the next: places do not move. */
export function useMap(
  level: Level,
  walk: Walk,
  selection: Selection | null,
  unfolded: ReadonlySet<string>,
): { model: ClusterModel; map: Topology; mapAt: (level: Level) => Topology } {
  const mirror = useSimulation((state) => state.mirror)
  const version = useSimulation((state) => state.version)
  const slots = useRef<Slots>(new Map())
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mirror is mutated; its version says when to look again
  const model = useMemo(() => {
    const model = clusterModel(mirror)
    slots.current = assignSlots(slots.current, podsToPlace(model))
    return model
  }, [mirror, version])
  const places = useMemo(() => placesOf(walk.steps), [walk.steps])
  const services = useMemo(() => servicesOf(walk.steps), [walk.steps])
  const rules = useMemo(() => (level === 4 ? rulesMet(walk.steps.slice(0, walk.index + 1)) : undefined), [level, walk])
  const mapAt = useCallback(
    (at: Level) => {
      const shown = new Set(places.pods)
      const shownServices = new Set(services)
      if (selection?.kind === 'pod') shown.add(`${selection.namespace}/${selection.name}`)
      if (selection?.kind === 'object') shownServices.add(selection.id)
      return topology(model, at, { slots: slots.current, shown, shownServices, unfolded, rules })
    },
    [model, places, services, selection, unfolded, rules],
  )
  const map = useMemo(() => mapAt(level), [mapAt, level])
  return { model, map, mapAt }
}
