import type { KubeObject } from '../api/types.ts'

export interface NodeDaemon {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly image: string
  readonly command: readonly string[]
  readonly args?: readonly string[]
  readonly container?: string
  readonly serviceAccount?: string
  readonly tolerations: readonly object[]
  /** ConfigMap mounted at a path. */
  readonly config?: { readonly name: string; readonly mountPath: string }
  readonly initContainers?: readonly {
    readonly name: string
    readonly image: string
    readonly command: readonly string[]
    readonly args?: readonly string[]
  }[]
}

/** A DaemonSet whose pods share their node's network: the shape of kube-proxy and of every network's agent. */
export function daemonSetObject(daemon: NodeDaemon): KubeObject {
  const container = {
    name: daemon.container ?? daemon.name,
    image: daemon.image,
    command: daemon.command,
    ...(daemon.args ? { args: daemon.args } : {}),
    env: [
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    ],
    securityContext: { privileged: true },
    ...(daemon.config ? { volumeMounts: [{ name: 'config', mountPath: daemon.config.mountPath }] } : {}),
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: daemon.name, namespace: daemon.namespace, labels: daemon.labels },
    spec: {
      selector: { matchLabels: daemon.labels },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: daemon.labels },
        spec: {
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          serviceAccountName: daemon.serviceAccount ?? daemon.name,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: daemon.tolerations,
          ...(daemon.initContainers ? { initContainers: daemon.initContainers } : {}),
          containers: [container],
          ...(daemon.config ? { volumes: [{ name: 'config', configMap: { name: daemon.config.name } }] } : {}),
        },
      },
    },
  }
}
