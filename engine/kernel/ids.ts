import type { WorldReader } from '../core/world.ts'
import type { LinkRow, NetnsRow, RecordRef } from './tables.ts'

/** How rows are named; see `tables.ts`. */
export const linkId = (netns: string, ifname: string): string => `${netns}|${ifname}`
export const loOf = (netns: string): string => `${netns}|lo`
export const ifnameOf = (link: string): string => link.slice(link.lastIndexOf('|') + 1)
export const netnsOf = (link: string): string => link.slice(0, link.lastIndexOf('|'))
export const neighId = (link: string, address: string): string => `${link}|${address}`

/** A reference to a row as it is now. */
export function refTo(table: string, row: { readonly id: string }): RecordRef {
  return { table, id: row.id, row }
}

export function hostOfNetns(world: Pick<WorldReader, 'get'>, netns: string): string {
  return world.get('netns', netns)?.host ?? netns
}

export function linksOf(world: WorldReader, netns: NetnsRow | string): readonly LinkRow[] {
  return world.by('link', 'netns', typeof netns === 'string' ? netns : netns.id)
}

/** The seed of the world: MACs that nobody chose belong to it. */
export function seedOf(world: Pick<WorldReader, 'get'>): number {
  return world.get('clock', 'clock')?.seed ?? 0
}

export function nowOf(world: Pick<WorldReader, 'get'>): number {
  return world.get('clock', 'clock')?.now ?? 0
}
