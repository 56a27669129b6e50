import { ok, type Result } from '../../core/result.ts'
import { linkId } from '../../kernel/ids.ts'
import { addrAdd, addrDel, linkAdd, linkSet, sysctlSet } from '../../kernel/netlink.ts'
import type { LinkRow } from '../../kernel/tables.ts'
import type { Ip, Mac } from '../../net/address.ts'
import { defaultOf, familyOf, lengthOf, networkOf, nthAddress, splitCidr } from '../../net/ip.ts'
import { checkContainer, configureIface } from '../container-iface.ts'
import {
  type CniCall,
  type CniError,
  type CniIp,
  type CniPlugin,
  type CniResult,
  type CniRoute,
  failed,
} from '../spec.ts'
import { setupIpMasq, teardownIpMasq } from '../ip-masq.ts'
import { deleteVeth, setupVeth } from '../veth.ts'

/** The plugin's own fields, as they stand in a configuration file. */
interface BridgeConf {
  readonly bridge: string
  readonly isGateway: boolean
  readonly isDefaultGateway: boolean
  readonly forceAddress: boolean
  readonly ipMasq: boolean
  readonly mtu?: number
  readonly hairpinMode: boolean
  readonly promiscMode: boolean
  readonly portIsolation: boolean
}

const OWNER = 'cni:bridge'

/**
 * A veth pair whose host end is a port of a bridge, which may be the pods' gateway.
 * Models plugins/main/bridge/bridge.go.
 * Simplified: VLANs, MAC spoof checks and nftables masquerading are left out because no network here asks for them.
 */
export const bridge: CniPlugin = {
  type: 'bridge',

  add(call) {
    const conf = confOf(call)
    if (conf.hairpinMode && conf.promiscMode)
      return failed(call, 'cannot set hairpin mode and promiscuous mode at the same time')
    const br = ensureBridge(call, conf)
    if (!br.ok) return br
    const veth = setupVeth(call, OWNER, conf.mtu ?? 1500)
    if (!veth.ok) return veth
    const { host, container } = veth.value
    const { tx } = call.ctx
    linkSet(tx, host.id, { master: br.value.id, hairpin: conf.hairpinMode, isolated: conf.portIsolation })

    const made: CniResult = { cniVersion: call.conf.cniVersion, interfaces: [] }
    if (!call.conf.ipam?.type) {
      linkSet(tx, container.id, { up: true })
      return ok(withInterfaces(call, made, conf, host.id, container))
    }
    const leased = call.delegate({ ...call.conf, type: call.conf.ipam.type })
    if (!leased.ok) return leased
    // What was made so far is taken back by the DEL that follows a failed ADD.
    if (!leased.value.ips?.length) return failed(call, 'IPAM plugin returned missing IP config')
    const result = withGateways(
      { ...made, ips: leased.value.ips, routes: leased.value.routes, dns: leased.value.dns },
      conf,
    )
    const configured = configureIface(call, container.id, result, OWNER)
    if (!configured.ok) return failed(call, configured.error)
    if (conf.isGateway) {
      for (const ip of result.ips ?? []) {
        const error = ensureAddr(call, br.value, ip, conf)
        if (error) return failed(call, `failed to set bridge addr: ${error}`)
      }
    }
    if (conf.ipMasq) setupIpMasq(call, result.ips ?? [])
    return ok(withInterfaces(call, result, conf, host.id, container))
  },

  del(call) {
    const { ipam, ipMasq } = call.conf
    const addresses = call.netns === undefined ? [] : deleteVeth(call)
    if (ipam?.type) {
      const released = call.delegate({ ...call.conf, type: ipam.type })
      if (!released.ok) return released
    }
    if (ipam?.type && ipMasq) teardownIpMasq(call, addresses)
    return ok(undefined)
  },

  check(call) {
    const conf = confOf(call)
    if (call.conf.ipam?.type) {
      const leased = call.delegate({ ...call.conf, type: call.conf.ipam.type })
      if (!leased.ok) return leased
    }
    const prev = call.conf.prevResult
    if (!prev) return failed(call, 'Required prevResult missing')
    const br = call.ctx.tx.get('link', linkId(call.host, conf.bridge))
    if (br?.kind !== 'bridge') return failed(call, `CNI created bridge ${conf.bridge} in host namespace was not found`)
    const container = checkContainer(call, prev)
    if (!container.ok) return failed(call, container.error)
    const peer = container.value.peer && call.ctx.tx.get('link', container.value.peer)
    if (!peer || peer.master !== br.id) return failed(call, `CNI veth created for bridge ${conf.bridge} was not found`)
    return ok(undefined)
  },
}

