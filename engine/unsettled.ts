import type { Diagnostic } from './api/types.ts'
import type { WorldReader } from './core/world.ts'

/** Keys of one component that are named. */
const MOST_KEYS = 3
const MOST_COMPONENTS = 8

/**
 * What keeps a world from coming to rest, busiest component first: the pending runs of controllers, and what other events
 * wait for. Undefined if it is at rest.
 */
export function unsettledFinding(
  world: WorldReader,
  ran: { readonly events: number; readonly us: number },
): Diagnostic | undefined {
  const busy = new Map<string, string[]>()
  const now = world.get('clock', 'clock')?.now ?? 0
  let next = Number.POSITIVE_INFINITY
  for (const { name, payload, background, at } of world.rows('event')) {
    if (background) continue
    next = Math.min(next, at)
    const item = name === 'reconcile' ? (payload as { controller: string; key: string }) : undefined // a WorkItem
    const who = item?.controller ?? name
    const keys = busy.get(who)
    if (keys) keys.push(item?.key ?? '')
    else busy.set(who, [item?.key ?? ''])
  }
  if (busy.size === 0) return undefined
  const named = [...busy]
    .sort(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
    .slice(0, MOST_COMPONENTS)
    .map(([who, keys]) => `${who}${listed(keys.filter(Boolean))}`)
  const waits = next - now > 1_000_000 ? ` (the next of it after ${seconds(next - now)} s)` : ''
  const more = busy.size > named.length ? `, and ${busy.size - named.length} more` : ''
  return {
    severity: 'warning',
    code: 'unsettled',
    message: `the world did not come to rest within ${ran.events} events and ${seconds(ran.us)} s of its own time; it is shown as it stood then. Still busy: ${named.join(', ')}${more}${waits}`,
  }
}

function listed(keys: readonly string[]): string {
  if (keys.length === 0) return ''
  const named = keys.slice(0, MOST_KEYS).join(', ')
  return ` (${named}${keys.length > MOST_KEYS ? `, and ${keys.length - MOST_KEYS} more` : ''})`
}

function seconds(us: number): string {
  return (us / 1_000_000).toFixed(1)
}
