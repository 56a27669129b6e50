import { type FieldError, forbidden } from '../field-error.ts'
import { deepEqual, isObject, type JsonObject } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { kind } from './define.ts'
import { POD_SPEC } from './pod-spec.ts'
import { any } from './schema.ts'

export const pod = kind({
  kind: 'Pod',
  shortNames: ['po'],
  doc: 'Containers that share one network namespace: one IP address, one set of ports, one routing table.',
  fields: {
    spec: { ...POD_SPEC, required: true },
    status: any('What the kubelet found. A given podIP is a reservation.'),
  },
  prepare: completePod,
  validateUpdate: checkPodUpdate,
})

/** What admission adds to every pod (DefaultTolerationSeconds): five minutes on a node that went away. */
const DEFAULT_TOLERATIONS = Object.freeze(
  ['not-ready', 'unreachable'].map((state) =>
    Object.freeze({
      key: `node.kubernetes.io/${state}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    }),
  ),
)

/**
 * Models pkg/apis/core/v1/defaults.go SetDefaults_Pod and the admission plugins that every cluster runs. Whoever writes a
 * pod again without naming its node leaves it there, as kubectl apply does.
 * Simplified: no token volume is mounted, because no container reads it.
 */
function completePod(object: KubeObject, { isNew, before }: { isNew: boolean; before?: KubeObject }): KubeObject {
  const given: JsonObject | undefined = object.spec
  if (!isObject(given)) return object
  let spec: Record<string, unknown> | undefined
  const set = (key: string, value: unknown) => {
    spec ??= { ...given }
    spec[key] = value
  }
  if (given.enableServiceLinks === undefined) set('enableServiceLinks', true)
  const account = given.serviceAccountName || given.serviceAccount || 'default'
  if (given.serviceAccountName !== account) set('serviceAccountName', account)
  if (given.serviceAccount !== account) set('serviceAccount', account)
  if (given.priority === undefined) set('priority', 0)
  if (given.preemptionPolicy === undefined) set('preemptionPolicy', 'PreemptLowerPriority')
  const tolerations = Array.isArray(given.tolerations) ? given.tolerations : []
  const missing = DEFAULT_TOLERATIONS.filter((wanted) => !tolerations.some((has) => tolerates(has, wanted.key)))
  if (missing.length > 0)
    set(
      'tolerations',
      tolerations.length === 0 && missing.length === 2 ? DEFAULT_TOLERATIONS : [...tolerations, ...missing],
    )
  if (given.nodeName === undefined && before?.spec?.nodeName) set('nodeName', before.spec.nodeName)
  const hosted = given.hostNetwork === true ? withHostPorts(given.containers) : given.containers
  const containers = withRequests(hosted)
  if (containers !== given.containers) set('containers', containers)
  const status = isNew ? newStatus(object.status, spec ?? given) : object.status
  if (!spec && status === object.status) return object
  return { ...object, spec: spec ?? given, ...(status === undefined ? {} : { status }) }
}

function tolerates(toleration: unknown, key: string): boolean {
  if (!isObject(toleration)) return false
  const anyEffect = toleration.effect === undefined || toleration.effect === '' || toleration.effect === 'NoExecute'
  return anyEffect && (toleration.key === key || (!toleration.key && toleration.operator === 'Exists'))
}

/** In the node's network namespace a container port is a port of the node. */
function withHostPorts(containers: unknown): unknown {
  return mapItems(containers, (container) => {
    const ports = mapItems(container.ports, (port) =>
      port.hostPort === undefined ? { ...port, hostPort: port.containerPort } : port,
    )
    return ports === container.ports ? container : { ...container, ports }
  })
}

/** A limit without a request is a request too. */
function withRequests(containers: unknown): unknown {
  return mapItems(containers, (container) => {
    const resources = container.resources
    if (!isObject(resources) || !isObject(resources.limits)) return container
    const requests = isObject(resources.requests) ? resources.requests : {}
    if (Object.keys(resources.limits).every((key) => requests[key] !== undefined)) return container
    return { ...container, resources: { ...resources, requests: { ...resources.limits, ...requests } } }
  })
}

/** The same array if no item was replaced. */
function mapItems(items: unknown, change: (item: JsonObject) => JsonObject): unknown {
  if (!Array.isArray(items)) return items
  const changed = items.map((item) => (isObject(item) ? change(item) : item))
  return changed.some((item, i) => item !== items[i]) ? changed : items
}

function newStatus(given: unknown, spec: JsonObject): unknown {
  if (isObject(given) && given.phase !== undefined) return given
  return { ...(isObject(given) ? given : {}), phase: 'Pending', qosClass: qosClassOf(spec.containers) }
}

/** Models pkg/apis/core/v1/helper/qos ComputePodQOS. */
function qosClassOf(containers: unknown): string {
  const resources = (Array.isArray(containers) ? containers : []).map((container) => container?.resources ?? {})
  if (
    resources.every(
      ({ requests = {}, limits = {} }) => ![requests, limits].some((list) => 'cpu' in list || 'memory' in list),
    )
  ) {
    return 'BestEffort'
  }
  const guaranteed = resources.every(({ requests = {}, limits = {} }) =>
    ['cpu', 'memory'].every((key) => limits[key] !== undefined && deepEqual(limits[key], requests[key])),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

const CHANGEABLE = [
  'activeDeadlineSeconds',
  'tolerations',
  'terminationGracePeriodSeconds',
  'schedulingGates',
  'nodeSelector',
  'affinity',
  'resources',
]

/** Models pkg/apis/core/validation ValidatePodUpdate. The binding of the scheduler is the one way to set nodeName. */
function checkPodUpdate(object: KubeObject, before: KubeObject): readonly FieldError[] {
  const changed = Object.keys({ ...before.spec, ...object.spec }).some((key) => {
    const was = before.spec?.[key]
    const is = object.spec?.[key]
    if (was === is || CHANGEABLE.includes(key) || deepEqual(was, is)) return false
    if (key === 'nodeName') return Boolean(was)
    if (key === 'containers' || key === 'initContainers') return !deepEqual(withoutImages(was), withoutImages(is))
    return true
  })
  if (!changed) return []
  return [
    forbidden(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      true,
    ),
  ]
}

/** The pull policy follows the image's tag where nobody set it, which a strategic merge by kubectl would leave alone. */
function withoutImages(containers: unknown): unknown {
  return Array.isArray(containers) ? containers.map(({ image: _, imagePullPolicy: __, ...rest }) => rest) : containers
}
