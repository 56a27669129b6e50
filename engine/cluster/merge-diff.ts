import { deepEqual } from '../api/json.ts'

/** The JSON merge patch (RFC 7386) that turns one value into another; undefined if they are equal. Lists are replaced whole. */
export function mergeDiff(from: unknown, to: unknown): Record<string, unknown> | undefined {
  if (!isMapping(from) || !isMapping(to)) return undefined
  const patch: Record<string, unknown> = {}
  for (const key of Object.keys(from)) if (to[key] === undefined && from[key] !== undefined) patch[key] = null
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined || deepEqual(from[key], value)) continue
    patch[key] = mergeDiff(from[key], value) ?? value
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
