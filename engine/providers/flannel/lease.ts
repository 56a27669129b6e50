import type { ObjectRow } from '../../api/types.ts'
import type { Cidr, Ip, Mac } from '../../net/address.ts'
import { parseIp } from '../../net/ip.ts'
import { parseMac } from '../../net/mac.ts'
import { podCidrOf } from '../daemon.ts'

const PREFIX = 'flannel.alpha.coreos.com'
export const BACKEND_DATA = `${PREFIX}/backend-data`
const BACKEND_TYPE = `${PREFIX}/backend-type`
const KUBE_MANAGER = `${PREFIX}/kube-subnet-manager`
const PUBLIC_IP = `${PREFIX}/public-ip`

/** What a node tells all others by its annotations. Models pkg/subnet/kube: a lease is a Node with these. */
export interface Lease {
  readonly node: string
  readonly subnet: Cidr
  readonly publicIp: Ip
  readonly backend: string
  readonly vtepMac?: Mac
  readonly vni?: number
}

export function leaseOf(row: ObjectRow): Lease | undefined {
  const annotations = row.object.metadata.annotations ?? {}
  if (annotations[KUBE_MANAGER] !== 'true') return undefined
  const subnet = podCidrOf(row)
  const publicIp = parseIp(annotations[PUBLIC_IP] ?? '')
  if (!subnet || !publicIp) return undefined
  const data = vtepOf(annotations[BACKEND_DATA])
  return { node: row.name, subnet, publicIp, backend: annotations[BACKEND_TYPE] ?? '', ...data }
}

/** Whether two versions of a Node say the same to flannel. */
export function sameLease(before: ObjectRow | undefined, after: ObjectRow | undefined): boolean {
  const text = (row: ObjectRow | undefined) =>
    row &&
    JSON.stringify([
      row.object.spec?.podCIDR,
      row.object.spec?.podCIDRs,
      ...Object.entries(row.object.metadata.annotations ?? {}).filter(([key]) => key.startsWith(PREFIX)),
    ])
  return text(before) === text(after)
}

/** The annotations of a node's own lease. `vtep` is null for backends without a device of their own. */
export function leaseAnnotations(
  backend: string,
  publicIp: Ip,
  vtep: { readonly vni: number; readonly mac: Mac } | null,
): Record<string, string> {
  return {
    [BACKEND_DATA]: vtep ? `{"VNI":${vtep.vni},"VtepMAC":"${vtep.mac}"}` : 'null',
    [BACKEND_TYPE]: backend,
    [KUBE_MANAGER]: 'true',
    [PUBLIC_IP]: publicIp,
  }
}

/** The MAC that the node used before: kept over restarts of flanneld. Models GetStoredMacAddresses(). */
export function storedMac(row: ObjectRow): Mac | undefined {
  return vtepOf(row.object.metadata.annotations?.[BACKEND_DATA]).vtepMac
}

function vtepOf(text: string | undefined): { vtepMac?: Mac; vni?: number } {
  const mac = /"VtepMAC":"([0-9a-fA-F:]+)"/.exec(text ?? '')?.[1]
  const vni = /"VNI":(\d+)/.exec(text ?? '')?.[1]
  const vtepMac = mac === undefined ? undefined : parseMac(mac)
  return { ...(vtepMac ? { vtepMac } : {}), ...(vni ? { vni: Number(vni) } : {}) }
}
