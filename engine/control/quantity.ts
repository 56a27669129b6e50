/** Kubernetes quantities (`250m`, `1Gi`, `2e3`) as plain numbers. Models apimachinery/pkg/api/resource. */

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** The value in units (cores, bytes); 0 if it is no quantity. */
export function quantity(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return 0
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?\d+)?)([numkMGTPE]i?|[KMGTPE]i)?$/.exec(value.trim())
  if (!match) return 0
  return Number(match[1]) * (SUFFIXES[match[2] ?? ''] ?? 0)
}

/** Thousandths of a core, rounded up as the scheduler does. */
export function milliCpu(value: unknown): number {
  return Math.max(0, Math.ceil(quantity(value) * 1000 - 1e-9))
}
