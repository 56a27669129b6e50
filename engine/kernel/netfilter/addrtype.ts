import type { WorldReader } from '../../core/world.ts'
import type { Family, Ip } from '../../net/address.ts'
import { isMulticast } from '../../net/ip.ts'
import { cidrMatcher, hostOf } from './cidr-match.ts'

export type AddrType = 'LOCAL' | 'UNICAST' | 'BROADCAST' | 'MULTICAST'

/** Kind of an address as seen from a netns, by the local routing table. Models inet_addr_type() and inet_dev_addr_type(). */
export function addrTypeOf(world: WorldReader, netns: string, family: Family, ip: Ip, link?: string): AddrType {
  if (isMulticast(ip)) return 'MULTICAST'
  if (ip === '255.255.255.255') return 'BROADCAST'
  const local = localTable(world, netns, family)
  const host = local.hosts.get(ip)
  if (host && (!link || host.devs.includes(link))) return host.type
  const network = local.networks.find(({ contains, devs }) => contains(ip) && (!link || devs.includes(link)))
  return network ? 'LOCAL' : 'UNICAST'
}

interface LocalTable {
  readonly hosts: ReadonlyMap<string, { readonly type: AddrType; readonly devs: readonly string[] }>
  readonly networks: readonly { readonly contains: (ip: Ip) => boolean; readonly devs: readonly string[] }[]
}

/** The local table of one netns in a form that answers at once, until one of its routes changes. */
function localTable(world: WorldReader, netns: string, family: Family): LocalTable {
  return world.memo('route', 'netnsFamily', `${netns}|${family}`, 'addrtype', (routes): LocalTable => {
    const local = routes.filter(
      (route) => route.table === 255 && (route.type === 'local' || route.type === 'broadcast'),
    )
    const hosts = new Map<string, { type: AddrType; devs: readonly string[] }>()
    const networks = []
    for (const { dst, type, nexthops } of local) {
      const devs = nexthops.map(({ dev }) => dev)
      const host = hostOf(dst)
      if (host)
        hosts.set(host, {
          type: type === 'local' ? 'LOCAL' : 'BROADCAST',
          devs: [...(hosts.get(host)?.devs ?? []), ...devs],
        })
      else if (type === 'local') networks.push({ contains: cidrMatcher(dst), devs })
    }
    return { hosts, networks }
  })
}
