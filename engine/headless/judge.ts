import type { WorldReader } from '../core/world.ts'
import type { ProbeState } from '../apps/probe.ts'
import { sysctlValue } from '../kernel/sysctl.ts'
import { REASONS, type ReasonCode, type Verdict } from '../kernel/trace/reasons.ts'
import type { Step } from '../kernel/trace/step.ts'
import { isReply } from './packet-id.ts'
import { packetIn } from './receiver.ts'
import { verdictOf, type Walk, type WalkCollector } from './walk.ts'

/** What became of a question: the verdict of headless.md, and the step that decided it. */
export interface Judgement {
  readonly verdict: Verdict
  readonly reason: ReasonCode | null
  readonly clientSees: 'answered' | 'refused' | 'timeout' | 'stalled' | 'unreachable'
  readonly request: Walk
  readonly reply?: Walk & { readonly verdict: Verdict; readonly reason: ReasonCode | null }
  readonly culprit?: Step
}

/**
 *     the name did not resolve      -> dns.*
 *     the request died              -> its reason's verdict
 *     it arrived, and ... answered  -> delivered
 *                         refused   -> refused
 *                         silence   -> timeout, with the reason of whatever died on the way back
 */
export function judge(world: WorldReader, walks: WalkCollector, state: ProbeState | undefined): Judgement {
  const result = state?.result
  if (result?.dns !== undefined) return unresolved(walks, result.dns, result.sees)
  const request = walks.request
  const own = requestVerdict(world, request)
  const reply = replyOf(world, walks)
  const seen = { request, ...(reply ? { reply } : {}) }
  if (own.verdict !== 'delivered') {
    const sees = result?.sees ?? (own.verdict === 'refused' || own.verdict === 'unreachable' ? own.verdict : 'timeout')
    return { ...own, clientSees: sees, ...seen, ...(request.end ? { culprit: request.end } : {}) }
  }
  const sees = result?.sees ?? 'timeout'
  if (sees === 'answered')
    return {
      verdict: 'delivered',
      reason: null,
      clientSees: sees,
      ...seen,
      ...(request.end ? { culprit: request.end } : {}),
    }
  const lost = firstLoss(world, walks)
  const culprit = lost?.walk.end ?? request.end
  const rest = { clientSees: sees, ...seen, ...(culprit ? { culprit } : {}) }
  if (sees === 'refused') return { verdict: 'refused', reason: lost?.reason ?? null, ...rest }
  if (sees === 'unreachable') return { verdict: 'unreachable', reason: lost?.reason ?? null, ...rest }
  return { verdict: 'timeout', reason: lost?.reason ?? null, ...rest }
}

/** A Service's address that no rule translated wanders off by the default route: that is told by its cause, not by where it died. */
function requestVerdict(world: WorldReader, request: Walk): { verdict: Verdict; reason: ReasonCode | null } {
  const own = verdictOf(request)
  const first = request.steps[0]
  const packet = first && packetIn(first)
  if (own.verdict !== 'unreachable' || !packet || request.steps.some((step) => step.action === 'DNAT')) return own
  return isServiceAddress(world, packet.dst)
    ? { verdict: REASONS['service.vip-unhandled'].verdict, reason: 'service.vip-unhandled' }
    : own
}

function isServiceAddress(world: WorldReader, ip: string): boolean {
  return world
    .rows('clusterConfig')
    .some(({ id }) =>
      world
        .by('object', 'kind', `${id}|Service`)
        .some(({ object }) => (object.spec?.clusterIPs ?? [object.spec?.clusterIP]).includes(ip)),
    )
}

function unresolved(walks: WalkCollector, rcode: string, sees: Judgement['clientSees']): Judgement {
  const query = walks.walkOf(`${walks.packet}/dns1`)
  const own = verdictOf(query)
  const blocked = own.reason?.startsWith('fw.') || own.reason?.startsWith('policy.')
  const reason: ReasonCode = blocked
    ? 'dns.blocked'
    : rcode === 'TIMEOUT' || rcode === 'REFUSED'
      ? 'dns.timeout'
      : 'dns.nxdomain'
  return {
    verdict: REASONS[reason].verdict,
    reason,
    clientSees: sees,
    request: query,
    ...(query.end ? { culprit: query.end } : {}),
  }
}

function replyOf(world: WorldReader, walks: WalkCollector): Judgement['reply'] {
  const walk = walks.reply
  if (!walk) return undefined
  const { verdict, reason } = verdictOf(walk)
  return { ...walk, verdict, reason: reason && explained(world, walks, walk, reason) }
}

/** What died first after the request had arrived: an answer, or a later packet of the same exchange. */
function firstLoss(world: WorldReader, walks: WalkCollector): { walk: Walk; reason: ReasonCode | null } | undefined {
  let first: { walk: Walk; reason: ReasonCode | null } | undefined
  for (const id of walks.packets) {
    if (id.startsWith(`${walks.packet}/dns`) || /\/icmp\S*$/.test(id)) continue
    const walk = walks.walkOf(id)
    const { verdict, reason } = verdictOf(walk)
    if (verdict === 'delivered' || !walk.end) continue
    if (!first || walk.end.at < (first.walk.end?.at ?? 0))
      first = { walk, reason: reason && explained(world, walks, walk, reason) }
  }
  return first
}

/** Some reasons need more than the packet itself to be told. */
function explained(world: WorldReader, walks: WalkCollector, walk: Walk, reason: ReasonCode): ReasonCode {
  // The answer kept its untranslated source because a bridge without br_netfilter passed it on.
  if (
    reason === 'sock.no-connection' &&
    isReply(walk.packet) &&
    walks.request.steps.some((step) => step.action.endsWith('DNAT'))
  ) {
    const bypassed = walk.steps.some(
      (step) => step.stage === 'bridge' && sysctlValue(world, step.netns, 'net.bridge.bridge-nf-call-iptables') === '0',
    )
    if (bypassed) return 'brnf.bypass'
  }
  if (reason === 'mtu.needs-frag') {
    const message = walks.walkOf(`${walk.packet}/icmp`)
    if (message.steps.length > 0 && message.end?.end?.disposition !== 'delivered') return 'mtu.icmp-lost'
  }
  return reason
}
