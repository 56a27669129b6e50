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
  if (Array.isArray(after)) return Array.isArray(before) ? (shareItems(before, after) as T) : after // an array of the same items
  return Array.isArray(before) ? after : (shareFields(before as JsonObject, after as JsonObject) as T) // the same keys with equal values
}

function shareItems(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const shared = after.map((item, i) => shareUnchanged(before[i], item))
  if (before.length === after.length && shared.every((item, i) => item === before[i])) return before
  return shared.every((item, i) => item === after[i]) ? after : shared
}

function shareFields(before: JsonObject, after: JsonObject): JsonObject {
  let asBefore = true
  let asAfter = true
  const shared: Record<string, unknown> = {}
  for (const key in after) {
    const item = shareUnchanged(before[key], after[key])
    if (item !== before[key]) asBefore = false
    if (item !== after[key]) asAfter = false
    shared[key] = item
  }
  for (const key in before) if (asBefore && before[key] !== undefined && after[key] === undefined) asBefore = false
  return asBefore ? before : asAfter ? after : shared
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
