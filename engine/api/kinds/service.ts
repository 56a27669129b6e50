import ipaddr from 'ipaddr.js'
import { allocateService } from '../allocate/service.ts'
import { duplicate, type FieldError, forbidden, immutable, invalid, required } from '../field-error.ts'
import { formatProblems } from '../formats.ts'
import { deepEqual, isObject, type JsonObject } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { kind } from './define.ts'
import { any, bool, int, intOrString, list, map, object, string } from './schema.ts'

const port = object('ServicePort', 'A port of the Service, and where it leads.', {
  name: string('Name of the port; needed if there are several.'),
  protocol: string('Transport protocol.', { values: ['TCP', 'UDP', 'SCTP'], default: 'TCP' }),
  appProtocol: string('What is spoken on it.', { format: 'qualified-name' }),
  port: int('The port of the Service.', { required: true, format: 'port' }),
  targetPort: intOrString('The port of the pods: a number, or the name of a container port.', {
    format: 'port-or-name',
    default: ({ port }: { port?: unknown }) => port,
  }),
  nodePort: int('The port of every node, for NodePort and LoadBalancer.', { min: 0, max: 65535 }),
})

const FAMILIES = ['IPv4', 'IPv6']

export const service = kind({
  kind: 'Service',
  shortNames: ['svc'],
  generation: false,
  nameFormat: 'dns-1035',
  doc: 'One address for many pods. No packet ever reaches it: each node rewrites the destination to a pod.',
  fields: {
    spec: object(
      'ServiceSpec',
      'Which pods, under which address and ports.',
      {
        type: string('How far the Service reaches.', {
          values: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
          default: 'ClusterIP',
        }),
        selector: map(
          'Labels of the pods behind it. Absent: somebody else keeps the EndpointSlices.',
          string('Value of the label.'),
          {
            holds: 'selector',
          },
        ),
        ports: list('Ports of the Service.', port),
        clusterIP: string('Its address inside the cluster; `None` for a headless Service. Handed out if absent.'),
        clusterIPs: list('The same for each address family.', string('Address.')),
        ipFamilies: list('Address families, the first is that of clusterIP.', string('Family.', { values: FAMILIES })),
        ipFamilyPolicy: string('One address family or two.', {
          values: ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
        }),
        sessionAffinity: string('Whether a client keeps its pod.', { values: ['ClientIP', 'None'], default: 'None' }),
        sessionAffinityConfig: object(
          'SessionAffinityConfig',
          'How long a client keeps its pod.',
          {
            clientIP: object('ClientIPConfig', 'By source address.', {
              timeoutSeconds: int('Seconds.', { default: 10800 }),
            }),
          },
          { check: checkAffinity },
        ),
        externalIPs: list(
          'More addresses that nodes accept; nobody announces them.',
          string('Address.', { format: 'ip' }),
        ),
        externalName: string('For ExternalName: the name that DNS answers.'),
        externalTrafficPolicy: string(
          'Cluster: any node forwards to any pod. Local: only to its own, and the client’s address is kept.',
          {
            values: ['Cluster', 'Local'],
          },
        ),
        internalTrafficPolicy: string('The same for clients inside the cluster.', { values: ['Cluster', 'Local'] }),
        healthCheckNodePort: int('Where load balancers ask nodes for local pods.', { min: 0 }),
        publishNotReadyAddresses: bool('Pods that are not ready count as ready.'),
        allocateLoadBalancerNodePorts: bool('Whether a LoadBalancer gets node ports.'),
        loadBalancerIP: string('The address wished for.'),
        loadBalancerClass: string('Which controller makes the load balancer.'),
        loadBalancerSourceRanges: list('Who may use the load balancer.', string('Range.', { format: 'cidr' })),
        trafficDistribution: string('Which endpoints are preferred.', {
          values: ['PreferClose', 'PreferSameZone', 'PreferSameNode'],
        }),
      },
      { required: true },
    ),
    status: object(
      'ServiceStatus',
      'Where the load balancer is.',
      { loadBalancer: any('Its addresses.', { default: {} }), conditions: any('Conditions.') },
      { default: {} },
    ),
  },
  prepare: completeService,
  validate: checkService,
  validateUpdate: checkServiceUpdate,
  allocate: allocateService,
})

