import type { NfResult } from '../contract.ts'
import type { HookRow } from '../tables.ts'
import type { View } from './view.ts'

/** What a hook row runs at its priority among the chains: IPVS and OVS find their place here. Undefined: go on. */
export type NfProgram = (view: View, row: HookRow) => NfResult | undefined

/** Hook programs of netfilter by name. */
export const NF_PROGRAMS: Readonly<Record<string, NfProgram>> = {}
