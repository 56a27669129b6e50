import type { ParseLimits } from './limits.ts'

/** Why a JSON value is refused: nested too deep, too many keys, keys with a meaning of their own, integers that lost digits. */
export function refusedJson(value: unknown, limits: ParseLimits, depth = 0): string | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? `the integer ${value} is beyond 2^53` : undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= limits.nesting) return `nested deeper than ${limits.nesting} levels`
  const keys = Object.keys(value)
  if (!Array.isArray(value) && keys.length > limits.keysPerMap) return `more than ${limits.keysPerMap} keys in one map`
  for (const key of keys) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return `the key "${key}" is refused`
    const refused = refusedJson((value as Record<string, unknown>)[key], limits, depth + 1)
    if (refused) return refused
  }
  return undefined
}
