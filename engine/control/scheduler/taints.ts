export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}
export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

/** Models component-helpers ToleratesTaint: an empty key with Exists tolerates everything, an empty effect every effect. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => {
    if (toleration.effect && toleration.effect !== taint.effect) return false
    if (toleration.key && toleration.key !== taint.key) return false
    if (toleration.operator === 'Exists') return true
    return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '')
  })
}

/** The first taint that keeps new pods away and is not tolerated. */
export function untolerated(
  tolerations: readonly Toleration[] | undefined,
  taints: readonly Taint[],
): Taint | undefined {
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint))
}
