import type { PortMapping } from './spec.ts'

/** What a container runtime knows when it connects a sandbox. */
export interface Attachment {
  /** Host id. */
  readonly host: string
  readonly containerId: string
  readonly netnsId: string
  /** `/run/netns/cni-...` */
  readonly netnsPath: string
  readonly ifName: string
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string }
  readonly portMappings?: readonly PortMapping[]
}
