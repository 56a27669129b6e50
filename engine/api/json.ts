/** Helpers on plain JSON values. Stored values are frozen and share what did not change. */

/** A JSON object of unknown shape. */
export type JsonObject = { readonly [key: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Freezes a value to its leaves. What is frozen already is taken to be frozen throughout. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const key in value) deepFreeze(value[key])
  return value
}

/** Equal as JSON: key order does not matter, a key that holds undefined counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!deepEqual(a[i], b[i])) return false
    return true
  }
  const left = a as JsonObject // neither null nor an array
  const right = b as JsonObject
  for (const key in left) if (!deepEqual(left[key], right[key])) return false
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false
  return true
}

/** `after`, with every subtree that equals its counterpart in `before` replaced by that very counterpart. */
export function shareUnchanged<T>(before: unknown, after: T): T {
  if (
    before === after ||
    typeof after !== 'object' ||
    after === null ||
    typeof before !== 'object' ||
    before === null
  ) {
    return after
  }
  if (deepEqual(before, after)) return before as T // equal as JSON
  if (Array.isArray(after)) {
    if (!Array.isArray(before)) return after
    return after.map((item, i) => shareUnchanged(before[i], item)) as T // an array of the same items
  }
  if (Array.isArray(before)) return after
  const shared: Record<string, unknown> = {}
  for (const key in after) shared[key] = shareUnchanged((before as JsonObject)[key], after[key])
  return shared as T // the same keys with equal values
}

/** RFC 7386. Null removes a key; arrays are replaced whole. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}
