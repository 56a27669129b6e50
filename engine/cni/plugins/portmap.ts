import { ok } from '../../core/result.ts'
import { linkId } from '../../kernel/ids.ts'
import { TableEdit } from '../../kernel/netfilter/table-edit.ts'
import { sysctlSet } from '../../kernel/netlink.ts'
import type { NfMatch, NfRule, NfTarget } from '../../kernel/tables.ts'
import type { Cidr, Ip } from '../../net/address.ts'
import { familyOf, hostCidr, networkOf, parseIp, splitCidr } from '../../net/ip.ts'
import { confKey } from '../../kernel/sysctl.ts'
import { dropChain, ensureRule, fillChain } from '../chains.ts'
import { chainName } from '../ip-masq.ts'
import { type CniCall, type CniPlugin, failed, type PortMapping } from '../spec.ts'

const OWNER = 'cni:portmap'
const DNAT = 'CNI-HOSTPORT-DNAT'
const SETMARK = 'CNI-HOSTPORT-SETMARK'
const MASQ = 'CNI-HOSTPORT-MASQ'

/**
 * hostPorts: DNAT from a port of the node to the pod.
 *
 *     PREROUTING, OUTPUT -> CNI-HOSTPORT-DNAT -> CNI-DN-x (mark hairpin and localhost, DNAT)   POSTROUTING -> CNI-HOSTPORT-MASQ
 *
 * Models plugins/meta/portmap: main.go, portmap_iptables.go.
 * Simplified: conditions, masqAll and an external mark chain are not read because no network here sets them.
 */
export const portmap: CniPlugin = {
  type: 'portmap',

  add(call) {
    const prev = call.conf.prevResult
    if (!prev) return failed(call, 'must be called as chained plugin')
    const mappings = mappingsOf(call)
    for (const { hostPort, containerPort } of mappings) {
      if (containerPort <= 0) return failed(call, `Invalid container port number: ${containerPort}`)
      if (hostPort <= 0) return failed(call, `Invalid host port number: ${hostPort}`)
    }
    if (mappings.length === 0) return ok(prev)
    for (const { address } of prev.ips ?? []) forward(call, mappings, address)
    return ok(prev)
  },

  del(call) {
    if (mappingsOf(call).length === 0) return ok(undefined)
    for (const family of ['ipv4', 'ipv6'] as const) {
      const edit = new TableEdit(call.ctx.tx, { netns: call.host, family, table: 'nat' })
      dropChain(edit, dnatChain(call))
      edit.commit(OWNER)
    }
    return ok(undefined)
  },

  check(call) {
    if (!call.conf.prevResult) return failed(call, 'Required prevResult missing')
    if (mappingsOf(call).length === 0) return ok(undefined)
    const chain = dnatChain(call)
    const there = call.ctx.tx.by('nfChain', 'netns', call.host).some(({ name }) => name === chain)
    return there ? ok(undefined) : failed(call, `could not check ipv4 dnat: chain ${chain} not found`)
  },
}

