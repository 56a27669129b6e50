import { endpoint, ipSummary } from '../../net/summary.ts'
import type { IpPacket } from '../../net/packet.ts'
import type { NfChainRow, NfHook, RecordRef } from '../tables.ts'
import { emitStep } from '../trace/emit.ts'
import type { Step } from '../trace/step.ts'
import { portsOf } from './tuple.ts'
import type { View } from './view.ts'

/** A rule as evidence: the chain it stands in, as that chain was. */
export function refOf(row: NfChainRow, rule?: number): RecordRef {
  return { table: 'nfChain', id: row.id, ...(rule === undefined ? {} : { rule }), row }
}

/** Reports one thing that netfilter did to the packet, as it now is. */
export function report(
  view: View,
  what: Pick<Step, 'action' | 'detail' | 'decidedBy' | 'before' | 'after' | 'end'> & {
    stage?: Step['stage']
    via?: readonly RecordRef[]
  },
): void {
  const { ctx, skb, at } = view
  const { stage, via } = what
  emitStep(ctx, {
    at: ctx.clock.now,
    packet: skb.packet,
    branch: skb.branch,
    host: ctx.tx.get('netns', skb.netns)?.host ?? skb.netns,
    netns: skb.netns,
    dev: at.in ?? at.out,
    stage: stage ?? at.hook,
    action: what.action,
    detail: what.detail,
    decidedBy: what.decidedBy,
    via: via && via.length > 0 ? via : undefined,
    before: what.before,
    after: what.after,
    summary: ipSummary(view.ip),
    headers: skb.frame ? { ...skb.frame, body: view.ip } : view.ip,
    end: what.end,
  })
}

/** `nat PREROUTING rule 1 > KUBE-SERVICES rule 5 > KUBE-SVC-X rule 2`. */
export function wayTo(path: readonly RecordRef[], last?: RecordRef): string {
  const refs = last ? [...path, last] : path
  return refs.map((ref, i) => (i === 0 ? `${chainOf(ref).table} ` : '') + place(ref)).join(' > ')
}

function place(ref: RecordRef): string {
  const { name, policy } = chainOf(ref)
  return ref.rule === undefined ? `${name} policy ${policy ?? 'RETURN'}` : `${name} rule ${ref.rule + 1}`
}

const chainOf = (ref: RecordRef) => ref.row as NfChainRow // refs that this module makes carry their chain

/** What differs between two packets, as dotted keys. */
export function difference(before: IpPacket, after: IpPacket): Pick<Step, 'before' | 'after'> {
  const [a, b] = [fieldsOf(before), fieldsOf(after)]
  const changed = Object.keys(a).filter((key) => a[key] !== b[key])
  return { before: pick(a, changed), after: pick(b, changed) }
}

function fieldsOf(ip: IpPacket): Record<string, string | number> {
  const { body } = ip
  const [sport, dport] = portsOf(body)
  const kind = body.kind
  if (kind === 'icmp') {
    const quoted = 'quoted' in body ? body.quoted : undefined
    const inner = quoted ? Object.entries(fieldsOf(quoted)).map(([key, value]) => [`quoted.${key}`, value]) : []
    return { 'ip.src': ip.src, 'ip.dst': ip.dst, ...(quoted ? Object.fromEntries(inner) : { 'icmp.id': sport }) }
  }
  if (kind === 'ipip') return { 'ip.src': ip.src, 'ip.dst': ip.dst }
  return { 'ip.src': ip.src, [`${kind}.sport`]: sport, 'ip.dst': ip.dst, [`${kind}.dport`]: dport }
}

function pick(fields: Record<string, string | number>, keys: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(keys.map((key) => [key, fields[key]]))
}

/** One end of a packet as people write it. */
export function endText(ip: IpPacket, side: 'src' | 'dst'): string {
  const [sport, dport] = portsOf(ip.body)
  return ip.body.kind === 'icmp' || ip.body.kind === 'ipip'
    ? ip[side]
    : endpoint(ip[side], side === 'src' ? sport : dport)
}

export function dropReason(hook: NfHook): `fw.${NfHook}-drop` {
  return `fw.${hook}-drop`
}
