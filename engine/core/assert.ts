/** Throws when one of our own invariants does not hold: our mistake, never the learner's. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`)
}

/** Closes a `switch` over a union; reached only if the compiler was circumvented. */
export function assertNever(value: never): never {
  throw new Error(`invariant: unexpected ${JSON.stringify(value)}`)
}