function forward(call: CniCall, mappings: readonly PortMapping[], address: string): void {
  const { tx } = call.ctx
  const { ip } = splitCidr(address)
  const family = familyOf(ip)
  const edit = new TableEdit(tx, { netns: call.host, family, table: 'nat' })
  const shared = (matches: NfMatch[], target: NfTarget): NfRule => ({ matches, target, owner: OWNER })
  const mark = 0x2000
  fillChain(edit, SETMARK, [
    shared([comment('CNI portfwd masquerade mark')], { kind: 'MARK', op: 'set-xmark', value: mark, mask: mark }),
  ])
  fillChain(edit, MASQ, [shared([{ kind: 'mark', value: mark, mask: mark }], { kind: 'MASQUERADE' })])
  // Prepended, since the masquerading of bridge and ptp would come before it otherwise.
  ensureRule(
    edit,
    'POSTROUTING',
    shared([comment('CNI portfwd requiring masquerade')], { kind: 'jump', chain: MASQ }),
    'prepend',
  )
  if (!edit.chain(DNAT)) edit.add(DNAT)
  for (const from of ['PREROUTING', 'OUTPUT']) {
    ensureRule(
      edit,
      from,
      shared([{ kind: 'addrtype', which: 'dst', types: ['LOCAL'] }], { kind: 'jump', chain: DNAT }),
    )
  }
  const chain = dnatChain(call)
  const fitting = mappings.filter(({ hostIP }) => !hostIP || familyOf(hostIP) === family)
  fillChain(
    edit,
    chain,
    fitting.flatMap((mapping) => portRules(call, mapping, ip, address)),
  )
  for (const rule of entryRules(call, mappings, chain)) ensureRule(edit, DNAT, rule)
  edit.commit(OWNER)
  const veth = tx.get('link', linkId(call.netns ?? '', call.env.CNI_IFNAME))?.peer
  const routable = veth && (tx.get('link', tx.get('link', veth)?.master ?? '') ?? tx.get('link', veth))
  // 127.0.0.1:hostPort must be able to leave the host.
  if (routable && family === 'ipv4')
    sysctlSet(tx, { netns: call.host, key: confKey('ipv4', routable.name, 'route_localnet'), value: '1', owner: OWNER })
}

/** One entry rule per protocol, up to 15 ports each: that many a multiport match holds. */
function entryRules(call: CniCall, mappings: readonly PortMapping[], chain: string): NfRule[] {
  const text = `dnat name: "${call.conf.name}" id: "${call.env.CNI_CONTAINERID}"`
  const rules: NfRule[] = []
  for (const proto of [...new Set(mappings.map(({ protocol }) => protocol))].sort()) {
    const ports = mappings.filter(({ protocol }) => protocol === proto).map(({ hostPort }) => hostPort)
    for (let i = 0; i < ports.length; i += 15) {
      const matches: NfMatch[] = [
        { kind: 'proto', proto },
        comment(text),
        { kind: 'multiport', which: 'dports', ports: ports.slice(i, i + 15) },
      ]
      rules.push({ matches, target: { kind: 'jump', chain }, owner: OWNER, cause: call.cause })
    }
  }
  return rules
}

/** Mark what comes back to the pod itself or from localhost, then DNAT. */
function portRules(
  call: CniCall,
  { hostPort, containerPort, protocol, hostIP }: PortMapping,
  ip: Ip,
  address: string,
): NfRule[] {
  const to = parseIp(hostIP ?? '')
  const { length } = splitCidr(address)
  const any = to === undefined || to === '0.0.0.0' || to === '::'
  const port: NfMatch[] = [
    { kind: 'proto', proto: protocol },
    { kind: 'dport', proto: protocol, from: hostPort, to: hostPort },
  ]
  const rule = (from: Cidr | undefined, target: NfTarget): NfRule => ({
    matches: [
      ...(from ? [{ kind: 'src', cidr: from } as const] : []),
      ...(any ? [] : [{ kind: 'dst', cidr: hostCidr(to) } as const]),
      ...port,
    ],
    target,
    owner: OWNER,
    cause: call.cause,
  })
  const v6 = familyOf(ip) === 'ipv6'
  return [
    rule(networkOf(ip, length), { kind: 'jump', chain: SETMARK }),
    ...(v6 ? [] : [rule('127.0.0.1/32' as Cidr, { kind: 'jump', chain: SETMARK })]),
    rule(undefined, { kind: 'DNAT', to: v6 ? `[${ip}]:${containerPort}` : `${ip}:${containerPort}` }),
  ]
}

function dnatChain(call: CniCall): string {
  return chainName(call.conf.name, call.env.CNI_CONTAINERID, 'DN-')
}

function mappingsOf(call: CniCall): readonly PortMapping[] {
  return call.conf.runtimeConfig?.portMappings ?? []
}

function comment(text: string): NfMatch {
  return { kind: 'comment', text }
}