/** Models pkg/apis/core/v1/defaults.go SetDefaults_Service. */
function completeService(given: KubeObject, { before }: { readonly before?: KubeObject }): KubeObject {
  const object = before ? dropTypeDependent(given, before) : given
  const { spec } = object
  if (!isObject(spec)) return object
  const type = spec.type
  const more: Record<string, unknown> = {}
  if (spec.sessionAffinity === 'ClientIP' && !spec.sessionAffinityConfig) {
    more.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } }
  }
  const external =
    type === 'NodePort' || type === 'LoadBalancer' || (Array.isArray(spec.externalIPs) && spec.externalIPs.length > 0)
  if (external && type !== 'ExternalName' && !spec.externalTrafficPolicy) more.externalTrafficPolicy = 'Cluster'
  if (type !== 'ExternalName' && !spec.internalTrafficPolicy) more.internalTrafficPolicy = 'Cluster'
  if (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === undefined)
    more.allocateLoadBalancerNodePorts = true
  return Object.keys(more).length === 0 ? object : { ...object, spec: { ...spec, ...more } }
}

/**
 * What belonged to the old type and was not changed along with it is dropped.
 * Models pkg/registry/core/service/strategy.go dropTypeDependentFields.
 */
function dropTypeDependent(object: KubeObject, before: KubeObject): KubeObject {
  const [is, was] = [object.spec, before.spec]
  if (!isObject(is) || !isObject(was) || is.type === was.type) return object
  const onNodes = ({ type }: JsonObject) => type === 'NodePort' || type === 'LoadBalancer'
  const spec: Record<string, unknown> = { ...is }
  const drop = (key: string) => {
    if (deepEqual(spec[key], was[key])) delete spec[key]
  }
  if (onNodes(was) && !onNodes(is)) {
    drop('externalTrafficPolicy')
    const old = new Set((Array.isArray(was.ports) ? was.ports : []).map((each: ServicePort) => each.nodePort))
    if (Array.isArray(is.ports)) {
      spec.ports = is.ports.map((each: ServicePort) => {
        if (!each?.nodePort || !old.has(each.nodePort)) return each
        const { nodePort: _, ...rest } = each
        return rest
      })
    }
  }
  if (was.type === 'LoadBalancer')
    for (const key of ['healthCheckNodePort', 'allocateLoadBalancerNodePorts', 'loadBalancerClass']) drop(key)
  if (is.type === 'ExternalName') drop('internalTrafficPolicy')
  return { ...object, spec }
}

interface ServicePort {
  readonly name?: string
  readonly protocol?: string
  readonly port?: number
  readonly targetPort?: number | string
  readonly nodePort?: number
  readonly appProtocol?: string
}

