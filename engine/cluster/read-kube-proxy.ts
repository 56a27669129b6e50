import type { KubeProxyFlags } from '../api/cluster-config.ts'
import type { Complaints, ConfigDocument } from './complaints.ts'
import { complaintsFor, type Draft } from './draft.ts'
import { Fields } from './fields.ts'

type Flags = { -readonly [Key in keyof KubeProxyFlags]?: KubeProxyFlags[Key] }

const MODES: Readonly<Record<string, KubeProxyFlags['detectLocal']>> = {
  ClusterCIDR: 'clusterCIDR',
  NodeCIDR: 'nodeCIDR',
  BridgeInterface: 'bridge',
  InterfaceNamePrefix: 'prefix',
}

/** A KubeProxyConfiguration document (kubeproxy.config.k8s.io/v1alpha1): its fields override the cluster's. */
export function readKubeProxyConfiguration(document: ConfigDocument, draft: Draft): Complaints {
  const complaints = complaintsFor(document)
  const fields = new Fields(document.object, '', complaints)
  const mode = fields.text('mode')
  if (mode && mode !== 'iptables')
    complaints.warn('not-modelled', 'mode', `kube-proxy's ${mode} mode is not modelled yet; it runs in iptables mode`)
  const flags: Flags = {}
  const iptables = fields.fields('iptables')
  const ipvs = fields.fields('ipvs')
  const local = fields.fields('detectLocal')
  const conntrack = fields.fields('conntrack')
  take(flags, 'clusterCIDRs', fields.cidrs('clusterCIDR'))
  take(flags, 'nodePortAddresses', fields.texts('nodePortAddresses'))
  take(flags, 'detectLocal', MODES[fields.oneOf('detectLocalMode', [...Object.keys(MODES), '']) ?? ''])
  take(flags, 'bridgeInterface', local.text('bridgeInterface'))
  take(flags, 'interfaceNamePrefix', local.text('interfaceNamePrefix'))
  take(flags, 'masqueradeAll', iptables.flag('masqueradeAll'))
  take(flags, 'masqueradeBit', iptables.count('masqueradeBit', 0, 31))
  take(flags, 'localhostNodePorts', iptables.flag('localhostNodePorts'))
  take(flags, 'tcpBeLiberal', conntrack.flag('tcpBeLiberal'))
  take(flags, 'minSyncPeriodUs', iptables.duration('minSyncPeriod'))
  take(flags, 'syncPeriodUs', iptables.duration('syncPeriod'))
  take(flags, 'scheduler', ipvs.text('scheduler'))
  take(flags, 'strictARP', ipvs.flag('strictARP'))
  draft.kubeProxy = { ...draft.kubeProxy, ...flags }
  return complaints
}

/** The same under the short names of `networking.kubeProxy`. */
export function readKubeProxyFlags(fields: Fields): Partial<KubeProxyFlags> {
  const flags: Flags = {}
  take(flags, 'masqueradeAll', fields.flag('masqueradeAll'))
  take(flags, 'masqueradeBit', fields.count('masqueradeBit', 0, 31))
  take(flags, 'clusterCIDRs', fields.cidrs('clusterCIDR'))
  take(
    flags,
    'detectLocal',
    fields.oneOf('detectLocal', ['clusterCIDR', 'nodeCIDR', 'bridge', 'prefix', 'none'] as const),
  )
  take(flags, 'bridgeInterface', fields.text('bridgeInterface'))
  take(flags, 'interfaceNamePrefix', fields.text('interfaceNamePrefix'))
  take(flags, 'localhostNodePorts', fields.flag('localhostNodePorts'))
  take(flags, 'tcpBeLiberal', fields.flag('tcpBeLiberal'))
  take(flags, 'nodePortAddresses', fields.texts('nodePortAddresses'))
  take(flags, 'scheduler', fields.text('scheduler'))
  take(flags, 'strictARP', fields.flag('strictARP'))
  take(flags, 'minSyncPeriodUs', fields.duration('minSyncPeriod'))
  take(flags, 'syncPeriodUs', fields.duration('syncPeriod'))
  fields.done()
  return flags
}

function take<K extends keyof Flags>(flags: Flags, key: K, value: Flags[K]): void {
  if (value !== undefined) flags[key] = value
}
