export { cniStatus, CONF_DIR } from './conf-dir.ts'
export { cniExecTable, type CniExecRow } from './exec-table.ts'
export { type Attachment, cniAdd, cniCheck, cniDel } from './runtime.ts'
export type { CniError, CniResult, PortMapping } from './spec.ts'
