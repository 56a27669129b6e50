import type { NfMatch } from '../tables.ts'
import type { View } from './view.ts'

type RpfilterMatch = Extract<NfMatch, { kind: 'rpfilter' }>

export function isReversePathOk(_view: View, _match: RpfilterMatch): boolean {
  return true
}
