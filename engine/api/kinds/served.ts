import { groupOf } from '../names.ts'
import type { KindDef } from './kind.ts'

/** Groups and versions that once served a kind and no longer do: read as today's version, with a warning. */
const NO_LONGER_SERVED: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2'],
  ReplicaSet: ['extensions/v1beta1', 'apps/v1beta2'],
  DaemonSet: ['extensions/v1beta1', 'apps/v1beta2'],
  StatefulSet: ['apps/v1beta1', 'apps/v1beta2'],
  Ingress: ['extensions/v1beta1', 'networking.k8s.io/v1beta1'],
  NetworkPolicy: ['extensions/v1beta1'],
  EndpointSlice: ['discovery.k8s.io/v1beta1', 'discovery.k8s.io/v1alpha1'],
  CronJob: ['batch/v1beta1', 'batch/v2alpha1'],
  PodDisruptionBudget: ['policy/v1beta1'],
  HorizontalPodAutoscaler: ['autoscaling/v2beta1', 'autoscaling/v2beta2'],
  CustomResourceDefinition: ['apiextensions.k8s.io/v1beta1'],
  ...all(
    ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    'rbac.authorization.k8s.io',
    'v1beta1',
    'v1alpha1',
  ),
  ...all(
    ['StorageClass', 'CSIDriver', 'CSINode', 'VolumeAttachment', 'CSIStorageCapacity'],
    'storage.k8s.io',
    'v1beta1',
  ),
  ...all(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'], 'admissionregistration.k8s.io', 'v1beta1'),
  ...all(['FlowSchema', 'PriorityLevelConfiguration'], 'flowcontrol.apiserver.k8s.io', 'v1beta1', 'v1beta2', 'v1beta3'),
  PriorityClass: ['scheduling.k8s.io/v1beta1', 'scheduling.k8s.io/v1alpha1'],
  APIService: ['apiregistration.k8s.io/v1beta1'],
  Lease: ['coordination.k8s.io/v1beta1'],
  RuntimeClass: ['node.k8s.io/v1beta1'],
  IngressClass: ['networking.k8s.io/v1beta1'],
  CertificateSigningRequest: ['certificates.k8s.io/v1beta1'],
}

function all(kinds: readonly string[], group: string, ...versions: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(kinds.map((kind) => [kind, versions.map((version) => `${group}/${version}`)]))
}

const ALSO_SERVED: Readonly<Record<string, readonly string[]>> = {
  Event: ['events.k8s.io/v1'],
  HorizontalPodAutoscaler: ['autoscaling/v1'],
}

/** Whether the pinned release serves a kind of Kubernetes' own groups under this apiVersion. */
export function servedAs(kind: KindDef, apiVersion: string): 'yes' | 'no longer' | 'never' {
  if (NO_LONGER_SERVED[kind.kind]?.includes(apiVersion)) return 'no longer'
  if (groupOf(apiVersion) !== kind.group) return ALSO_SERVED[kind.kind]?.includes(apiVersion) ? 'yes' : 'never'
  return 'yes'
}
