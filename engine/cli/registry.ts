import { bridgeCommand } from './bridge.ts'
import { catCommand } from './cat.ts'
import { conntrackCommand } from './conntrack.ts'
import { hostnameCommand } from './hostname.ts'
import { ipCommand } from './ip.ts'
import { iptablesCommands } from './iptables.ts'
import { iptablesSaveCommands } from './iptables-save.ts'
import { ssCommand } from './ss.ts'
import { sysctlCommand } from './sysctl.ts'
import type { Command } from './types.ts'

/** The read-only tools, found by the first word of a command line. */
export const COMMANDS: readonly Command[] = [
  ipCommand,
  bridgeCommand,
  sysctlCommand,
  catCommand,
  hostnameCommand,
  ssCommand,
  ...iptablesCommands,
  ...iptablesSaveCommands,
  conntrackCommand,
]
