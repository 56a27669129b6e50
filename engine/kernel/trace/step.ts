import type { RecordRef } from '../tables.ts'

/** Where in the walk a step belongs, in Linux's order. `headless.md` prints these names. */
export type Stage =
  | 'socket'
  | 'cgroup'
  | 'output'
  | 'routing'
  | 'postrouting'
  | 'neighbour'
  | 'tc-egress'
  | 'xmit'
  | 'wire'
  | 'xdp'
  | 'receive'
  | 'tc-ingress'
  | 'bridge'
  | 'prerouting'
  | 'forward'
  | 'input'
  | 'encap'
  | 'decap'
  | 'deliver'
  | 'conntrack'
  | 'nat'
  | 'arp'
  | 'icmp'

/**
 * One thing that happened to one packet, at one place, decided by one row.
 * `before` and `after` hold only the header fields that changed, with dotted keys (`ip.dst`, `tcp.dport`, `outer.ip.src`).
 */
export interface Step {
  readonly at: number
  readonly packet: string
  readonly branch: string
  readonly host: string
  readonly netns: string
  /** Interface name, where a device is involved. */
  readonly dev?: string
  readonly stage: Stage
  /** Verb in the tools' words: `connect`, `DNAT`, `routed`, `bridged`, `encapsulated`, `SNAT`, `accept`, `delivered`, `dropped`, `rejected`, ... */
  readonly action: string
  /** One plain sentence: what happened and because of what. */
  readonly detail: string
  readonly decidedBy?: RecordRef
  /** What led there, in order: the rules whose jumps were taken before the deciding one. */
  readonly via?: readonly RecordRef[]
  readonly before?: Readonly<Record<string, string | number>>
  readonly after?: Readonly<Record<string, string | number>>
  /** One line that names the packet as it now is: `10.244.1.10:40000 > 10.96.20.30:80 TCP S`. */
  readonly summary: string
  /** The frame or packet as it now is, for the nested headers of the hop card (shared, frozen). */
  readonly headers?: unknown
  /** Ends a branch: how, and the reason code of `reasons.ts` for a drop. */
  readonly end?: { readonly disposition: Disposition; readonly reason?: string }
}

/** How a branch of a walk ends. `absorbed`: ARP and the like answered or consumed; `parked`: it waits for a neighbour. */
export type Disposition = 'delivered' | 'dropped' | 'rejected' | 'absorbed' | 'consumed' | 'parked'
