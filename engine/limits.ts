import { PARSE_LIMITS, type ParseLimits } from './api/parse/limits.ts'

/** How much of a world one scenario may ask for, so that no text can freeze who runs it. Every limit can be lifted. */
export interface Limits {
  readonly text: ParseLimits
  /** Documents, those in Lists counted one by one. */
  readonly objects: number
  /** Nodes of all clusters together. */
  readonly nodes: number
  /** Pods of all clusters together, those that controllers make included. */
  readonly pods: number
  /** Events of one command: a load, an edit, a step. */
  readonly events: number
  /** Changes of rows of one command: time and memory go by them (some 20 us and a kilobyte each). */
  readonly changes: number
  /** Simulated microseconds of one command. */
  readonly withinUs: number
}

/** The headless door's limits. */
export const LIMITS: Limits = {
  text: PARSE_LIMITS,
  objects: 20_000,
  nodes: 500,
  pods: 10_000,
  events: 1_000_000,
  changes: 1_000_000,
  withinUs: 300_000_000,
}

/** The page's: somebody waits for an answer. */
export const PAGE_LIMITS: Limits = { ...LIMITS, pods: 2_000, events: 400_000, changes: 400_000 }
