import { clusterCause, clusterConfig } from '../api/cluster-config.ts'
import { apiOf } from '../api/store.ts'
import type { Ctx } from '../core/context.ts'
import type { Ip } from '../net/address.ts'
import { parseIp } from '../net/ip.ts'
import type { Attachment } from './attachment.ts'
import type { CniWishes } from './spec.ts'

// Simplified: a wished address reaches IPAM beside the specification's arguments, because no real plugin reads our annotation.
/** What the pod, the cluster's pins and its seed decide where a real plugin would throw dice. */
export function wishesOf(ctx: Ctx, to: Attachment, cluster: string | undefined): CniWishes {
  const { namespace, name } = to.pod
  const config = clusterConfig(ctx.tx, cluster ?? '')
  const pin = config?.pin.pods[`${namespace}/${name}`]
  const pod = cluster === undefined ? undefined : apiOf(ctx, cluster).get('Pod', namespace, name)?.object
  const asked = pin?.ip ?? asIp(pod?.metadata.annotations?.['podwalk.dev/ip'])
  const ip = asked ?? asIp(pod?.status?.podIP)
  return {
    seedName: `cni/${to.host}/${namespace}/${name}`,
    ...(ip ? { ip, insists: asked !== undefined } : {}),
    ...(config?.origin ? { network: clusterCause(config, 'spec.networking.cni') } : {}),
    ...(pin?.mac ? { mac: pin.mac } : {}),
    ...(pin?.veth ? { veth: pin.veth } : {}),
    bridgeMac: (ifName) => config?.pin.macs[`${to.host}/${ifName}`],
    reserved: (address) =>
      ctx.tx.oneBy('object', 'podIp', `${cluster}|${address}`) !== undefined ||
      Object.values(config?.pin.pods ?? {}).some((other) => other.ip === address),
  }
}

function asIp(text: unknown): Ip | undefined {
  return typeof text === 'string' ? parseIp(text) : undefined
}