/** Models pkg/apis/core/validation ValidateService. */
function checkService({ spec }: KubeObject): readonly FieldError[] {
  if (!isObject(spec)) return []
  const errors: FieldError[] = []
  const type = spec.type as string // it passed the schema
  const ports = (spec.ports ?? []) as readonly ServicePort[]
  const headless = spec.clusterIP === 'None' || (Array.isArray(spec.clusterIPs) && spec.clusterIPs[0] === 'None')
  if (ports.length === 0 && !headless && type !== 'ExternalName') errors.push(required('spec.ports'))
  if (headless && (type === 'NodePort' || type === 'LoadBalancer')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`))
  }
  if (type === 'ExternalName') errors.push(...checkExternalName(spec))
  errors.push(...checkPorts(ports, type))
  errors.push(...checkAddresses(spec))
  const externallyAccessible =
    type === 'NodePort' || type === 'LoadBalancer' || (Array.isArray(spec.externalIPs) && spec.externalIPs.length > 0)
  if (spec.externalTrafficPolicy && !externallyAccessible) {
    errors.push(
      invalid(
        'spec.externalTrafficPolicy',
        spec.externalTrafficPolicy,
        'may only be set for externally-accessible services',
      ),
    )
  }
  if (spec.healthCheckNodePort && !(type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local')) {
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        spec.healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    )
  }
  if (type !== 'LoadBalancer') {
    for (const key of ['loadBalancerSourceRanges', 'allocateLoadBalancerNodePorts', 'loadBalancerClass']) {
      if (spec[key] !== undefined)
        errors.push(forbidden(`spec.${key}`, "may only be used when `type` is 'LoadBalancer'"))
    }
  }
  return errors
}

function checkExternalName(spec: Readonly<Record<string, unknown>>): FieldError[] {
  const name = typeof spec.externalName === 'string' ? spec.externalName.replace(/\.$/, '') : ''
  if (name === '') return [required('spec.externalName')]
  return formatProblems('dns-subdomain', name).map((problem) =>
    invalid('spec.externalName', spec.externalName, problem),
  )
}

function checkPorts(ports: readonly ServicePort[], type: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const numbers = new Set<string>()
  const nodePorts = new Set<string>()
  for (const [i, port] of ports.entries()) {
    const at = `spec.ports[${i}]`
    if (!port.name) {
      if (ports.length > 1) errors.push(required(`${at}.name`))
    } else {
      for (const problem of formatProblems('dns-label', port.name))
        errors.push(invalid(`${at}.name`, port.name, problem))
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name))
      names.add(port.name)
    }
    const number = `${port.protocol}/${port.port}`
    if (numbers.has(number)) errors.push(duplicate(at, printedPort(port)))
    numbers.add(number)
    if (!port.nodePort) continue
    if (type !== 'NodePort' && type !== 'LoadBalancer') {
      errors.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"))
    }
    const outer = `${port.protocol}/${port.nodePort}`
    if (nodePorts.has(outer)) errors.push(duplicate(`${at}.nodePort`, port.nodePort))
    nodePorts.add(outer)
  }
  return errors
}

/** The internal type has no JSON names, so the message prints Go's. */
function printedPort({ protocol, port }: ServicePort) {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
}

function checkAddresses(spec: Readonly<Record<string, unknown>>): FieldError[] {
  const errors: FieldError[] = []
  const first = Array.isArray(spec.clusterIPs) ? spec.clusterIPs[0] : undefined
  if (spec.clusterIP && first && spec.clusterIP !== first) {
    errors.push(invalid('spec.clusterIPs[0]', spec.clusterIPs, 'first value must match `clusterIP`'))
  }
  const given = Array.isArray(spec.clusterIPs) ? spec.clusterIPs : spec.clusterIP ? [spec.clusterIP] : []
  for (const [i, ip] of given.entries()) {
    if (ip === 'None' || ip === '' || formatProblems('ip', ip).length === 0) continue
    errors.push(invalid(`spec.clusterIPs[${i}]`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'))
  }
  for (const [i, ip] of (Array.isArray(spec.externalIPs) ? spec.externalIPs : []).entries()) {
    if (typeof ip !== 'string' || formatProblems('ip', ip).length > 0) continue // reported by its format
    const problem = specialAddress(ip)
    if (problem) errors.push(invalid(`spec.externalIPs[${i}]`, ip, problem))
  }
  return errors
}

/** Models pkg/apis/core/validation ValidateNonSpecialIP. */
function specialAddress(ip: string): string | undefined {
  const range = ipaddr.parse(ip).range()
  if (range === 'unspecified') return 'may not be unspecified (0.0.0.0 or ::)'
  if (range === 'loopback') return 'may not be in the loopback range (127.0.0.0/8, ::1/128)'
  if (range === 'linkLocal') return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
  return undefined
}

function checkAffinity(config: { clientIP?: { timeoutSeconds?: number } }, path: string): FieldError[] {
  const seconds = config.clientIP?.timeoutSeconds
  if (seconds === undefined || (seconds > 0 && seconds <= 86400)) return []
  return [invalid(`${path}.clientIP.timeoutSeconds`, seconds, 'must be greater than 0 and less than 86400')]
}

function checkServiceUpdate({ spec }: KubeObject, before: KubeObject): readonly FieldError[] {
  const was: unknown = before.spec?.clusterIPs?.[0]
  const is: unknown = spec?.clusterIPs?.[0]
  if (!was || spec?.type === 'ExternalName' || before.spec?.type === 'ExternalName' || is === undefined || was === is)
    return []
  return [immutable('spec.clusterIPs[0]', spec.clusterIPs, 'may not change once set')]
}
