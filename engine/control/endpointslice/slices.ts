import { deepEqual } from '../../api/json.ts'
import type { ObjectRow } from '../../api/types.ts'
import type { Endpoint, EndpointPort } from './endpoint.ts'

/** Upstream's --max-endpoints-per-slice. */
export const MOST_ENDPOINTS = 100

/** What slices of one family and one list of ports should hold. */
export interface Group {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

type Content = Group

/** What is to be done with slices: contents of those that stay, contents of new ones, and those that go. */
export interface Plan {
  readonly keep: readonly (Content & { readonly row: ObjectRow })[]
  readonly create: readonly Content[]
  readonly remove: readonly ObjectRow[]
}

/**
 * Spreads endpoints over slices with few writes: what is in a slice stays there, newcomers fill the gaps, then new slices.
 * Up to one slice's worth lies in one slice in order of name, so that it does not matter how it came about. A slice that
 * would go is rewritten where a new one is needed.
 * Models staging endpointslice/reconciler.go reconcileByPortMapping and recycleSlices.
 */
export function planSlices(groups: readonly Group[], existing: readonly ObjectRow[]): Plan {
  const keep: (Content & { row: ObjectRow })[] = []
  const create: Content[] = []
  const left = new Set(existing)
  for (const group of groups) {
    const mine = existing.filter((row) => left.has(row) && deepEqual(row.object.ports ?? [], group.ports))
    for (const row of mine) left.delete(row)
    const filled = fill(group, mine)
    keep.push(...filled.keep.map((slice) => ({ ...slice, ports: group.ports })))
    create.push(...filled.create)
    for (const row of filled.empty) left.add(row)
  }
  const idle = [...left]
  const recycled = create.splice(0, idle.length).map((content, i) => ({ ...content, row: idle[i] }))
  return { keep: [...keep, ...recycled], create, remove: idle.slice(recycled.length) }
}

function fill({ ports, endpoints }: Group, slices: readonly ObjectRow[]) {
  if (endpoints.length <= MOST_ENDPOINTS) {
    const [first, ...rest] = slices
    return first
      ? { keep: [{ row: first, endpoints }], create: [], empty: rest }
      : { keep: [], create: [{ ports, endpoints }], empty: [] }
  }
  const wanted = new Map(endpoints.map((endpoint) => [endpoint.targetRef.uid ?? endpoint.targetRef.name, endpoint]))
  const keep = slices.map((row) => ({ row, endpoints: stay(row, wanted) }))
  const newcomers = [...wanted.values()]
  for (const slice of [...keep].sort((a, b) => b.endpoints.length - a.endpoints.length)) {
    slice.endpoints.push(...newcomers.splice(0, MOST_ENDPOINTS - slice.endpoints.length))
  }
  const create = []
  while (newcomers.length > 0) create.push({ ports, endpoints: newcomers.splice(0, MOST_ENDPOINTS) })
  return {
    keep: keep.filter((slice) => slice.endpoints.length > 0),
    create,
    empty: keep.filter((slice) => slice.endpoints.length === 0).map(({ row }) => row),
  }
}

/** A slice's endpoints that are still wanted, as they are now; taken out of `wanted`. */
function stay(row: ObjectRow, wanted: Map<string, Endpoint>): Endpoint[] {
  const held: readonly Endpoint[] = row.object.endpoints ?? []
  return held.flatMap(({ targetRef }) => {
    const id = targetRef?.uid ?? targetRef?.name
    const now = wanted.get(id)
    wanted.delete(id)
    return now ? [now] : []
  })
}
