import type { Cause } from '../core/cause.ts'
import { hash32 } from '../core/rng.ts'
import type { Tx } from '../core/world.ts'
import { linkId, loOf, seedOf } from '../kernel/ids.ts'
import { addrAdd, linkAdd, linkSet, neighReplace, netnsAdd, routeAdd, sysctlSet } from '../kernel/netlink.ts'
import { confKey } from '../kernel/sysctl.ts'
import type { Ip } from '../net/address.ts'
import { familyOf, hostCidr } from '../net/ip.ts'
import { macFrom } from '../net/mac.ts'

/** Author of what stands for a pod that was given with its address, without a kubelet that made it. */
export const GIVEN = 'given'

export interface GivenPod {
  readonly host: string
  readonly netns: string
  readonly ips: readonly Ip[]
  readonly cause: Cause
}

/** An address that is no machine's: the pod's gateway on its wire. */
const GATEWAY = { ipv4: '169.254.1.1' as Ip, ipv6: 'fe80::1' as Ip }

/**
 * The plainest attachment there is, the same for every network: a veth pair, the pod's address on it, a host route to it.
 * Simplified: no plugin is run because nobody is there to run it; all rows say that they were given.
 */
export function attachGivenPod(tx: Tx, { host, netns, ips, cause }: GivenPod): void {
  const by = { owner: GIVEN, cause }
  const seed = seedOf(tx)
  netnsAdd(tx, { id: netns, host, path: `/run/netns/${netns.slice(host.length + 1)}`, ...by })
  linkSet(tx, loOf(netns), { up: true })
  const veth = `veth${hash32(seed, netns).toString(16).padStart(8, '0')}`
  linkAdd(tx, {
    netns,
    name: 'eth0',
    kind: 'veth',
    mac: macFrom(seed, `${netns}/eth0`),
    up: true,
    peer: { netns: host, name: veth, mac: macFrom(seed, `${netns}/veth`), up: true },
    ...by,
  })
  const [eth0, wire] = [linkId(netns, 'eth0'), linkId(host, veth)]
  const mac = tx.get('link', wire)?.mac
  sysctlSet(tx, { netns: host, key: confKey('ipv4', veth, 'proxy_arp'), value: '1', ...by })
  for (const ip of ips) {
    const family = familyOf(ip)
    addrAdd(tx, { link: eth0, address: hostCidr(ip), ...by })
    if (mac) neighReplace(tx, { link: eth0, address: GATEWAY[family], lladdr: mac, ...by })
    routeAdd(tx, { netns, dst: hostCidr(GATEWAY[family]), dev: eth0, scope: 'link', ...by })
    routeAdd(tx, { netns, dst: 'default', family, via: GATEWAY[family], dev: eth0, onlink: true, ...by })
    routeAdd(tx, { netns: host, dst: hostCidr(ip), dev: wire, scope: 'link', ...by })
  }
}
