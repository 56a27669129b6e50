import type { ObjectRow } from '../../api/types.ts'

/** How far a rollout may go above and below the wanted count. */
export interface Limits {
  readonly surge: number
  readonly unavailable: number
}

/** Surge rounds up, unavailable rounds down; never both zero. Models deployment_util.go ResolveFenceposts. */
export function limitsOf(deployment: ObjectRow): Limits {
  const { replicas, strategy } = specOf(deployment)
  if (strategy !== 'RollingUpdate' || replicas === 0) return { surge: 0, unavailable: 0 }
  const rolling = deployment.object.spec?.strategy?.rollingUpdate ?? {}
  const surge = scaled(rolling.maxSurge ?? '25%', replicas, Math.ceil)
  const unavailable = scaled(rolling.maxUnavailable ?? '25%', replicas, Math.floor)
  return { surge, unavailable: Math.min(surge === 0 && unavailable === 0 ? 1 : unavailable, replicas) }
}

export function specOf(deployment: ObjectRow): { replicas: number; strategy: 'RollingUpdate' | 'Recreate' } {
  const spec = deployment.object.spec
  return { replicas: spec?.replicas ?? 1, strategy: spec?.strategy?.type === 'Recreate' ? 'Recreate' : 'RollingUpdate' }
}

/** `25%` of `total`, or the number as it is. Models intstr.GetScaledValueFromIntOrPercent. */
export function scaled(value: number | string, total: number, round: (share: number) => number): number {
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value)
  return percent ? round((Number(percent[1]) * total) / 100) : Number.parseInt(value, 10) || 0
}