function confOf({ conf }: CniCall): BridgeConf {
  return {
    bridge: conf.bridge ?? 'cni0',
    isGateway: conf.isGateway === true || conf.isDefaultGateway === true,
    isDefaultGateway: conf.isDefaultGateway === true,
    forceAddress: conf.forceAddress === true,
    ipMasq: conf.ipMasq === true,
    ...(conf.mtu ? { mtu: conf.mtu } : {}),
    hairpinMode: conf.hairpinMode === true,
    promiscMode: conf.promiscMode === true,
    portIsolation: conf.portIsolation === true,
  }
}

/** The bridge as it is before the pod's port joins it: that MAC is the one that `ensureAddr` sets. */
interface Bridge {
  readonly id: string
  readonly mac: Mac
}

/** The bridge; made if it is not there yet. Models ensureBridge(). */
function ensureBridge(call: CniCall, conf: BridgeConf): Result<Bridge, CniError> {
  const { tx } = call.ctx
  const id = linkId(call.host, conf.bridge)
  const mac = call.wishes.bridgeMac(conf.bridge)
  if (!tx.get('link', id)) {
    const added = linkAdd(tx, {
      netns: call.host,
      name: conf.bridge,
      kind: 'bridge',
      ...(mac ? { mac } : {}),
      ...(conf.mtu ? { mtu: conf.mtu } : {}),
      ...by(call),
    })
    if (!added.ok)
      return failed(
        call,
        `failed to create bridge "${conf.bridge}": could not add "${conf.bridge}": ${added.error.message}`,
      )
  }
  const row = tx.get('link', id)
  if (row?.kind !== 'bridge')
    return failed(call, `failed to create bridge "${conf.bridge}": "${conf.bridge}" already exists but is not a bridge`)
  linkSet(tx, id, { up: true, ...(conf.promiscMode ? { promisc: true } : {}) })
  return ok({ id, mac: row.mac })
}

/** Gateway addresses and the default route. Models calcGateways(). */
function withGateways(result: CniResult, conf: BridgeConf): CniResult {
  const routes: CniRoute[] = [...(result.routes ?? [])]
  const ips = (result.ips ?? []).map((ip): CniIp => {
    const gateway = ip.gateway ?? (conf.isGateway ? gatewayOf(ip.address) : undefined)
    const anywhere = defaultOf(familyOf(ip.address))
    if (conf.isDefaultGateway && gateway && !routes.some(({ dst, gw }) => dst === anywhere && gw !== undefined))
      routes.push({ dst: anywhere, gw: gateway })
    return { ...ip, ...(gateway ? { gateway } : {}), interface: 2 }
  })
  return { ...result, ips, routes }
}

function gatewayOf(address: string): Ip {
  const { ip, length } = splitCidr(address)
  return nthAddress(networkOf(ip, length), 1)
}

/**
 * Gives the bridge its gateway address, and the MAC that it had before its first port joined: set by hand, it no longer
 * follows the lowest port's. Models ensureAddr() and enableIPForward().
 */
function ensureAddr(call: CniCall, { id: br, mac }: Bridge, ip: CniIp, conf: BridgeConf): string | undefined {
  const { tx } = call.ctx
  const address = `${ip.gateway}/${lengthOf(ip.address)}`
  const family = familyOf(address)
  for (const row of tx.by('addr', 'link', br)) {
    if (row.family !== family || row.scope === 'link') continue
    const text = `${row.address}/${row.prefixLen}`
    if (text === address) return undefined
    if (!conf.forceAddress) return `"${conf.bridge}" already has an IP address different from ${address}`
    addrDel(tx, { link: br, address: text })
  }
  const added = addrAdd(tx, { link: br, address, broadcast: '+', ...by(call) })
  if (!added.ok) return `could not add IP address ${address} to "${conf.bridge}": ${added.error.message}`
  linkSet(tx, br, { mac })
  sysctlSet(tx, {
    netns: call.host,
    key: family === 'ipv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding',
    value: '1',
    ...by(call),
  })
  return undefined
}

/** What all pods of the host share belongs to the network, not to the pod that came first. */
function by(call: CniCall) {
  return { owner: OWNER, ...(call.wishes.network ? { cause: call.wishes.network } : {}) }
}

/** Bridge, host end, container end: read at the end, since a bridge's MAC follows its ports until it is fixed. */
function withInterfaces(
  call: CniCall,
  result: CniResult,
  conf: BridgeConf,
  hostEnd: string,
  container: LinkRow,
): CniResult {
  const named = (id: string) => {
    const link = call.ctx.tx.get('link', id)
    return { name: link?.name ?? '', mac: link?.mac ?? container.mac }
  }
  return {
    ...result,
    interfaces: [
      named(linkId(call.host, conf.bridge)),
      named(hostEnd),
      { name: container.name, mac: container.mac, sandbox: call.env.CNI_NETNS },
    ],
  }
}
