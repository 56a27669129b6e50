import type { KubeObject } from '../../api/types.ts'
import { microsOf } from '../../api/time.ts'
import { formatLabels, formatSelector } from '../../api/selector.ts'
import { ageOf, humanDuration } from './age.ts'
import { podStatus } from './pod-status.ts'
import { endpointsText, portsOfService, sliceEndpoints, slicePorts } from './service-columns.ts'

/** A column of `kubectl get`: its heading, what stands in it, and whether only `-o wide` shows it. */
export interface Column {
  readonly name: string
  readonly cell: (object: KubeObject, nowUs: number) => string
  readonly wide?: true
}

/** Models kubernetes/pkg/printers/internalversion/printers.go; kinds without an entry have NAME and AGE. */
export function columnsOf(key: string): readonly Column[] {
  return COLUMNS[key] ?? [NAME, AGE]
}

const NAME: Column = { name: 'NAME', cell: ({ metadata }) => metadata.name }
const AGE: Column = { name: 'AGE', cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now) }
const CREATED_AT: Column = { name: 'CREATED AT', cell: ({ metadata }) => metadata.creationTimestamp ?? '<unknown>' }

const column = (name: string, cell: Column['cell']): Column => ({ name, cell })
const wide = (name: string, cell: Column['cell']): Column => ({ name, cell, wide: true })
const count = (name: string, read: (object: KubeObject) => unknown) =>
  column(name, (object) => String(read(object) ?? 0))
const orNone = (value: unknown) => (value === undefined || value === null || value === '' ? '<none>' : String(value))

const templateContainers = ({ spec }: KubeObject): readonly { name: string; image: string }[] =>
  spec?.template?.spec?.containers ?? []
const CONTAINERS = wide('CONTAINERS', (object) =>
  templateContainers(object)
    .map((each) => each.name)
    .join(','),
)
const IMAGES = wide('IMAGES', (object) =>
  templateContainers(object)
    .map((each) => each.image)
    .join(','),
)
const SELECTOR = wide('SELECTOR', ({ spec }) => formatSelector(spec?.selector))
const PLAIN_SELECTOR = wide('SELECTOR', ({ spec }) => formatLabels(spec?.selector))

