/** Something wrong in one document, by offset into its text. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info'
  readonly code: ProblemCode
  readonly message: string
  readonly from: number
  /** End, exclusive; absent: to the end of the line. */
  readonly to?: number
  readonly hint?: string
}

export type ProblemCode =
  | 'yaml-syntax'
  | 'yaml-tab'
  | 'yaml-indentation'
  | 'yaml-quote'
  | 'yaml-template'
  | 'yaml-duplicate-key'
  | 'yaml-key'
  | 'yaml-alias'
  | 'yaml-number'
  | 'yaml-tag'
  | 'limit'
