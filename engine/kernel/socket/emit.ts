import { hash32 } from '../../core/rng.ts'
import type { Ctx } from '../../core/context.ts'
import type { Ip } from '../../net/address.ts'
import { familyOf } from '../../net/ip.ts'
import type { IpPacket, L4 } from '../../net/packet.ts'
import { ipSummary } from '../../net/summary.ts'
import type { OutputResult } from '../contract.ts'
import type { Skb } from '../path/skb.ts'
import { sysctlNumber } from '../sysctl.ts'
import type { RecordRef } from '../tables.ts'
import { emitStep } from '../trace/emit.ts'
import type { Step } from '../trace/step.ts'
import { ipOutput } from './below.ts'

/** What the socket layer hands to IP. */
export interface Outgoing {
  readonly netns: string
  readonly id: string
  readonly packet: IpPacket
  readonly sock?: string
  /** `connect`, `sendto`, `retransmit`, `ack`, ...: what the first step of the walk is called, and why it is sent. */
  readonly action: string
  readonly detail: string
  readonly decidedBy?: RecordRef
  readonly mark?: number
}

/** From a received packet to the kernel's own answer to it, microseconds: the answer leaves in an event of its own. */
const SOFTIRQ_US = 1

/** Sends now, from a system call or a timer. The walk's first step is the call itself. */
export function emitNow(ctx: Ctx, out: Outgoing): OutputResult {
  const { netns, id, packet } = out
  emitStep(ctx, {
    at: ctx.clock.now,
    packet: id,
    branch: '0',
    host: hostOf(ctx, netns),
    netns,
    stage: 'socket',
    action: out.action,
    detail: out.detail,
    decidedBy: out.decidedBy,
    summary: ipSummary(packet),
    headers: packet,
  })
  return ipOutput(ctx, {
    netns,
    packet,
    id,
    detail: out.detail,
    ...(out.sock ? { sock: out.sock } : {}),
    ...(out.mark ? { mark: out.mark } : {}),
  })
}

/** Sends an answer to something just received: in an event of its own, so that one packet's walk ends before the next begins. */
export function emitSoon(ctx: Ctx, out: Outgoing): void {
  ctx.clock.after(SOFTIRQ_US, 'sock-xmit', out)
}

/** A packet of this host. `df` as path MTU discovery wants it; the identification belongs to the packet's id. */
export function ipPacket(
  ctx: Ctx,
  netns: string,
  at: { src: Ip; dst: Ip; df: boolean; id: string; ttl?: number },
  body: L4,
): IpPacket {
  const family = familyOf(at.dst)
  const ttl =
    at.ttl ?? sysctlNumber(ctx.tx, netns, family === 'ipv4' ? 'net.ipv4.ip_default_ttl' : 'net.ipv6.conf.all.hop_limit')
  return {
    kind: 'ip',
    family,
    src: at.src,
    dst: at.dst,
    ttl,
    tos: 0,
    df: family === 'ipv6' || at.df,
    ident: hash32(ctx.clock.seed, at.id) & 0xffff,
    body,
  }
}

export function hostOf(ctx: Pick<Ctx, 'tx'>, netns: string): string {
  return ctx.tx.get('netns', netns)?.host ?? netns
}

/** The step with which a packet's walk ends at this host. */
export function emitEnd(
  ctx: Ctx,
  skb: Skb,
  end: {
    action: string
    detail: string
    decidedBy?: RecordRef
    disposition: NonNullable<Step['end']>['disposition']
    reason?: string
  },
): void {
  const dev = skb.iif ? ctx.tx.get('link', skb.iif)?.name : undefined
  emitStep(ctx, {
    at: ctx.clock.now,
    packet: skb.packet,
    branch: skb.branch,
    host: hostOf(ctx, skb.netns),
    netns: skb.netns,
    dev,
    stage: 'deliver',
    action: end.action,
    detail: end.detail,
    decidedBy: end.decidedBy,
    summary: skb.ip ? ipSummary(skb.ip) : '',
    headers: skb.ip,
    end: { disposition: end.disposition, ...(end.reason ? { reason: end.reason } : {}) },
  })
}