const replicaColumns = (selector: Column) => [
  NAME,
  count('DESIRED', ({ spec }) => spec?.replicas),
  count('CURRENT', ({ status }) => status?.replicas),
  count('READY', ({ status }) => status?.readyReplicas),
  AGE,
  ...[CONTAINERS, IMAGES, selector],
]

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    NAME,
    column('READY', (pod) => podStatus(pod, 0).ready),
    column('STATUS', (pod) => podStatus(pod, 0).status),
    column('RESTARTS', (pod, now) => podStatus(pod, now).restarts),
    AGE,
    wide('IP', ({ status }) => orNone(status?.podIPs?.[0]?.ip ?? status?.podIP)),
    wide('NODE', ({ spec }) => orNone(spec?.nodeName)),
    wide('NOMINATED NODE', ({ status }) => orNone(status?.nominatedNodeName)),
    wide('READINESS GATES', (pod) => readinessGates(pod)),
  ],
  Deployment: [
    NAME,
    column('READY', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    count('UP-TO-DATE', ({ status }) => status?.updatedReplicas),
    count('AVAILABLE', ({ status }) => status?.availableReplicas),
    AGE,
    ...[CONTAINERS, IMAGES, SELECTOR],
  ],
  ReplicaSet: replicaColumns(SELECTOR),
  ReplicationController: replicaColumns(PLAIN_SELECTOR),
  StatefulSet: [
    NAME,
    column('READY', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    AGE,
    CONTAINERS,
    IMAGES,
  ],
  DaemonSet: [
    NAME,
    count('DESIRED', ({ status }) => status?.desiredNumberScheduled),
    count('CURRENT', ({ status }) => status?.currentNumberScheduled),
    count('READY', ({ status }) => status?.numberReady),
    count('UP-TO-DATE', ({ status }) => status?.updatedNumberScheduled),
    count('AVAILABLE', ({ status }) => status?.numberAvailable),
    column('NODE SELECTOR', ({ spec }) => formatLabels(spec?.template?.spec?.nodeSelector)),
    AGE,
    ...[CONTAINERS, IMAGES, SELECTOR],
  ],
  Job: [
    NAME,
    column('STATUS', jobStatus),
    column('COMPLETIONS', jobCompletions),
    column('DURATION', jobDuration),
    AGE,
    ...[CONTAINERS, IMAGES, SELECTOR],
  ],
  Service: [
    NAME,
    column('TYPE', ({ spec }) => orNone(spec?.type)),
    column('CLUSTER-IP', ({ spec }) => orNone(spec?.clusterIPs?.[0] ?? spec?.clusterIP)),
    column('EXTERNAL-IP', externalIp),
    column('PORT(S)', portsOfService),
    AGE,
    PLAIN_SELECTOR,
  ],
  EndpointSlice: [
    NAME,
    column('ADDRESSTYPE', ({ addressType }) => orNone(addressType)),
    column('PORTS', slicePorts),
    column('ENDPOINTS', sliceEndpoints),
    AGE,
  ],
  Endpoints: [NAME, column('ENDPOINTS', endpointsText), AGE],
  Node: [
    NAME,
    column('STATUS', nodeStatus),
    column('ROLES', nodeRoles),
    AGE,
    column('VERSION', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    wide('INTERNAL-IP', (node) => nodeAddress(node, 'InternalIP')),
    wide('EXTERNAL-IP', (node) => nodeAddress(node, 'ExternalIP')),
    wide('OS-IMAGE', ({ status }) => status?.nodeInfo?.osImage || '<unknown>'),
    wide('KERNEL-VERSION', ({ status }) => status?.nodeInfo?.kernelVersion || '<unknown>'),
    wide('CONTAINER-RUNTIME', ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>'),
  ],
  Namespace: [NAME, column('STATUS', ({ status }) => status?.phase ?? ''), AGE],
  ConfigMap: [NAME, count('DATA', ({ data, binaryData }) => keys(data) + keys(binaryData)), AGE],
  Secret: [NAME, column('TYPE', ({ type }) => String(type ?? '')), count('DATA', ({ data }) => keys(data)), AGE],
  ServiceAccount: [NAME, count('SECRETS', ({ secrets }) => (Array.isArray(secrets) ? secrets.length : 0)), AGE],
  Event: [
    column('LAST SEEN', ({ lastTimestamp, firstTimestamp, eventTime }, now) =>
      ageOf(lastTimestamp ?? firstTimestamp ?? eventTime, now),
    ),
    column('TYPE', ({ type }) => String(type ?? '')),
    column('REASON', ({ reason }) => String(reason ?? '')),
    column(
      'OBJECT',
      ({ involvedObject }) => `${String(involvedObject?.kind ?? '').toLowerCase()}/${involvedObject?.name ?? ''}`,
    ),
    wide('SUBOBJECT', ({ involvedObject }) => involvedObject?.fieldPath ?? ''),
    wide('SOURCE', ({ source }) => [source?.component, source?.host].filter(Boolean).join(', ')),
    column('MESSAGE', ({ message }) => String(message ?? '').trim()),
    wide('FIRST SEEN', ({ firstTimestamp }, now) => ageOf(firstTimestamp, now)),
    wide('COUNT', ({ count: times }) => String(times ?? 1)),
    wide('NAME', ({ metadata }) => metadata.name),
  ],
  Ingress: [
    NAME,
    column('CLASS', ({ spec }) => orNone(spec?.ingressClassName)),
    column(
      'HOSTS',
      ({ spec }) => (spec?.rules ?? []).map((rule: { host?: string }) => rule.host || '*').join(',') || '*',
    ),
    column('ADDRESS', ({ status }) => addresses(status)),
    column('PORTS', ({ spec }) => (spec?.tls ? '80, 443' : '80')),
    AGE,
  ],
  NetworkPolicy: [NAME, column('POD-SELECTOR', ({ spec }) => formatSelector(spec?.podSelector)), AGE],
  Lease: [NAME, column('HOLDER', ({ spec }) => spec?.holderIdentity ?? ''), AGE],
  CustomResourceDefinition: [NAME, CREATED_AT],
  Role: [NAME, CREATED_AT],
  ClusterRole: [NAME, CREATED_AT],
  RoleBinding: [NAME, column('ROLE', ({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}`), AGE],
  ClusterRoleBinding: [NAME, column('ROLE', ({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}`), AGE],
  ServiceCIDR: [NAME, column('CIDRS', ({ spec }) => (spec?.cidrs ?? []).join(',')), AGE],
  IngressClass: [
    NAME,
    column('CONTROLLER', ({ spec }) => spec?.controller ?? ''),
    column('PARAMETERS', () => '<none>'),
    AGE,
  ],
  Gateway: [
    NAME,
    column('CLASS', ({ spec }) => spec?.gatewayClassName ?? ''),
    column('ADDRESS', ({ status }) =>
      (status?.addresses ?? []).map((each: { value?: string }) => each.value).join(','),
    ),
    column(
      'PROGRAMMED',
      ({ status }) => status?.conditions?.find((each: { type?: string }) => each.type === 'Programmed')?.status ?? '',
    ),
    AGE,
  ],
  HTTPRoute: [NAME, column('HOSTNAMES', ({ spec }) => (spec?.hostnames ? JSON.stringify(spec.hostnames) : '')), AGE],
}

const keys = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value).length : 0)

function readinessGates({ spec, status }: KubeObject): string {
  const gates: readonly { conditionType: string }[] = spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const met = gates.filter(({ conditionType }) =>
    (status?.conditions ?? []).some(
      (each: { type?: string; status?: string }) => each.type === conditionType && each.status === 'True',
    ),
  )
  return `${met.length}/${gates.length}`
}

function jobCondition({ status }: KubeObject, type: string): boolean {
  return (status?.conditions ?? []).some(
    (each: { type?: string; status?: string }) => each.type === type && each.status === 'True',
  )
}

function jobStatus(job: KubeObject): string {
  const type = ['Complete', 'Failed', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((each) =>
    jobCondition(job, each),
  )
  if (type) return type
  return job.metadata.deletionTimestamp === undefined ? 'Running' : 'Terminating'
}

function jobCompletions({ spec, status }: KubeObject): string {
  if (spec?.completions !== undefined) return `${status?.succeeded ?? 0}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${status?.succeeded ?? 0}/1 of ${parallelism}` : `${status?.succeeded ?? 0}/1`
}

function jobDuration({ status }: KubeObject, nowUs: number): string {
  const start = microsOf(status?.startTime)
  if (start === undefined) return ''
  return humanDuration(Math.floor(((microsOf(status?.completionTime) ?? nowUs) - start) / 1_000_000))
}

function addresses(status: KubeObject['status']): string {
  return (status?.loadBalancer?.ingress ?? [])
    .map((each: { ip?: string; hostname?: string }) => each.ip ?? each.hostname ?? '')
    .join(',')
}

function externalIp({ spec, status }: KubeObject): string {
  const external: readonly string[] = spec?.externalIPs ?? []
  if (spec?.type === 'LoadBalancer') return [addresses(status), ...external].filter(Boolean).join(',') || '<pending>'
  if (spec?.type === 'ExternalName') return spec.externalName ?? '<none>'
  return external.join(',') || '<none>'
}

function nodeStatus({ spec, status }: KubeObject): string {
  const ready = (status?.conditions ?? []).find((each: { type?: string }) => each.type === 'Ready')
  const states = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady']
  if (spec?.unschedulable) states.push('SchedulingDisabled')
  return states.join(',')
}

function nodeRoles({ metadata }: KubeObject): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) =>
    key.startsWith('node-role.kubernetes.io/') ? [key.slice(24)] : key === 'kubernetes.io/role' ? [value] : [],
  )
  return [...new Set(roles.filter(Boolean))].sort().join(',') || '<none>'
}

function nodeAddress({ status }: KubeObject, type: string): string {
  return (status?.addresses ?? []).find((each: { type?: string }) => each.type === type)?.address ?? '<none>'
}
