import type { Cidr, Family } from '../../net/address.ts'
import type { NfMatch } from '../../kernel/tables.ts'
import type { ProxyConfig } from '../config.ts'

/** How rules tell a pod of this node from others: `--detect-local-mode`. Models pkg/proxy/util/localdetector.go. */
export interface LocalDetector {
  readonly ifLocal: NfMatch
  readonly ifNotLocal: NfMatch
  /** Equal for nodes whose rules look the same. */
  readonly key: string
}

/** Undefined where nothing tells pods apart: then nothing is masqueraded for coming from outside. */
export function localDetector(
  config: ProxyConfig,
  family: Family,
  podCIDR: Cidr | undefined,
): LocalDetector | undefined {
  const { detectLocal, bridgeInterface, interfaceNamePrefix } = config.flags
  switch (detectLocal) {
    case 'clusterCIDR':
      return bySource(config.podRanges[family])
    case 'nodeCIDR':
      return bySource(podCIDR)
    case 'bridge':
      return bridgeInterface ? byInterface(bridgeInterface) : undefined
    case 'prefix':
      return interfaceNamePrefix ? byInterface(`${interfaceNamePrefix}+`) : undefined
    case 'none':
      return undefined
  }
}

function bySource(cidr: Cidr | undefined): LocalDetector | undefined {
  if (!cidr) return undefined
  return { ifLocal: { kind: 'src', cidr }, ifNotLocal: { kind: 'src', cidr, not: true }, key: cidr }
}

function byInterface(name: string): LocalDetector {
  return { ifLocal: { kind: 'in', name }, ifNotLocal: { kind: 'in', name, not: true }, key: name }
}
