import { assert } from '../core/assert.ts'
import type { Cause, Owned } from '../core/cause.ts'
import { hash32 } from '../core/rng.ts'
import type { Tx } from '../core/world.ts'
import { linkId, seedOf } from '../kernel/ids.ts'
import { addrAdd, hostAdd, linkAdd, linkSet, type NetlinkResult, sysctlSet } from '../kernel/netlink.ts'
import type { HostRow } from '../kernel/tables.ts'
import type { Ip, Mac } from '../net/address.ts'

/** Who cabled and configured the machines of the fabric. */
export const BUILDER = 'fabric'

/** A machine with its loopback up. */
export function machineAdd(
  tx: Tx,
  id: string,
  kind: HostRow['kind'],
  more: { cluster?: string; cause?: Cause } = {},
): void {
  must(hostAdd(tx, { id, kind, owner: BUILDER, ...more }))
  must(linkSet(tx, linkId(id, 'lo'), { up: true }))
}

/** The switch of a segment: one bridge, which does not show its frames to netfilter. */
export function switchAdd(tx: Tx, id: string, mtu: number, cause?: Cause): void {
  const by = owned(cause)
  machineAdd(tx, id, 'switch', { cause })
  // A switch has no address of its own: it takes no part in IPv6 either.
  for (const name of ['all', 'default'])
    must(sysctlSet(tx, { netns: id, key: `net.ipv6.conf.${name}.disable_ipv6`, value: '1', ...by }))
  must(
    linkAdd(tx, {
      netns: id,
      name: 'br0',
      kind: 'bridge',
      mac: macOf(tx, id, 'br0'),
      mtu,
      forwardDelayUs: 0,
      up: true,
      ...by,
    }),
  )
  must(sysctlSet(tx, { netns: id, key: 'net.bridge.bridge-nf-call-iptables', value: '0', ...by }))
  must(sysctlSet(tx, { netns: id, key: 'net.bridge.bridge-nf-call-ip6tables', value: '0', ...by }))
}

export interface WireEnd {
  readonly host: string
  readonly ifName: string
  readonly mac?: Mac
}

/** A cable between two machines, both ends up. */
export function wireAdd(
  tx: Tx,
  a: WireEnd,
  b: WireEnd,
  options: { mtu: number; latencyUs: number; cause?: Cause },
): void {
  const { mtu, latencyUs, cause } = options
  const by = owned(cause)
  const end = ({ host, ifName, mac }: WireEnd) => ({
    netns: host,
    name: ifName,
    mac: mac ?? macOf(tx, host, ifName),
    mtu,
    up: true,
  })
  must(linkAdd(tx, { ...end(a), kind: 'ether', latencyUs, peer: end(b), ...by }))
}

/** A cable from a machine to a port of a switch. The port is called as the machine is. */
export function plugIn(
  tx: Tx,
  end: WireEnd,
  switchHost: string,
  options: { mtu: number; latencyUs: number; cause?: Cause },
): void {
  const port = portName(tx, switchHost, end)
  wireAdd(tx, end, { host: switchHost, ifName: port }, options)
  must(linkSet(tx, linkId(switchHost, port), { master: linkId(switchHost, 'br0') }))
}

export function addressAdd(tx: Tx, host: string, ifName: string, address: Ip, prefixLen: number, cause?: Cause): void {
  must(addrAdd(tx, { link: linkId(host, ifName), address: `${address}/${prefixLen}`, broadcast: '+', ...owned(cause) }))
}

export function owned(cause?: Cause): Owned {
  return { owner: BUILDER, ...(cause ? { cause } : {}) }
}

/** Every step of the builder is one that the kernel must grant. */
export function must(result: NetlinkResult): void {
  assert(result.ok, `the fabric cannot be built: ${result.ok ? '' : result.error.message}`)
}

/** 52:54:00 and three bytes of the name, as virtual machines have it. */
export function macOf(tx: Tx, host: string, ifName: string): Mac {
  const n = hash32(seedOf(tx), `mac/${host}/${ifName}`)
  const bytes = [n >>> 16, n >>> 8, n].map((byte) => (byte & 255).toString(16).padStart(2, '0'))
  return `52:54:00:${bytes.join(':')}` as Mac
}

/** At most 15 characters, as interface names are; a long name keeps its end, where nodes differ. */
function portName(tx: Tx, switchHost: string, { host, ifName }: WireEnd): string {
  const full = (ifName === 'eth0' ? host : `${host}-${ifName}`).replaceAll(/[:/]/g, '-')
  const name = full.length <= 15 ? full : full.slice(-15)
  if (!tx.get('link', linkId(switchHost, name))) return name
  const short = hash32(0, full).toString(16).padStart(8, '0')
  return `${full.slice(-6)}-${short}`
}
