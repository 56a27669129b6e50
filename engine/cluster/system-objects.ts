import type { ClusterConfig, ClusterNode } from '../api/cluster-config.ts'
import { kindKeyOf, refText } from '../api/names.ts'
import type { KubeObject } from '../api/types.ts'
import { providerOf } from '../providers/registry.ts'
import { coreDns } from './coredns-objects.ts'
import { daemonSet, object } from './object-helpers.ts'

/** All that an installer makes beside the nodes: the system's objects, then the network's. */
export function installedObjects(config: ClusterConfig): KubeObject[] {
  return [...systemObjects(config), ...networkObjects(config)]
}

export function networkObjects(config: ClusterConfig): readonly KubeObject[] {
  return providerOf(config)?.manifests(config) ?? []
}

/** `Kind/namespace/name` */
export function idOf(object: KubeObject): string {
  return refText(kindKeyOf(object), object.metadata?.namespace ?? '', object.metadata?.name ?? '')
}

/** What a freshly installed cluster holds beside its nodes and its network: namespaces, the API's own Service, DNS, kube-proxy. */
export function systemObjects(config: ClusterConfig): KubeObject[] {
  return [...namespaces(), ...apiService(config), ...coreDns(config), ...kubeProxy(config), ...controlPlanePods(config)]
}

function namespaces(): KubeObject[] {
  return ['default', 'kube-node-lease', 'kube-public', 'kube-system'].map((name) =>
    object('v1', 'Namespace', name, undefined, { metadata: { labels: { 'kubernetes.io/metadata.name': name } } }),
  )
}

/** Service `default/kubernetes` and its slice, which the API server itself keeps: no pods stand behind it. */
function apiService(config: ClusterConfig): KubeObject[] {
  const { apiIp } = config.networking
  const labels = { component: 'apiserver', provider: 'kubernetes' }
  const endpoints = controlPlanes(config).map(({ address }) => ({ addresses: [address], conditions: { ready: true } }))
  return [
    object('v1', 'Service', 'kubernetes', 'default', {
      metadata: { labels },
      spec: {
        type: 'ClusterIP',
        clusterIP: apiIp,
        clusterIPs: [apiIp],
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
    }),
    object('discovery.k8s.io/v1', 'EndpointSlice', 'kubernetes', 'default', {
      metadata: { labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints,
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    }),
  ]
}

function kubeProxy(config: ClusterConfig): KubeObject[] {
  const { kubeProxyMode, kubeProxy: flags } = config.networking
  if (kubeProxyMode === 'none') return []
  const conf = [
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
    'kind: KubeProxyConfiguration',
    `mode: ${kubeProxyMode}`,
    `clusterCIDR: ${flags.clusterCIDRs.join(',')}`,
    'iptables:',
    `  masqueradeAll: ${flags.masqueradeAll}`,
    `  masqueradeBit: ${flags.masqueradeBit}`,
    `  localhostNodePorts: ${flags.localhostNodePorts}`,
    '',
  ]
  return [
    object('v1', 'ServiceAccount', 'kube-proxy', 'kube-system', {}),
    object('v1', 'ConfigMap', 'kube-proxy', 'kube-system', {
      metadata: { labels: { app: 'kube-proxy' } },
      data: { 'config.conf': conf.join('\n') },
    }),
    daemonSet({
      name: 'kube-proxy',
      namespace: 'kube-system',
      labels: { 'k8s-app': 'kube-proxy' },
      image: `registry.k8s.io/kube-proxy:v${config.version}`,
      command: [
        '/usr/local/bin/kube-proxy',
        '--config=/var/lib/kube-proxy/config.conf',
        '--hostname-override=$(NODE_NAME)',
      ],
      tolerations: [{ operator: 'Exists' }],
    }),
  ]
}

const STATIC_PODS = [
  { name: 'etcd', image: 'registry.k8s.io/etcd:3.6.6-0', ports: [2379, 2381], cpu: '100m' },
  { name: 'kube-apiserver', image: 'registry.k8s.io/kube-apiserver', ports: [6443], cpu: '250m' },
  { name: 'kube-controller-manager', image: 'registry.k8s.io/kube-controller-manager', ports: [10257], cpu: '200m' },
  { name: 'kube-scheduler', image: 'registry.k8s.io/kube-scheduler', ports: [10259], cpu: '100m' },
] as const

/**
 * The control plane's static pods as the kubelet mirrors them into the API.
 * Simplified: they are made at boot, not from files under /etc/kubernetes/manifests, because nobody edits those files here.
 */
function controlPlanePods(config: ClusterConfig): KubeObject[] {
  return controlPlanes(config).flatMap((node) => STATIC_PODS.map((pod) => staticPod(config, node, pod)))
}

function staticPod(config: ClusterConfig, node: ClusterNode, pod: (typeof STATIC_PODS)[number]): KubeObject {
  const image = pod.image.includes(':') ? pod.image : `${pod.image}:v${config.version}`
  return object('v1', 'Pod', `${pod.name}-${node.name}`, 'kube-system', {
    metadata: {
      labels: { component: pod.name, tier: 'control-plane' },
      annotations: {
        'kubernetes.io/config.source': 'file',
        'kubernetes.io/config.mirror': `static-${pod.name}`,
        ...(pod.name === 'kube-apiserver'
          ? { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${node.address}:6443` }
          : {}),
      },
    },
    spec: {
      nodeName: node.name,
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      restartPolicy: 'Always',
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      containers: [
        {
          name: pod.name,
          image,
          command: [pod.name],
          ports: pod.ports.map((containerPort) => ({ containerPort, hostPort: containerPort, protocol: 'TCP' })),
          resources: { requests: { cpu: pod.cpu } },
        },
      ],
    },
  })
}

export function controlPlanes(config: ClusterConfig): ClusterNode[] {
  return config.nodes.filter(({ role }) => role === 'control-plane')
}
