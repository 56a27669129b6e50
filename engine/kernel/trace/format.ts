import type { Step } from './step.ts'

/**
 * A walk as text, one line a step, branches indented under the packet: what a test reads and a bug report quotes.
 *
 *     p n1/cni0 routing routed: to 10.244.2.11 via 10.244.2.0 dev flannel.1
 */
export function formatWalk(steps: readonly Step[]): string {
  return steps.map(formatStep).join('\n')
}

export function formatStep(step: Step): string {
  const { packet, branch, netns, dev, stage, action, detail, before, after, end } = step
  const name = branch === '0' ? packet : `  ${packet}[${branch}]`
  const changed = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  const difference = changed.map((key) => `${key} ${before?.[key] ?? '-'} -> ${after?.[key] ?? '-'}`).join(', ')
  const last = end ? ` [${end.disposition}${end.reason ? ` ${end.reason}` : ''}]` : ''
  return `${name} ${netns}${dev ? `/${dev}` : ''} ${stage} ${action}: ${detail}${difference ? ` (${difference})` : ''}${last}`
}
