import type { Row, TableDef } from '../core/table.ts'
import type { CniEnv, CniError, CniResult, ExecConf } from './spec.ts'

/** The runs of plugins that one verb of the runtime made for a sandbox, the last verb only: what the page shows of CNI. */
export interface CniExecRow extends Row {
  readonly host: string
  readonly netns: string
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string }
  readonly command: 'ADD' | 'DEL' | 'CHECK'
  readonly atUs: number
  /** In the order in which they ended: a delegate before the plugin that called it. `depth` 0 is called by the runtime. */
  readonly runs: readonly CniRun[]
}

export interface CniRun {
  readonly depth: number
  readonly type: string
  readonly env: CniEnv
  /** What stood on standard input. */
  readonly stdin: ExecConf
  /** What it printed: a result, an error, or nothing. */
  readonly stdout?: CniResult | CniError
  readonly exitCode: 0 | 1
}

declare module '../core/tables.ts' {
  interface Tables {
    cniExec: CniExecRow
  }
}

/** Id `<host>|<container id>`. */
export const cniExecTable: TableDef<CniExecRow> = { name: 'cniExec', indexes: { netns: (r) => r.netns } }
