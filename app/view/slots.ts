/**
 * Which place of its node each pod has: `namespace/name` -> number. Places do not move: a pod keeps its place for as long as
 * it exists, and a new one takes the first free place of its node. From nothing, pods are placed in the order in which they
 * were made (then by name), so that the same link draws the same picture.
 */
export type Slots = ReadonlyMap<string, { readonly host: string; readonly slot: number }>

export interface Placed {
  readonly key: string
  readonly host: string
  /** Creation time as text that sorts. */
  readonly created: string
}

export function assignSlots(before: Slots, pods: readonly Placed[]): Slots {
  const next = new Map<string, { host: string; slot: number }>()
  const taken = new Map<string, Set<number>>()
  const take = (key: string, host: string, slot: number) => {
    next.set(key, { host, slot })
    const slots = taken.get(host) ?? new Set()
    taken.set(host, slots.add(slot))
  }
  const fresh: Placed[] = []
  for (const pod of pods) {
    const known = before.get(pod.key)
    if (known?.host === pod.host) take(pod.key, pod.host, known.slot)
    else fresh.push(pod)
  }
  fresh.sort((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : a.key < b.key ? -1 : 1))
  for (const { key, host } of fresh) {
    const slots = taken.get(host)
    let slot = 0
    while (slots?.has(slot)) slot++
    take(key, host, slot)
  }
  return next
}
