import type { Level } from './zoom.ts'

/** Sizes of the parts of the map at one level, pixels at scale 1 of the level. */
export interface Metrics {
  readonly level: Level
  readonly podW: number
  readonly podH: number
  /** Room right of each column of pods, where the veths of upper rows come down. */
  readonly gutter: number
  readonly rowGap: number
  readonly pad: number
  readonly header: number
  /** Tiles: folded pods, pods of the host's own network. */
  readonly tile: number
  readonly bridge: number
  /** The host's stack: the line of sockets, the line of hooks, the lists below (routes, neighbours). */
  readonly sockets: number
  readonly hooks: number
  readonly lists: number
  readonly device: number
  readonly gap: number
  /** Room between nodes, where wires of upper rows come down. */
  readonly lane: number
  readonly service: { readonly w: number; readonly h: number }
  readonly outside: { readonly w: number; readonly h: number }
  readonly switchBar: number
  readonly router: { readonly w: number; readonly h: number }
  /** Least width of a node, and the width of one in the control plane's column. */
  readonly nodeMin: number
  readonly leastColumns: number
}

const NODE: Metrics = {
  level: 2,
  podW: 98,
  podH: 74,
  gutter: 14,
  rowGap: 10,
  pad: 8,
  header: 40,
  tile: 20,
  bridge: 26,
  sockets: 22,
  hooks: 28,
  lists: 0,
  device: 26,
  gap: 12,
  lane: 26,
  service: { w: 148, h: 42 },
  outside: { w: 140, h: 38 },
  switchBar: 24,
  router: { w: 150, h: 38 },
  nodeMin: 170,
  leastColumns: 1,
}

const NETNS: Metrics = {
  ...NODE,
  level: 3,
  podW: 200,
  podH: 130,
  gutter: 22,
  rowGap: 14,
  pad: 10,
  header: 44,
  tile: 22,
  bridge: 44,
  sockets: 34,
  hooks: 34,
  lists: 176,
  device: 84,
  gap: 16,
  lane: 34,
  service: { w: 210, h: 60 },
  outside: { w: 170, h: 54 },
  switchBar: 34,
  router: { w: 210, h: 54 },
  nodeMin: 320,
}

const HOOKS: Metrics = { ...NETNS, level: 4, sockets: 60, hooks: 280, lists: 0, nodeMin: 624, leastColumns: 2 }

export function metricsAt(level: Level): Metrics {
  return level === 4 ? HOOKS : level === 3 ? NETNS : NODE
}

/** Tiles of level 1. */
export const CLUSTER = { w: 150, header: 40, dot: 12, dotGap: 5, perRow: 7, pad: 10, lane: 30, gap: 22, h: 40 } as const
