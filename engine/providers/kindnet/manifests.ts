import type { ClusterConfig } from '../../api/cluster-config.ts'
import type { KubeObject } from '../../api/types.ts'
import { daemonSetObject } from '../daemonset.ts'

export const DAEMON = { namespace: 'kube-system', name: 'kindnet' }

/** kind's own network as kind installs it. */
export function kindnetManifests(config: ClusterConfig): readonly KubeObject[] {
  const labels = { app: 'kindnet' }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'kindnet', namespace: DAEMON.namespace } },
    daemonSetObject({
      ...DAEMON,
      labels: { ...labels, 'k8s-app': 'kindnet', tier: 'node' },
      image: 'docker.io/kindest/kindnetd:v20251212-v0.29.0-alpha-105-g20ccfc88',
      container: 'kindnet-cni',
      command: ['/bin/kindnetd'],
      args: [`--pod-subnet=${config.networking.podSubnet}`],
      tolerations: [{ operator: 'Exists' }],
    }),
  ]
}
