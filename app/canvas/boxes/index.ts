import type { NodeTypes } from '@xyflow/react'
import { BridgeBox, DeviceBox, HostBox, ServiceBox } from './DeviceBoxes.tsx'
import { NodeBox, NodeTile } from './NodeBox.tsx'
import { CounterBox, FoldBox, HostPodBox, PendingBox, PodBox } from './PodBox.tsx'
import { StackBox } from './StackBox.tsx'

/** Kind of a box -> what draws it. */
export const BOX_TYPES: NodeTypes = {
  node: NodeBox,
  nodeTile: NodeTile,
  pod: PodBox,
  hostPod: HostPodBox,
  fold: FoldBox,
  counter: CounterBox,
  pending: PendingBox,
  bridge: BridgeBox,
  stack: StackBox,
  device: DeviceBox,
  service: ServiceBox,
  outside: HostBox,
  router: HostBox,
  switch: HostBox,
}
