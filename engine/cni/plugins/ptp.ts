import { ok } from '../../core/result.ts'
import { addrAdd, routeAdd, routeDel, sysctlSet } from '../../kernel/netlink.ts'
import { familyOf, hostCidr, networkOf, splitCidr } from '../../net/ip.ts'
import { checkContainer, configureIface } from '../container-iface.ts'
import { setupIpMasq, teardownIpMasq } from '../ip-masq.ts'
import { type CniPlugin, type CniResult, failed } from '../spec.ts'
import { deleteVeth, setupVeth } from '../veth.ts'

const OWNER = 'cni:ptp'

/**
 * A veth pair without a bridge: the host has the gateway's address on its end and a /32 route to the pod, and the pod sends
 * everything by the gateway. Models plugins/main/ptp/ptp.go.
 */
export const ptp: CniPlugin = {
  type: 'ptp',

  add(call) {
    const { tx } = call.ctx
    const { ipam, ipMasq, mtu } = call.conf
    const leased = call.delegate({ ...call.conf, type: ipam?.type ?? '' })
    if (!leased.ok) return leased
    if (!leased.value.ips?.length) return failed(call, 'IPAM plugin returned missing IP config')
    const veth = setupVeth(call, OWNER, mtu ?? 1500)
    if (!veth.ok) return veth
    const { host, container } = veth.value
    const by = { owner: OWNER, cause: call.cause }
    const result: CniResult = {
      ...leased.value,
      interfaces: [
        { name: host.name, mac: host.mac },
        { name: container.name, mac: container.mac, sandbox: call.env.CNI_NETNS },
      ],
      ips: leased.value.ips.map((ip) => ({ ...ip, interface: 1 })),
    }
    const configured = configureIface(call, container.id, { ...result, routes: [] }, OWNER)
    if (!configured.ok) return failed(call, configured.error)
    for (const { address, gateway } of result.ips ?? []) {
      if (!gateway) return failed(call, 'IPAM plugin returned no gateway')
      const { ip, length } = splitCidr(address)
      const network = networkOf(ip, length)
      const netns = container.netns
      sysctlSet(tx, {
        netns: call.host,
        key: familyOf(ip) === 'ipv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding',
        value: '1',
        owner: OWNER,
      })
      // Nothing but the gateway is on-link: all else goes by it, the pod's own subnet too.
      routeDel(tx, { netns, dst: network, dev: container.id })
      routeAdd(tx, { netns, dst: hostCidr(gateway), dev: container.id, scope: 'link', src: ip, ...by })
      routeAdd(tx, { netns, dst: network, via: gateway, dev: container.id, src: ip, ...by })
      addrAdd(tx, { link: host.id, address: hostCidr(gateway), ...by })
      const routed = routeAdd(tx, { netns: call.host, dst: hostCidr(ip), dev: host.id, scope: 'link', ...by })
      if (!routed.ok && routed.error.errno !== 'EEXIST')
        return failed(call, `failed to add route on host: ${routed.error.message}`)
    }
    for (const route of result.routes ?? []) {
      const via = route.gw ?? result.ips?.find(({ address }) => familyOf(address) === familyOf(route.dst))?.gateway
      const added = routeAdd(tx, {
        netns: container.netns,
        dst: route.dst,
        dev: container.id,
        ...(via ? { via } : {}),
        ...by,
      })
      if (!added.ok && added.error.errno !== 'EEXIST')
        return failed(
          call,
          `failed to add route '${route.dst} via ${via} dev ${container.name}': ${added.error.message}`,
        )
    }
    if (ipMasq) setupIpMasq(call, result.ips ?? [])
    return ok(result)
  },

  del(call) {
    const released = call.delegate({ ...call.conf, type: call.conf.ipam?.type ?? '' })
    if (!released.ok) return released
    const addresses = call.netns === undefined ? [] : deleteVeth(call)
    if (call.conf.ipMasq) teardownIpMasq(call, addresses)
    return ok(undefined)
  },

  check(call) {
    const leased = call.delegate({ ...call.conf, type: call.conf.ipam?.type ?? '' })
    if (!leased.ok) return leased
    const prev = call.conf.prevResult
    if (!prev) return failed(call, 'ptp: Required prevResult missing')
    const container = checkContainer(call, prev)
    return container.ok ? ok(undefined) : failed(call, container.error)
  },
}
