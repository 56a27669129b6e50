import type { Point, Rect } from './geometry.ts'
import type { HostModel, LinkModel, NodeModel, PodModel, ServiceModel } from './model.ts'
import type { Level } from './zoom.ts'

/** The hooks of a host's stack as the map draws them, left to right, and the two that lead to sockets. */
export type StackStage = 'prerouting' | 'routing' | 'forward' | 'postrouting' | 'input' | 'output'
export const STACK_ROW = ['prerouting', 'routing', 'forward', 'postrouting'] as const

interface Common {
  /** Also the id of the vertex at its middle, unless the box has better ones. */
  readonly id: string
  readonly rect: Rect
  /** The box that holds it: Backspace goes there. */
  readonly parent?: string
  /** What a screen reader says. */
  readonly label: string
}

export type Box = Common &
  (
    | {
        readonly kind: 'node'
        readonly node: NodeModel
        readonly netnsFrame: Rect
        readonly notches: readonly number[]
      }
    | { readonly kind: 'nodeTile'; readonly node: NodeModel; readonly dots: readonly Dot[]; readonly perRow: number }
    | { readonly kind: 'pod'; readonly pod: PodModel; readonly socket: Point }
    | { readonly kind: 'hostPod'; readonly pod: PodModel }
    | { readonly kind: 'fold'; readonly host: string; readonly pods: readonly PodModel[]; readonly text: string }
    | { readonly kind: 'counter'; readonly owner: string; readonly host: string; readonly pods: readonly PodModel[] }
    | { readonly kind: 'pending'; readonly pods: readonly PodModel[] }
    | { readonly kind: 'bridge'; readonly link: LinkModel; readonly ticks: readonly Tick[]; readonly ports: number }
    | {
        readonly kind: 'stack'
        readonly node: NodeModel
        readonly sockets: Rect
        readonly stages: Readonly<Record<StackStage, Rect>>
        readonly lists: Rect
        readonly rules: readonly MetRule[]
      }
    | { readonly kind: 'device'; readonly link: LinkModel }
    | { readonly kind: 'service'; readonly service: ServiceModel }
    | { readonly kind: 'outside' | 'router' | 'switch'; readonly host: HostModel }
  )

export type BoxOf<K extends Box['kind']> = Extract<Box, { readonly kind: K }>

/** A pod as level 1 draws it. */
export interface Dot {
  readonly pod: PodModel
  readonly at: Point
}

/** A port of a bridge: x from the bridge's left edge. */
export interface Tick {
  readonly x: number
  readonly hairpin: boolean
}

/** A rule that the walk met at a stage of a host (level 4). */
export interface MetRule {
  readonly stage: StackStage
  readonly text: string
  readonly verb: string
}

/** A line between two vertices, drawn along its points. `stack` lines are the way within a host's stack. */
export interface Wire {
  readonly id: string
  readonly kind: 'veth' | 'port' | 'cable' | 'tunnel' | 'stack' | 'inside'
  readonly from: string
  readonly to: string
  readonly points: readonly Point[]
  readonly down: boolean
}

/** A place where a packet can be. */
export interface Vertex {
  readonly id: string
  readonly at: Point
  /** The box to light up. */
  readonly box: string
}

export interface Topology {
  readonly level: Level
  readonly boxes: readonly Box[]
  readonly wires: readonly Wire[]
  readonly vertices: ReadonlyMap<string, Vertex>
  /** Hatched pipe that joins the tunnel devices of a VNI, if any. */
  readonly pipe: Rect | null
  readonly bounds: Rect
  /** netns id -> box that stands for it when nothing finer is drawn. */
  readonly netnsBox: ReadonlyMap<string, string>
  /** Pod key -> box that shows it (itself, a fold or a counter). */
  readonly podBox: ReadonlyMap<string, string>
}
