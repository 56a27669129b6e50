import type { Node, NodeProps } from '@xyflow/react'
import type { Box } from '../../view/boxes.ts'
import type { Level } from '../../view/zoom.ts'

/** What React Flow holds for a box: the box itself and the level it is drawn at. */
export interface BoxData<B extends Box = Box> extends Record<string, unknown> {
  readonly box: B
  readonly level: Level
}

export type BoxNode<B extends Box = Box> = Node<BoxData<B>>
export type BoxProps<B extends Box> = NodeProps<BoxNode<B>>
