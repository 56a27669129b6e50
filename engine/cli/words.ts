import { failed, notModelled, type Output } from './types.ts'

/** iproute2's way of reading words: any beginning of a word will do, the first that fits is meant (`ip a s`, `ip ro`). */
export function matching<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  return candidates.find((candidate) => candidate.startsWith(word))
}

/** The words of one command line, read from the left. */
export class Words {
  private at = 0
  private readonly words: readonly string[]

  constructor(words: readonly string[]) {
    this.words = words
  }

  get done(): boolean {
    return this.at >= this.words.length
  }

  peek(): string | undefined {
    return this.words[this.at]
  }

  next(): string | undefined {
    return this.words[this.at++]
  }
}

/** What a tool's main options say, and the words behind them. */
export interface Options {
  readonly family?: 'ipv4' | 'ipv6'
  readonly details: boolean
  readonly stats: number
  readonly brief: boolean
  readonly rest: readonly string[]
}

/** What iproute2 knows, in the order in which it tries beginnings; `undefined`: known there, not modelled here. */
const IP_OPTIONS: readonly (readonly [string, ((o: Mutable) => void) | undefined])[] = [
  ['-loops', undefined],
  ['-family', undefined],
  ['-4', (o) => (o.family = 'ipv4')],
  ['-6', (o) => (o.family = 'ipv6')],
  ['-0', undefined],
  ['-human-readable', undefined],
  ['-iec', undefined],
  ['-stats', (o) => o.stats++],
  ['-statistics', (o) => o.stats++],
  ['-details', (o) => (o.details = true)],
  ['-resolve', undefined],
  ['-oneline', undefined],
  ['-timestamp', undefined],
  ['-tshort', undefined],
  ['-Version', undefined],
  ['-force', undefined],
  ['-batch', undefined],
  ['-brief', (o) => (o.brief = true)],
  ['-json', undefined],
  ['-pretty', undefined],
  ['-rcvbuf', undefined],
  ['-color', undefined],
  ['-help', undefined],
  ['-netns', undefined],
  ['-Numeric', undefined],
  ['-all', undefined],
]

type Mutable = { -readonly [K in keyof Options]: Options[K] }

/** Reads the options before the object of `ip` or `bridge`. */
export function readOptions(tool: 'ip' | 'bridge', args: readonly string[]): Options | Output {
  const options: Mutable = { details: false, stats: 0, brief: false, rest: [] }
  let at = 0
  for (; at < args.length && args[at].startsWith('-') && args[at].length > 1; at++) {
    const word = args[at].startsWith('--') ? args[at].slice(1) : args[at]
    const known = IP_OPTIONS.find(([name]) => name.startsWith(word))
    if (!known) return failed(`Option "${word}" is unknown, try "${tool} ${tool === 'ip' ? '-' : ''}help".`, 255)
    const [, apply] = known
    if (!apply) return notModelled(args[at])
    apply(options)
  }
  return { ...options, rest: args.slice(at) }
}

/** Tells an output from whatever else a reader gives. */
export function isOutput(value: object): value is Output {
  return 'exitCode' in value
}
