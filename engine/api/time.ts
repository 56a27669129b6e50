/** Simulated time as Kubernetes writes it. The world begins on 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000

/** RFC 3339 in whole seconds, as `metav1.Time` prints: `2026-01-01T00:00:04Z`. */
export function timestampAt(us: number): string {
  const seconds = Math.floor(us / 1_000_000)
  if (seconds >= 0 && seconds < 86_400) {
    const two = (n: number) => (n < 10 ? `0${n}` : String(n))
    return `2026-01-01T${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}Z`
  }
  return `${new Date(EPOCH_MS + Math.floor(us / 1_000_000) * 1000).toISOString().slice(0, 19)}Z`
}

/** RFC 3339 with microseconds, as `metav1.MicroTime` prints (Lease, events.k8s.io). */
export function microTimestampAt(us: number): string {
  const whole = new Date(EPOCH_MS + Math.floor(us / 1_000_000) * 1000).toISOString().slice(0, 19)
  return `${whole}.${String(us % 1_000_000).padStart(6, '0')}Z`
}

/** Microseconds since the epoch of the simulation; negative before it; undefined if it is no timestamp. */
export function microsOf(timestamp: unknown): number | undefined {
  if (typeof timestamp !== 'string') return undefined
  const ms = Date.parse(timestamp)
  return Number.isNaN(ms) ? undefined : (ms - EPOCH_MS) * 1000
}
