import { err, ok, type Result } from '../core/result.ts'
import { linkId } from '../kernel/ids.ts'
import { addrAdd, linkSet, routeAdd } from '../kernel/netlink.ts'
import type { LinkRow } from '../kernel/tables.ts'
import { familyOf } from '../net/ip.ts'
import type { CniCall, CniResult } from './spec.ts'

/**
 * Gives the container's interface its addresses, brings it up and adds the routes, those without a gateway by the first
 * address's. Models pkg/ipam/ipam_linux.go ConfigureIface().
 */
export function configureIface(call: CniCall, link: string, result: CniResult, owner: string): Result<void, string> {
  const { ctx, cause, env, netns } = call
  const { tx } = ctx
  const by = { owner, cause }
  for (const ip of result.ips ?? []) {
    const added = addrAdd(tx, { link, address: ip.address, broadcast: '+', ...by })
    if (!added.ok) return err(`failed to add IP addr ${ip.address} to "${env.CNI_IFNAME}": ${added.error.message}`)
  }
  linkSet(tx, link, { up: true })
  for (const route of result.routes ?? []) {
    const via = route.gw ?? result.ips?.find(({ address }) => familyOf(address) === familyOf(route.dst))?.gateway
    const added = routeAdd(tx, {
      netns: netns ?? '',
      dst: route.dst,
      dev: link,
      ...(via ? { via } : {}),
      ...(route.mtu ? { mtu: route.mtu } : {}),
      ...by,
    })
    if (!added.ok && added.error.errno !== 'EEXIST')
      return err(
        `failed to add route '${route.dst} via ${via ?? '<nil>'} dev ${env.CNI_IFNAME}': ${added.error.message}`,
      )
  }
  return ok(undefined)
}

/**
 * Whether interface, addresses and routes of a result are still there. Models the plugins' validateCniContainerInterface()
 * and pkg/ip/utils_linux.go ValidateExpectedInterfaceIPs(), ValidateExpectedRoute().
 */
export function checkContainer(call: CniCall, prev: CniResult): Result<LinkRow, string> {
  const { ctx, env, netns } = call
  const { tx } = ctx
  const told = prev.interfaces?.find(({ name, sandbox }) => name === env.CNI_IFNAME && sandbox !== undefined)
  if (told?.sandbox !== env.CNI_NETNS)
    return err(`Sandbox in prevResult ${told?.sandbox ?? ''} doesn't match configured netns: ${env.CNI_NETNS}`)
  const link = tx.get('link', linkId(netns ?? '', env.CNI_IFNAME))
  if (!link) return err(`Interface name ${env.CNI_IFNAME} not found`)
  if (link.kind !== 'veth') return err(`Error: Container interface ${env.CNI_IFNAME} not of type veth`)
  if (told.mac !== link.mac)
    return err(`Interface ${env.CNI_IFNAME} Mac ${told.mac} doesn't match container Mac: ${link.mac}`)
  const addresses = tx.by('addr', 'link', link.id).map(({ address, prefixLen }) => `${address}/${prefixLen}`)
  for (const ip of prev.ips ?? [])
    if (!addresses.includes(ip.address)) return err(`Failed to match addr ${ip.address} on interface ${env.CNI_IFNAME}`)
  const routes = tx.by('route', 'netns', link.netns)
  for (const route of prev.routes ?? []) {
    const found = routes.some(
      ({ dst, nexthops }) =>
        dst === route.dst && (route.gw === undefined || nexthops.some(({ via }) => via === route.gw)),
    )
    if (!found) return err(`Expected Route {Dst:${route.dst} GW:${route.gw ?? '<nil>'}} not found in routing table`)
  }
  return ok(link)
}
