import {
  type AliasEvent,
  type Event,
  EVENT_ID,
  getScalarValue,
  type MappingEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml'
import type { ParseLimits } from './limits.ts'
import type { Problem } from './problem.ts'
import { resolvePlain, TOO_BIG } from './scalars.ts'

/** The value of one document, and what was wrong with it. With an error among the problems the value is not to be used. */
export interface Constructed {
  readonly value: unknown
  readonly problems: readonly Problem[]
}

/**
 * Builds the value from the parser's events, by itself rather than through js-yaml's constructor: it reports every
 * problem with its place instead of throwing at the first, follows YAML 1.1 as kubectl does, and keeps to the limits.
 */
export function construct(text: string, events: readonly Event[], limits: ParseLimits): Constructed {
  const builder = new Builder(text, events, limits)
  return { value: builder.document(), problems: builder.problems }
}

interface Anchor {
  value: unknown
  /** Nodes below, aliases expanded; 0 while it is being built. */
  size: number
}

const REFUSED_KEYS = ['__proto__', 'constructor', 'prototype']

class Builder {
  readonly problems: Problem[] = []
  private readonly text: string
  private readonly events: readonly Event[]
  private readonly limits: ParseLimits
  private readonly anchors = new Map<string, Anchor>()
  private at = 0
  /** Nodes built so far, those behind aliases counted each time. */
  private size = 0

  constructor(text: string, events: readonly Event[], limits: ParseLimits) {
    this.text = text
    this.events = events
    this.limits = limits
  }

  document(): unknown {
    this.at = 1 // the document's own event
    return this.events[1] === undefined || this.events[1].type === EVENT_ID.POP ? null : this.node()
  }

  private node(): unknown {
    const event = this.events[this.at++]
    const before = this.size++
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.anchored(event, before, (anchor) => {
          const value = this.scalar(event)
          if (anchor) anchor.value = value
          return value
        })
      case EVENT_ID.SEQUENCE:
        return this.anchored(event, before, () => this.sequence())
      case EVENT_ID.MAPPING:
        return this.anchored(event, before, () => this.mapping())
      case EVENT_ID.ALIAS:
        return this.alias(event)
      default:
        return null
    }
  }

  private anchored(
    event: ScalarEvent | SequenceEvent | MappingEvent,
    before: number,
    build: (anchor?: Anchor) => unknown,
  ): unknown {
    if (event.anchorStart < 0) return build()
    const anchor: Anchor = { value: undefined, size: 0 }
    this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), anchor)
    anchor.value = build(anchor)
    anchor.size = this.size - before
    return anchor.value
  }

  private alias(event: AliasEvent): unknown {
    const name = this.text.slice(event.anchorStart, event.anchorEnd)
    const anchor = this.anchors.get(name)
    const at = { from: event.anchorStart - 1, to: event.anchorEnd }
    if (!anchor) {
      this.fail({
        ...at,
        code: 'yaml-alias',
        message: `*${name} refers to an anchor that is not there`,
        hint: `Mark the value it should repeat with &${name}, above this line.`,
      })
      return null
    }
    if (anchor.size === 0) {
      this.fail({ ...at, code: 'yaml-alias', message: `*${name} contains itself` })
      return null
    }
    this.size += anchor.size
    if (this.size > this.limits.nodes) {
      if (!this.problems.some((problem) => problem.code === 'limit')) {
        this.fail({ ...at, code: 'limit', message: `aliases expand to more than ${this.limits.nodes} values` })
      }
      return null
    }
    return anchor.value
  }

  private sequence(): readonly unknown[] {
    const items: unknown[] = []
    while (!this.popped()) items.push(this.node())
    return Object.freeze(items)
  }

  private mapping(): Readonly<Record<string, unknown>> {
    const map: Record<string, unknown> = {}
    const merges: unknown[] = []
    let keys = 0
    while (!this.popped()) {
      const event = this.events[this.at]
      const place = placeOf(event)
      const key = this.key(event)
      const value = this.node()
      if (key === undefined) continue
      if (key === MERGE) {
        merges.push(value)
        continue
      }
      if (REFUSED_KEYS.includes(key)) {
        this.fail({
          ...place,
          code: 'yaml-key',
          message: `the key "${key}" is refused`,
          hint: 'It has a meaning of its own in JavaScript; no Kubernetes object needs it.',
        })
        continue
      }
      if (++keys > this.limits.keysPerMap) {
        if (keys === this.limits.keysPerMap + 1) {
          this.fail({ ...place, code: 'limit', message: `more than ${this.limits.keysPerMap} keys in one map` })
        }
        continue
      }
      if (Object.hasOwn(map, key)) {
        // kubectl converts to JSON without complaint, and the last one wins.
        this.problems.push({
          ...place,
          severity: 'warning',
          code: 'yaml-duplicate-key',
          message: `the key "${key}" stands here twice; the last one wins`,
          hint: 'Remove one of them.',
        })
      }
      map[key] = value
    }
    for (const merge of merges) this.merge(map, merge)
    return Object.freeze(map)
  }

  private popped(): boolean {
    const event = this.events[this.at]
    if (event !== undefined && event.type !== EVENT_ID.POP) return false
    this.at++
    return true
  }

  /** The text of a key, `MERGE` for `<<`, undefined if it cannot be one. JSON knows only text as a key. */
  private key(event: Event): string | typeof MERGE | undefined {
    if (event.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0) {
      const text = getScalarValue(this.text, event)
      if (text === '<<') {
        this.at++
        return MERGE
      }
    }
    const key = this.node()
    if (typeof key === 'string') return key
    if (typeof key === 'number' || typeof key === 'boolean') return String(key)
    const template = this.text.startsWith('{{', Math.max(0, placeOf(event).from - 1))
    this.fail({
      ...placeOf(event),
      code: template ? 'yaml-template' : 'yaml-key',
      message: template ? 'this is a template, not a manifest yet' : 'a key must be text',
      hint: template
        ? 'Render it first (helm template), and paste the result.'
        : 'Write the key as plain text, followed by a colon.',
    })
    return undefined
  }

  /** `<<: *base` adds the keys that are not there yet (YAML 1.1 merge, which go-yaml v2 knows). */
  private merge(map: Record<string, unknown>, source: unknown): void {
    for (const part of Array.isArray(source) ? source : [source]) {
      if (typeof part !== 'object' || part === null || Array.isArray(part)) continue
      for (const [key, value] of Object.entries(part)) if (!Object.hasOwn(map, key)) map[key] = value
    }
  }

  private scalar(event: ScalarEvent): unknown {
    const text = getScalarValue(this.text, event)
    const tag = event.tagStart < 0 ? '' : this.text.slice(event.tagStart, event.tagEnd)
    if (event.style !== SCALAR_STYLE.PLAIN && tag === '') return text
    if (tag === '!!str' || tag === '!' || tag === '!!binary') return text
    const value = resolvePlain(text)
    if (value === TOO_BIG) {
      this.fail({
        ...placeOf(event),
        code: 'yaml-number',
        message: `the integer ${text} is beyond 2^53 and would lose digits`,
        hint: 'If it is meant as text, put it in quotes.',
      })
      return text
    }
    if (tag !== '' && !KNOWN_TAGS.includes(tag)) {
      this.problems.push({
        ...placeOf(event),
        severity: 'warning',
        code: 'yaml-tag',
        message: `the tag ${tag} is not known and is ignored`,
      })
    }
    return value
  }

  private fail(problem: Omit<Problem, 'severity'>): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push({ severity: 'error', ...problem })
  }
}

const MERGE = Symbol('<<')
const MOST_PROBLEMS = 100
const KNOWN_TAGS = ['!!int', '!!float', '!!bool', '!!null', '!!timestamp', '!!map', '!!seq']

/** Where an event stands in the text. */
export function placeOf(event: Event): { from: number; to?: number } {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return { from: Math.max(0, event.valueStart), to: Math.max(0, event.valueEnd) }
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return { from: event.start }
    case EVENT_ID.ALIAS:
      return { from: event.anchorStart - 1, to: event.anchorEnd }
    default:
      return { from: 0 }
  }
}
