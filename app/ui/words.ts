import type { DecisionView, StepView, Verdict } from './types.ts'

/** Second signals: a shape beside every colour. */
export const VERDICT_GLYPH: Readonly<Record<Verdict, string>> = {
  delivered: '✓',
  refused: '✗↩',
  dropped: '✗',
  unreachable: '✗↩',
  timeout: '◌',
}

/** What the sender's program is told. */
export const VERDICT_WORD: Readonly<Record<Verdict, string>> = {
  delivered: 'an answer',
  refused: 'connection refused',
  dropped: 'nothing, until it gives up',
  unreachable: 'unreachable',
  timeout: 'nothing, until it gives up',
}

/** Where a step happens, as one reads it: `worker · cni0`, `pod default/web on worker · eth0`. */
export function placeOf(step: StepView): string {
  const where = step.pod ? `pod ${step.pod} on ${step.host}` : step.host
  return step.dev ? `${where} · ${step.dev}` : where
}

/** What happened, without the way through the chains: the rows of `via` say that under the decision. */
export function sentenceOf(step: StepView): string {
  return step.via && step.via.length > 0 ? step.detail.replace(/: \w+ [\w-]+ rule \d+( > .*)?$/, '') : step.detail
}

/** The chain that a netfilter rule is in: the end of its row's id, `worker|ipv4|nat|KUBE-SERVICES`. */
export function chainName(decision: DecisionView): string | undefined {
  return decision.table === 'nfChain' ? decision.id.split('|').at(-1) : undefined
}

/** `ip.dst` and its kin in words for the table of what changed. */
export function fieldName(key: string): string {
  return FIELD_NAMES[key] ?? key
}

const FIELD_NAMES: Readonly<Record<string, string>> = {
  'eth.src': 'Ethernet source',
  'eth.dst': 'Ethernet destination',
  'ip.src': 'IP source',
  'ip.dst': 'IP destination',
  'ip.ttl': 'TTL',
  'tcp.sport': 'TCP source port',
  'tcp.dport': 'TCP destination port',
  'udp.sport': 'UDP source port',
  'udp.dport': 'UDP destination port',
  'outer.ip.src': 'outer IP source',
  'outer.ip.dst': 'outer IP destination',
  'outer.eth.src': 'outer Ethernet source',
  'outer.eth.dst': 'outer Ethernet destination',
}
