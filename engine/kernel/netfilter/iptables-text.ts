/** Rulesets as text, in and out. */
export { iptablesRestore, type RestoreError, type RestoreOptions } from './restore.ts'
export { ruleText } from './rule-text.ts'
export { iptablesSave, type SaveLine, type SaveOptions } from './save.ts'
