import { dnsClient } from './dns-client.ts'
import { listener } from './listener.ts'
import { probe } from './probe.ts'
import type { Programs } from './program.ts'

/** The programs of this folder by name. `engine/programs.ts` adds those that know the API (the DNS server). */
export const APPS: Programs = { listener, probe, 'dns-client': dnsClient }
