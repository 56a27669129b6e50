import type { Programs } from './apps/program.ts'
import { APPS } from './apps/registry.ts'
import { dnsServer } from './dns/server.ts'

/** Every program by name: what `AppRow.program` may say. */
export const PROGRAMS: Programs = { ...APPS, 'dns-server': dnsServer }
