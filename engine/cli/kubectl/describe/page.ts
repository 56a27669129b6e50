import { microsOf } from '../../../api/time.ts'
import type { KubeObject } from '../../../api/types.ts'
import { eventsAbout } from '../../../control/events.ts'
import type { WorldReader } from '../../../core/world.ts'
import { humanDuration } from '../age.ts'
import type { Target } from '../resources.ts'
import { DESCRIBE_SPACING, tabwrite } from '../tabwriter.ts'

export type Describer = (object: KubeObject, page: Page) => void

/** What one description is written on. Models kubectl/pkg/describe/describe.go PrefixWriter and the helpers beside it. */
export class Page {
  readonly reader: WorldReader
  readonly cluster: string
  readonly target: Target
  private readonly lines: string[] = []

  constructor({ reader, cluster, target }: { reader: WorldReader; cluster: string; target: Target }) {
    this.reader = reader
    this.cluster = cluster
    this.target = target
  }

  get nowUs(): number {
    return this.reader.get('clock', 'clock')?.now ?? 0
  }

  /** A line, indented by two spaces for each level; tabs end cells. */
  line(level: number, text: string): void {
    this.lines.push('  '.repeat(level) + text)
  }

  /** `Name:  value`, with `<none>` for nothing. */
  field(name: string, value: unknown, level = 0): void {
    this.line(level, `${name}:\t${value === undefined || value === null || value === '' ? '<none>' : String(value)}`)
  }

  /** Labels or annotations, one on each line. */
  labels(name: string, labels: Readonly<Record<string, string>> | undefined, level = 0): void {
    const pairs = Object.keys(labels ?? {})
      .filter((key) => key !== 'kubectl.kubernetes.io/last-applied-configuration')
      .sort()
      .map((key) => [key, labels?.[key] ?? ''] as const)
    const separator = name === 'Annotations' ? ': ' : '='
    this.list(
      name,
      pairs.map(([key, value]) => `${key}${separator}${value}`),
      level,
    )
  }

  /** A list under one name: the first beside it, the others below the first. */
  list(name: string, items: readonly string[], level = 0): void {
    if (items.length === 0) return this.line(level, `${name}:\t<none>`)
    for (const [i, item] of items.entries()) this.line(level, `${i === 0 ? `${name}:` : ''}\t${item}`)
  }

  /** `Events:` and their table, or `<none>`. */
  events(object: KubeObject): void {
    const about = `${this.target.key}/${this.target.kind.namespaced ? (object.metadata.namespace ?? '') : ''}/${object.metadata.name}`
    const events = eventsAbout(this.reader, this.cluster, about)
    if (events.length === 0) return this.line(0, 'Events:\t<none>')
    this.line(0, 'Events:\n  Type\tReason\tAge\tFrom\tMessage')
    this.line(1, '----\t------\t----\t----\t-------')
    const ago = (us: number) => humanDuration(Math.floor((this.nowUs - us) / 1_000_000))
    for (const { type, reason, message, component, count, firstUs, lastUs } of events) {
      const age = count > 1 ? `${ago(lastUs)} (x${count} over ${ago(firstUs)})` : ago(firstUs)
      this.line(1, `${type}\t${reason}\t${age}\t${component}\t${message.trim()}`)
    }
  }

  text(): string {
    return `${tabwrite(this.lines.join('\n'), DESCRIBE_SPACING)}\n`
  }
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 1123 with a numeric zone, as Go's time.RFC1123Z prints it: `Thu, 01 Jan 2026 00:00:05 +0000`. */
export function longDate(timestamp: unknown): string {
  if (microsOf(timestamp) === undefined) return '<unset>'
  const date = new Date(timestamp as string)
  const two = (n: number) => String(n).padStart(2, '0')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()} ${time} +0000`
}
