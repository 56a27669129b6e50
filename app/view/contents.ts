import type { ClusterModel, PodModel } from './model.ts'
import type { NodeContent } from './node-layout.ts'
import type { Placed } from './slots.ts'
import type { TopologyOptions } from './topology.ts'

/** Sorts the pods of every node into slots, folds and host tiles; into counters per owner where there are too many. */
export function contentsOf(
  model: ClusterModel,
  options: TopologyOptions,
  counters: boolean,
): ReadonlyMap<string, NodeContent> {
  const nodePorts = [...new Set(model.services.flatMap((service) => service.nodePorts))].sort((a, b) => a - b)
  const byHost = new Map<string, PodModel[]>()
  for (const pod of model.pods) {
    const list = byHost.get(pod.host)
    if (list) list.push(pod)
    else byHost.set(pod.host, [pod])
  }
  const contents = new Map<string, NodeContent>()
  for (const node of model.nodes) {
    const pods = byHost.get(node.id) ?? []
    const open = options.unfolded.has(node.id)
    const folded = pods.filter((pod) => pod.system && !open && !options.shown.has(pod.key))
    const visible = pods.filter((pod) => !folded.includes(pod))
    const own = visible.filter((pod) => !pod.hostNetwork)
    contents.set(node.id, {
      node,
      folded,
      unfolded: open && pods.some((pod) => pod.system),
      hostPods: visible.filter((pod) => pod.hostNetwork),
      placed: counters ? counted(own, options) : placed(own, pods, options),
      nodePorts,
      rules: options.rules?.get(node.id) ?? [],
    })
  }
  return contents
}

/** The pods that `assignSlots` is to place: those with a box of their own that the user made. */
export function podsToPlace(model: ClusterModel): Placed[] {
  return model.pods
    .filter((pod) => !pod.hostNetwork && !pod.system)
    .map((pod) => ({ key: pod.key, host: pod.host, created: pod.created }))
}

/**
 * System pods that are shown for a while are put behind the others, in name order, so that unfolding moves nothing.
 */
function placed(own: readonly PodModel[], all: readonly PodModel[], options: TopologyOptions): NodeContent['placed'] {
  const slotOf = (pod: PodModel) => options.slots.get(pod.key)?.slot ?? 0
  const users = own.filter((pod) => !pod.system)
  const behind = Math.max(-1, ...all.filter((pod) => !pod.system && !pod.hostNetwork).map(slotOf)) + 1
  const system = own.filter((pod) => pod.system).sort((a, b) => (a.key < b.key ? -1 : 1))
  return [
    ...users.map((pod) => ({ slot: slotOf(pod), pods: [pod], counter: false })),
    ...system.map((pod, i) => ({ slot: behind + i, pods: [pod], counter: false })),
  ]
}

/** One counter per owner, in name order; pods on the packet's path keep a box of their own, behind the counters. */
function counted(own: readonly PodModel[], options: TopologyOptions): NodeContent['placed'] {
  const groups = new Map<string, PodModel[]>()
  for (const pod of own) {
    if (options.shown.has(pod.key)) continue
    const key = `${pod.namespace}/${pod.owner}`
    const list = groups.get(key)
    if (list) list.push(pod)
    else groups.set(key, [pod])
  }
  const lists = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pods]) => pods)
  const single = own.filter((pod) => options.shown.has(pod.key))
  return [
    ...lists.map((pods, slot) => ({ slot, pods, counter: true })),
    ...single.map((pod, i) => ({ slot: lists.length + i, pods: [pod], counter: false })),
  ]
}
