import type { Wrote } from '../../engine/index.ts'

/** An edit in a sentence: `5 objects written (1 Pod created, Service backend changed, ...); +3 −2 rules on 4 nodes`. */
export function headlineOf({ created, updated, deleted, rules }: Wrote): string {
  const parts = [
    ...counted(created, 'created'),
    ...counted(deleted, 'deleted'),
    ...(updated.length > 0 ? [`${updated.length} changed (${named(updated)})`] : []),
  ]
  const objects = parts.length > 0 ? parts.join(', ') : 'no object changed'
  if (rules.added === 0 && rules.removed === 0) return objects
  const where = rules.hosts === 1 ? '1 node' : `${rules.hosts} nodes`
  return `${objects}; +${rules.added} −${rules.removed} rules on ${where}`
}

/** `2 Pods created`, one part per kind. */
function counted(ids: readonly string[], verb: string): string[] {
  const kinds = new Map<string, number>()
  for (const id of ids) kinds.set(kindOf(id), (kinds.get(kindOf(id)) ?? 0) + 1)
  return [...kinds].map(([kind, count]) => `${count} ${kind}${count > 1 ? plural(kind) : ''} ${verb}`)
}

const SHOWN = 3

function named(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN).map((id) => `${kindOf(id)} ${id.split('/').at(-1)}`)
  return ids.length > SHOWN ? `${shown.join(', ')} and ${ids.length - SHOWN} more` : shown.join(', ')
}

function kindOf(id: string): string {
  return id.split('/', 1)[0]
}

function plural(kind: string): string {
  return kind.endsWith('s') || kind.endsWith('x') ? 'es' : 's'
}
