import type { ClusterConfig } from '../api/cluster-config.ts'
import type { KubeObject } from '../api/types.ts'
import { object } from './object-helpers.ts'

const LABELS = { 'k8s-app': 'kube-dns' }
const PORTS = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  { name: 'metrics', port: 9153, protocol: 'TCP' },
]

/** The cluster's DNS: CoreDNS behind Service `kube-dns`, with the plugins that an installer gives it. */
export function coreDns(config: ClusterConfig): KubeObject[] {
  const { dnsIp } = config.networking
  return [
    object('v1', 'ServiceAccount', 'coredns', 'kube-system', {}),
    object('v1', 'ConfigMap', 'coredns', 'kube-system', { data: { Corefile: corefile(config) } }),
    object('v1', 'Service', 'kube-dns', 'kube-system', {
      metadata: { labels: { ...LABELS, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' } },
      spec: {
        type: 'ClusterIP',
        clusterIP: dnsIp,
        clusterIPs: [dnsIp],
        selector: LABELS,
        ports: PORTS.map((port) => ({ ...port, targetPort: port.port })),
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
    }),
    deployment(),
  ]
}

/** Models kubeadm's default Corefile: which plugins answer for which zone, in which order. */
function corefile({ networking }: ClusterConfig): string {
  const zones = [networking.dnsDomain, 'in-addr.arpa', 'ip6.arpa'].join(' ')
  const block = (head: string, lines: string[]) => [`    ${head} {`, ...lines.map((line) => `        ${line}`), '    }']
  return [
    '.:53 {',
    '    errors',
    ...block('health', ['lameduck 5s']),
    '    ready',
    ...block(`kubernetes ${zones}`, ['pods insecure', 'fallthrough in-addr.arpa ip6.arpa', 'ttl 30']),
    '    prometheus :9153',
    ...block('forward . /etc/resolv.conf', ['max_concurrent 1000']),
    '    cache 30',
    '    loop',
    '    reload',
    '    loadbalance',
    '}',
    '',
  ].join('\n')
}

function deployment(): KubeObject {
  const probe = (path: string, port: number) => ({ httpGet: { path, port, scheme: 'HTTP' } })
  return object('apps/v1', 'Deployment', 'coredns', 'kube-system', {
    metadata: { labels: LABELS },
    spec: {
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          priorityClassName: 'system-cluster-critical',
          serviceAccountName: 'coredns',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
            { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
          ],
          dnsPolicy: 'Default',
          containers: [
            {
              name: 'coredns',
              image: 'registry.k8s.io/coredns/coredns:v1.13.1',
              args: ['-conf', '/etc/coredns/Corefile'],
              ports: PORTS.map(({ name, port, protocol }) => ({ name, containerPort: port, protocol })),
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
              livenessProbe: {
                ...probe('/health', 8080),
                initialDelaySeconds: 60,
                timeoutSeconds: 5,
                failureThreshold: 5,
              },
              readinessProbe: probe('/ready', 8181),
              volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
            },
          ],
          volumes: [
            { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
          ],
        },
      },
    },
  })
}
