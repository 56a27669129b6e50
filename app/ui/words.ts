import type { StepView, Verdict } from './types.ts'

/** Second signals: a shape beside every colour. */
export const VERDICT_GLYPH: Readonly<Record<Verdict, string>> = {
  delivered: '✓',
  refused: '✗↩',
  dropped: '✗',
  unreachable: '✗↩',
  timeout: '◌',
}

/** Where a step happens, as one reads it: `worker · cni0`, `pod default/web on worker · eth0`. */
export function placeOf(step: StepView): string {
  const where = step.pod ? `pod ${step.pod} on ${step.host}` : step.host
  return step.dev ? `${where} · ${step.dev}` : where
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
