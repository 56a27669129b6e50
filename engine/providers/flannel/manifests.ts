import type { ClusterConfig, CniChoice } from '../../api/cluster-config.ts'
import type { KubeObject } from '../../api/types.ts'
import { daemonSetObject } from '../daemonset.ts'

export const NAMESPACE = 'kube-flannel'
export const CONFIG_MAP = 'kube-flannel-cfg'
export const DAEMON_SET = 'kube-flannel-ds'
const VERSION = 'v0.27.4'

/** What `kubectl apply` of flannel's manifest makes, as far as anything here looks at it. */
export function flannelManifests(config: ClusterConfig): readonly KubeObject[] {
  const labels = { tier: 'node', 'k8s-app': 'flannel', app: 'flannel' }
  const image = `ghcr.io/flannel-io/flannel:${VERSION}`
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: NAMESPACE,
        labels: { 'k8s-app': 'flannel', 'pod-security.kubernetes.io/enforce': 'privileged' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'flannel', namespace: NAMESPACE, labels: { 'k8s-app': 'flannel' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: CONFIG_MAP, namespace: NAMESPACE, labels },
      data: {
        'cni-conf.json': json(cniConf()),
        'net-conf.json': json(netConf(config.networking.podSubnet, config.networking.cni)),
      },
    },
    daemonSetObject({
      name: DAEMON_SET,
      namespace: NAMESPACE,
      labels,
      image,
      container: 'kube-flannel',
      command: ['/opt/bin/flanneld'],
      args: ['--ip-masq', '--kube-subnet-mgr'],
      serviceAccount: 'flannel',
      tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
      config: { name: CONFIG_MAP, mountPath: '/etc/kube-flannel/' },
      initContainers: [
        {
          name: 'install-cni',
          image,
          command: ['/opt/bin/install-conf'],
          args: ['/etc/kube-flannel/cni-conf.json', '/etc/cni/net.d/10-flannel.conflist'],
        },
      ],
    }),
  ]
}

/** Upstream's own network configuration list: the flannel plugin, then hostPorts. */
function cniConf(): object {
  return {
    name: 'cbr0',
    cniVersion: '0.3.1',
    plugins: [
      { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

function netConf(network: string, cni: CniChoice): object {
  const direct = cni.directRouting === undefined ? {} : { DirectRouting: cni.directRouting }
  const vxlan = {
    ...(cni.vni === undefined ? {} : { VNI: cni.vni }),
    ...(cni.port === undefined ? {} : { Port: cni.port }),
  }
  return { Network: network, EnableNFTables: false, Backend: { Type: cni.backend ?? 'vxlan', ...vxlan, ...direct } }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
