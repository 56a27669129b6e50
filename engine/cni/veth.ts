import { ok, type Result } from '../core/result.ts'
import { hash32 } from '../core/rng.ts'
import { linkId } from '../kernel/ids.ts'
import { linkAdd, linkDel } from '../kernel/netlink.ts'
import type { LinkRow } from '../kernel/tables.ts'
import { macFrom } from '../net/mac.ts'
import { type CniCall, type CniError, failed } from './spec.ts'

/** Both ends of a pod's veth pair: the host's is up, the container's is not yet. Models pkg/ip/link_linux.go SetupVeth(). */
export function setupVeth(
  call: CniCall,
  owner: string,
  mtu: number,
): Result<{ host: LinkRow; container: LinkRow }, CniError> {
  const { ctx, netns, env, wishes, cause } = call
  const { tx } = ctx
  const seed = ctx.clock.seed
  if (netns === undefined)
    return failed(
      call,
      `failed to open netns "${env.CNI_NETNS}": failed to Statfs "${env.CNI_NETNS}": no such file or directory`,
    )
  const name = freeVethName(call)
  const added = linkAdd(tx, {
    netns,
    name: env.CNI_IFNAME,
    kind: 'veth',
    mac: wishes.mac ?? macFrom(seed, `${wishes.seedName}/${env.CNI_IFNAME}`),
    mtu,
    peer: { netns: call.host, name, mac: macFrom(seed, `${wishes.seedName}/veth`), mtu, up: true },
    owner,
    cause,
  })
  if (!added.ok) {
    const taken = added.error.errno === 'EEXIST'
    return failed(
      call,
      taken
        ? `container veth name ("${env.CNI_IFNAME}") peer provided ("${name}") already exists`
        : `failed to make veth pair: ${added.error.message}`,
    )
  }
  const container = tx.get('link', linkId(netns, env.CNI_IFNAME))
  const host = tx.get('link', linkId(call.host, name))
  return container && host ? ok({ host, container }) : failed(call, `failed to lookup "${name}"`)
}

/** Deletes the container's interface and with it the pair; the addresses that it had. Succeeds if it is gone already. */
export function deleteVeth(call: CniCall): readonly string[] {
  const { tx } = call.ctx
  const id = linkId(call.netns ?? '', call.env.CNI_IFNAME)
  const addresses = tx
    .by('addr', 'link', id)
    .filter(({ scope }) => scope === 'global')
    .map(({ address, prefixLen }) => `${address}/${prefixLen}`)
  linkDel(tx, id)
  return addresses
}

/** `veth` and eight hex digits: upstream's are random, these belong to the pod. */
function freeVethName(call: CniCall): string {
  const { ctx, host, wishes } = call
  if (wishes.veth) return wishes.veth
  for (let attempt = 0; ; attempt++) {
    const name = `veth${hash32(ctx.clock.seed, `${wishes.seedName}/veth#${attempt}`).toString(16).padStart(8, '0')}`
    if (!ctx.tx.get('link', linkId(host, name))) return name
  }
}
