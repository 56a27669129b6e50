import type { CniChoice } from '../api/cluster-config.ts'
import type { Cidr } from '../net/address.ts'
import { readCidr } from '../net/range.ts'
import type { ConfigDocument } from './complaints.ts'

/** Every network that `networking.cni.name` may name, whether it is modelled yet or not. */
export const CNI_NAMES = [
  'kubenet',
  'flannel',
  'calico',
  'cilium',
  'weave',
  'azure',
  'aws',
  'gcp',
  'anthos',
  'ncp',
  'antrea',
  'tanzu',
  'ovn-kubernetes',
  'kindnet',
  'none',
]

/** DaemonSets by which a network is installed, and the network. */
const DAEMONSETS: Readonly<Record<string, string>> = {
  'kube-flannel-ds': 'flannel',
  'calico-node': 'calico',
  cilium: 'cilium',
  'weave-net': 'weave',
  'azure-cns': 'azure',
  'aws-node': 'aws',
  'antrea-agent': 'antrea',
  'nsx-node-agent': 'ncp',
  'ovnkube-node': 'ovn-kubernetes',
  kindnet: 'kindnet',
}

/** A network that the text itself installs. */
export interface BroughtNetwork {
  readonly document: ConfigDocument
  readonly daemonSet: string
  readonly choice: CniChoice
  readonly podSubnet?: Cidr
}

/** The first DaemonSet of a known network in the text, with what its ConfigMap says. */
export function broughtNetwork(documents: readonly ConfigDocument[]): BroughtNetwork | undefined {
  for (const document of documents) {
    const { kind, metadata } = document.object
    const name = kind === 'DaemonSet' ? DAEMONSETS[metadata?.name ?? ''] : undefined
    if (!name) continue
    const netConf = name === 'flannel' ? flannelNetConf(documents) : undefined
    const backend = flannelBackend(netConf)
    return { document, daemonSet: metadata.name, choice: { name, ...backend }, podSubnet: readCidr(netConf?.Network) }
  }
  return undefined
}

type NetConf = { Network?: unknown; Backend?: Record<string, unknown> }

/** `net-conf.json` of flannel's ConfigMap, undefined where it is absent or no JSON (flanneld complains about that itself). */
export function parseNetConf(text: unknown): NetConf | undefined {
  try {
    const parsed: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

function flannelNetConf(documents: readonly ConfigDocument[]): NetConf | undefined {
  const map = documents.find(
    ({ object }) => object.kind === 'ConfigMap' && object.metadata?.name === 'kube-flannel-cfg',
  )
  return parseNetConf(map?.object.data?.['net-conf.json'])
}

function flannelBackend(netConf: NetConf | undefined): { backend: string; directRouting?: boolean } {
  const backend = netConf?.Backend ?? { Type: 'vxlan' }
  const directRouting = backend.DirectRouting ?? backend.directRouting
  return { backend: String(backend.Type ?? 'udp'), ...(directRouting === true ? { directRouting } : {}) }
}
