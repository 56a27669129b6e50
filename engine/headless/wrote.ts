import type { Change } from '../core/change.ts'
import type { Row } from '../core/table.ts'
import type { NfChainRow } from '../kernel/tables.ts'
import type { Wrote } from '../protocol.ts'

/** What one edit came to, in numbers: from its squashed changes. */
export function wroteOf(changes: readonly Change[]): Wrote {
  const objects = changes.filter(({ table }) => table === 'object')
  let [added, removed] = [0, 0]
  const hosts = new Set<string>()
  for (const { table, before, after } of changes) {
    if (table !== 'nfChain') continue
    const [old, now] = [rulesOf(before), rulesOf(after)]
    const kept = inBoth(old, now)
    if (kept === old.length && kept === now.length) continue
    added += now.length - kept
    removed += old.length - kept
    hosts.add(((after ?? before) as NfChainRow).netns) // the change's table says what its rows are
  }
  return {
    created: objects.filter(({ before }) => !before).map(({ id }) => id),
    updated: objects.filter(({ before, after }) => before && after).map(({ id }) => id),
    deleted: objects.filter(({ after }) => !after).map(({ id }) => id),
    rules: { added, removed, hosts: hosts.size },
  }
}

/** What a chain's rules do, one text each: counters and authors are no difference. */
function rulesOf(row: Row | undefined): string[] {
  return ((row as NfChainRow | undefined)?.rules ?? []).map(({ matches, target }) => JSON.stringify([matches, target])) // as above
}

function inBoth(old: readonly string[], now: readonly string[]): number {
  const left = new Map<string, number>()
  for (const rule of old) left.set(rule, (left.get(rule) ?? 0) + 1)
  let both = 0
  for (const rule of now) {
    const count = left.get(rule) ?? 0
    if (count > 0) both++
    left.set(rule, count - 1)
  }
  return both
}
