import { microsOf } from '../../api/time.ts'

/** How long ago, as kubectl prints it. Models apimachinery/pkg/util/duration/duration.go HumanDuration. */
export function ageOf(timestamp: unknown, nowUs: number): string {
  const at = microsOf(timestamp)
  return at === undefined ? '<unknown>' : humanDuration(Math.floor((nowUs - at) / 1_000_000))
}

export function humanDuration(seconds: number): string {
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return both(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return days < 2920 ? both(years, 'y', days % 365, 'd') : `${years}y`
}

const both = (a: number, unitA: string, b: number, unitB: string) => `${a}${unitA}${b === 0 ? '' : `${b}${unitB}`}`
