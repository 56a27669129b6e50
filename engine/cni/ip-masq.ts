import { sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { TableEdit } from '../kernel/netfilter/table-edit.ts'
import type { NfMatch, NfRule } from '../kernel/tables.ts'
import type { Cidr } from '../net/address.ts'
import { familyOf, hostCidr, networkOf, splitCidr } from '../net/ip.ts'
import { dropChain, ensureRule, fillChain } from './chains.ts'
import type { CniCall, CniIp } from './spec.ts'

const OWNER = 'cni:bridge'

/** Masquerades what leaves the pod's own network. Models pkg/ip/ipmasq_iptables_linux.go SetupIPMasq(). */
export function setupIpMasq(call: CniCall, ips: readonly CniIp[]): void {
  const chain = chainName(call.conf.name, call.env.CNI_CONTAINERID)
  for (const { address } of ips) {
    const { ip, length } = splitCidr(address)
    const edit = tableNat(call, familyOf(ip))
    const multicast = (familyOf(ip) === 'ipv4' ? '224.0.0.0/4' : 'ff00::/8') as Cidr
    fillChain(edit, chain, [
      rule(call, [{ kind: 'dst', cidr: networkOf(ip, length) }], { kind: 'ACCEPT' }),
      rule(call, [{ kind: 'dst', cidr: multicast, not: true }], { kind: 'MASQUERADE' }),
    ])
    ensureRule(edit, 'POSTROUTING', rule(call, [{ kind: 'src', cidr: hostCidr(ip) }], { kind: 'jump', chain }))
    edit.commit(OWNER)
  }
}

export function teardownIpMasq(call: CniCall, _addresses: readonly string[]): void {
  for (const family of ['ipv4', 'ipv6'] as const) {
    const edit = tableNat(call, family)
    dropChain(edit, chainName(call.conf.name, call.env.CNI_CONTAINERID))
    edit.commit(OWNER)
  }
}

/** `CNI-` (and a prefix) and as much hex of SHA-512(network + container) as fits in 28. Models pkg/utils/utils.go. */
export function chainName(network: string, containerId: string, prefix = ''): string {
  return `CNI-${prefix}${bytesToHex(sha512(utf8ToBytes(network + containerId)))}`.slice(0, 28)
}

function tableNat(call: CniCall, family: 'ipv4' | 'ipv6'): TableEdit {
  return new TableEdit(call.ctx.tx, { netns: call.host, family, table: 'nat' })
}

function rule(call: CniCall, matches: NfMatch[], target: NfRule['target']): NfRule {
  const comment = `name: "${call.conf.name}" id: "${call.env.CNI_CONTAINERID}"`
  return { matches: [...matches, { kind: 'comment', text: comment }], target, owner: OWNER, cause: call.cause }
}
