import type { Mac } from '../../net/address.ts'
import type { Frame, IpPacket } from '../../net/packet.ts'
import type { ConntrackRow, RecordRef } from '../tables.ts'

/**
 * A packet inside one host, with the kernel's notes on it. Plain data: it may wait in the event queue.
 * `frame` is present from a device's receive until layer 2 is stripped, and again once the neighbour is known.
 */
export interface Skb {
  /** Same id from the sending socket to its end, through NAT and encapsulation; answers have ids of their own. */
  readonly packet: string
  /** `0` for the packet itself; `0.1`, `0.2` for copies (flooding) and for ARP or ND that it caused. */
  readonly branch: string
  readonly netns: string
  /** Link id the packet was received on; absent for locally generated ones. */
  readonly iif?: string
  /** Link id chosen to send on, once routed. */
  readonly oif?: string
  readonly frame?: Frame
  readonly ip?: IpPacket
  readonly mark: number
  readonly priority: number
  /**
   * Conntrack row id and what the packet is to it. `entry` is the entry while it is unconfirmed: it lives in the packet
   * and dies with it; the end of the path (INPUT or POSTROUTING) writes it into the table.
   */
  readonly ct?: { readonly id: string; readonly info: CtInfo; readonly entry?: ConntrackRow }
  readonly ctZone?: number
  /** Next hop chosen by routing: what the neighbour layer resolves. */
  readonly nexthop?: { readonly dev: string; readonly via: string }
  /** Set while bridge netfilter borrows the IP hooks: the ports, and the MAC that DNAT may replace. */
  readonly bridged?: { readonly physIn: string; readonly physOut?: string; readonly srcMac?: Mac }
  /** Tunnel metadata of a collect-metadata device. */
  readonly tunnel?: { readonly vni: number; readonly src: string; readonly dst: string }
  /** PMTU and addresses before in-host NAT, used to answer errors. */
  readonly sock?: string
  /** Which rows decided DNAT and SNAT in this host, for the explanation. */
  readonly nat?: { readonly dnat?: RecordRef; readonly snat?: RecordRef }
  /** Size of the largest fragment it came in, if it was put together here: it leaves in fragments no larger. */
  readonly fragMax?: number
  /** How often it was cut into fragments so far: keeps the names of their branches apart. */
  readonly cuts?: number
  /** How often this skb was re-injected; a guard against loops inside one host. */
  readonly depth: number
}

/**
 * A packet's notes from those that are known. Every Skb is made here or copied from one that was, so that all have the same
 * fields in the same order: engines copy such objects many times faster than ones of many shapes.
 */
export function skbOf(known: Skb): Skb {
  return {
    packet: known.packet,
    branch: known.branch,
    netns: known.netns,
    iif: known.iif,
    oif: known.oif,
    frame: known.frame,
    ip: known.ip,
    mark: known.mark,
    priority: known.priority,
    ct: known.ct,
    ctZone: known.ctZone,
    nexthop: known.nexthop,
    bridged: known.bridged,
    tunnel: known.tunnel,
    sock: known.sock,
    nat: known.nat,
    fragMax: known.fragMax,
    cuts: known.cuts,
    depth: known.depth,
  }
}

/** enum ip_conntrack_info, with the two kinds of packets that belong to no entry. */
export type CtInfo = 'new' | 'established' | 'related' | 'established-reply' | 'related-reply' | 'invalid' | 'untracked'
