import type { Cidr, Ip, Mac } from '../net/address.ts'
import { readCidr, readIp } from '../net/range.ts'
import { type Complaints, nearest } from './complaints.ts'

/** A mapping of a configuration document, read field by field; what is not as it should be becomes a complaint at its path. */
export class Fields {
  readonly path: string
  private readonly value: Readonly<Record<string, unknown>>
  private readonly complaints: Complaints
  private readonly asked = new Set<string>()

  constructor(value: unknown, path: string, complaints: Complaints) {
    this.path = path
    this.complaints = complaints
    const fits = value === undefined || value === null || isMapping(value)
    if (!fits) complaints.error('bad-value', path, `${path} must be a mapping`)
    this.value = fits && value ? (value as Record<string, unknown>) : {}
  }

  at(name: string): string {
    return this.path ? `${this.path}.${name}` : name
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined
  }

  raw(name: string): unknown {
    this.asked.add(name)
    return this.value[name] ?? undefined
  }

  all(): Readonly<Record<string, unknown>> {
    for (const name of Object.keys(this.value)) this.asked.add(name)
    return this.value
  }

  text(name: string): string | undefined {
    return this.read(name, 'a text', (value) =>
      typeof value === 'string' || typeof value === 'number' ? String(value) : undefined,
    )
  }

  flag(name: string): boolean | undefined {
    return this.read(name, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined))
  }

  count(name: string, least = 0, most = 1_000_000): number | undefined {
    return this.read(name, `a whole number from ${least} to ${most}`, (value) =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most
        ? (value as number)
        : undefined,
    )
  }

  ip(name: string): Ip | undefined {
    return this.read(name, 'an IP address', readIp)
  }

  cidr(name: string): Cidr | undefined {
    return this.read(name, 'a range of addresses such as 10.244.0.0/16', readCidr)
  }

  /** Ranges in one text, separated by commas, one of each family; an empty text is as good as none. */
  cidrs(name: string): readonly Cidr[] | undefined {
    if (this.raw(name) === '') return undefined
    return this.read(name, 'a range of addresses such as 10.244.0.0/16, or one of each family', (value) => {
      if (typeof value !== 'string') return undefined
      const ranges = value.split(',').map((text) => readCidr(text.trim()))
      return ranges.every((range) => range !== undefined) ? ranges : undefined
    })
  }

  mac(name: string): Mac | undefined {
    return this.read(name, 'a MAC address such as 52:54:00:00:00:11', readMac)
  }

  /** `2s`, `150ms`, `40us`, `1m30s` as microseconds, or a bare number of milliseconds. */
  duration(name: string): number | undefined {
    return this.read(name, 'a duration such as 250ms or 1.5s', readDurationUs)
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined || known.includes(value as T)) return value as T | undefined
    const close = nearest(value, known)
    this.complaints.error(
      'bad-value',
      this.at(name),
      `${this.at(name)} cannot be "${value}"; it is one of ${known.join(', ')}`,
      close && `Did you mean "${close}"?`,
    )
    return undefined
  }

  fields(name: string): Fields {
    return new Fields(this.raw(name), this.at(name), this.complaints)
  }

  /** Each member of a list, as a mapping; a bare text becomes `{name: text}`. */
  list(name: string): Fields[] {
    const value = this.raw(name)
    if (value === undefined) return []
    if (!Array.isArray(value)) {
      this.complaints.error('bad-value', this.at(name), `${this.at(name)} must be a list`)
      return []
    }
    return value.map(
      (item, i) =>
        new Fields(typeof item === 'string' ? { name: item } : item, `${this.at(name)}[${i}]`, this.complaints),
    )
  }

  texts(name: string): readonly string[] | undefined {
    return this.read(name, 'a list of texts', (value) =>
      Array.isArray(value) && value.every((v) => typeof v === 'string') ? value : undefined,
    )
  }

  map(name: string): Readonly<Record<string, string>> | undefined {
    return this.read(name, 'a mapping of texts', (value) =>
      isMapping(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]))
        : undefined,
    )
  }

  /** Names every field that nobody asked for; `also` are known fields that this reader leaves alone. */
  done(also: readonly string[] = []): void {
    const known = [...this.asked, ...also]
    for (const name of Object.keys(this.value)) {
      if (known.includes(name)) continue
      const close = nearest(name, known)
      this.complaints.warn(
        'unknown-field',
        this.at(name),
        `${this.at(name)} is not a field that is modelled; it is ignored`,
        close && `Did you mean "${close}"?`,
      )
    }
  }

  private read<T>(name: string, what: string, parse: (value: unknown) => T | undefined): T | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed === undefined)
      this.complaints.error(
        'bad-value',
        this.at(name),
        `${this.at(name)} must be ${what}, not ${JSON.stringify(value)}`,
      )
    return parsed
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function readMac(value: unknown): Mac | undefined {
  return typeof value === 'string' && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)
    ? (value.toLowerCase() as Mac)
    : undefined
}

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 }

export function readDurationUs(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 ? Math.round(value * 1_000) : undefined
  if (typeof value !== 'string' || !/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(value)) return undefined
  let us = 0
  for (const [, number, unit] of value.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) us += Number(number) * UNITS[unit]
  return Math.round(us)
}
