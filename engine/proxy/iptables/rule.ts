import type { Cause } from '../../core/cause.ts'
import type { Cidr, Ip } from '../../net/address.ts'
import { hostCidr } from '../../net/ip.ts'
import type { NfMatch, NfRule, NfTarget } from '../../kernel/tables.ts'
import type { ReasonCode } from '../../kernel/trace/reasons.ts'
import type { Protocol } from '../service-ports.ts'

/** The parts of kube-proxy's rules. Matches are listed in the order in which the kernel prints them. */
export const comment = (text: string): NfMatch => ({ kind: 'comment', text })
export const from = (cidr: Cidr, not = false): NfMatch => ({ kind: 'src', cidr, ...(not ? { not } : {}) })
export const fromHost = (ip: Ip): NfMatch => from(hostCidr(ip))
export const to = (ip: Ip): NfMatch => ({ kind: 'dst', cidr: hostCidr(ip) })
export const proto = (name: Protocol): NfMatch => ({ kind: 'proto', proto: name })
export const dport = (name: Protocol, port: number): NfMatch => ({ kind: 'dport', proto: name, from: port, to: port })
export const local = (which: 'src' | 'dst'): NfMatch => ({ kind: 'addrtype', which, types: ['LOCAL'] })
export const jump = (chain: string): NfTarget => ({ kind: 'jump', chain })

export interface Why {
  readonly cause?: Cause
  readonly reason?: ReasonCode
}

/** A rule of kube-proxy's, to be shared by all nodes that want it. */
export function rule(
  matches: readonly NfMatch[],
  target: NfTarget | undefined,
  { cause, reason }: Why = NOTHING,
): NfRule {
  const made: { -readonly [Key in keyof NfRule]: NfRule[Key] } = { matches, owner: 'kube-proxy' }
  if (target) made.target = target
  if (cause) made.cause = cause
  if (reason) made.reason = reason
  return made
}

const NOTHING: Why = {}
