import type { StepView } from '../../engine/index.ts'
import type { MetRule, StackStage } from './boxes.ts'
import { natHook } from './path.ts'

const HOOK_STAGES: ReadonlySet<string> = new Set(['prerouting', 'routing', 'forward', 'postrouting', 'input', 'output'])

/** Rules that a walk met so far, per host and hook, in order, each once. */
export function rulesMet(steps: readonly StepView[]): ReadonlyMap<string, readonly MetRule[]> {
  const met = new Map<string, MetRule[]>()
  const hook = new Map<string, StackStage>()
  for (const step of steps) {
    if (step.netns !== step.host) continue
    if (HOOK_STAGES.has(step.stage)) hook.set(step.host, step.stage as StackStage)
    const stage = step.stage === 'nat' ? natHook(step) : hook.get(step.host)
    if (!stage || !step.decidedBy || !['nfChain', 'route', 'conntrack'].includes(step.decidedBy.table)) continue
    const rule = { stage, text: step.decidedBy.text, verb: step.action }
    const list = met.get(step.host) ?? []
    met.set(step.host, list)
    if (!list.some((other) => other.stage === stage && other.text === rule.text)) list.push(rule)
  }
  return met
}

/** False for what a packet caused on its way: questions of ARP, and their copies. */
export function isMain(step: Pick<StepView, 'branch'>): boolean {
  return /^[\d.]+$/.test(step.branch)
}

/** Keys of the pods that a walk visits, and the hosts, in order. */
export function placesOf(steps: readonly StepView[]): {
  readonly pods: ReadonlySet<string>
  readonly hosts: readonly string[]
} {
  const pods = new Set<string>()
  const hosts = new Set<string>()
  for (const step of steps) {
    // Copies of a broadcast visit everybody; that is not the packet's way.
    if (!isMain(step)) continue
    if (step.pod) pods.add(step.pod)
    hosts.add(step.host)
  }
  return { pods, hosts: [...hosts] }
}

/** Ids of the Services whose rows decided something on a walk. */
export function servicesOf(steps: readonly StepView[]): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { decidedBy } of steps) {
    const cause = decidedBy?.cause
    if (cause?.kind === 'Service') ids.add(`Service/${cause.namespace ?? ''}/${cause.name}`)
  }
  return ids
}
