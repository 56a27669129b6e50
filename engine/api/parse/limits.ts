/** Budgets of one text, so that no paste can freeze the page. The headless door and the benchmarks may lift them. */
export interface ParseLimits {
  /** Characters of one text. */
  readonly textLength: number
  readonly nesting: number
  readonly keysPerMap: number
  /** Values of one document, aliases expanded. */
  readonly nodes: number
}

export const PARSE_LIMITS: ParseLimits = { textLength: 4_194_304, nesting: 64, keysPerMap: 2_000, nodes: 200_000 }
