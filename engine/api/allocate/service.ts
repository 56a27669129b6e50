import { type FieldError, invalid } from '../field-error.ts'
import { isObject } from '../json.ts'
import type { Allocation } from '../kinds/kind.ts'
import { DEFAULT_FLAGS } from '../flags.ts'
import type { KubeObject } from '../types.ts'
import { type AddressRange, addressRange, canonicalIp } from './address-range.ts'
import { isFree, pickClusterIp } from './cluster-ip.ts'
import { isNodePortFree, pickNodePort } from './node-port.ts'

type Spec = Readonly<Record<string, unknown>>
interface Allocated {
  readonly spec: Spec
  readonly errors: readonly FieldError[]
}

/**
 * Hands out cluster addresses and node ports. What an update leaves out is taken over from before; what is given is
 * checked against everybody else's. Models pkg/registry/core/service/storage/alloc.go and storage.go patchAllocatedValues.
 */
export function allocateService(
  object: KubeObject,
  where: Allocation,
): { object: KubeObject; errors: readonly FieldError[] } {
  if (!isObject(object.spec)) return { object, errors: [] }
  const name = `${object.metadata.namespace}/${object.metadata.name}`
  const before: Spec | undefined = where.before?.spec
  const start = dropTypeDependent(takeOver(object.spec, before), before)
  const families = allocateAddresses(start, before, name, where)
  if (families.errors.length > 0) return { object, errors: families.errors }
  const ports = allocatePorts(families.spec, before, name, where)
  if (ports.spec === object.spec) return { object, errors: ports.errors }
  return { object: { ...object, spec: ports.spec }, errors: ports.errors }
}

const needsAddress = ({ type }: Spec) => type !== 'ExternalName'
const needsNodePort = ({ type, allocateLoadBalancerNodePorts }: Spec) =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
const needsHealthCheck = ({ type, externalTrafficPolicy }: Spec) =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

interface Port {
  readonly protocol?: string
  readonly port?: number
  readonly nodePort?: number
}
const portsOf = (spec: Spec | undefined) => (Array.isArray(spec?.ports) ? spec.ports : []) as readonly Port[]

/** What was allocated before and is not given now stays. */
function takeOver(spec: Spec, before: Spec | undefined): Spec {
  if (!before) return spec
  const kept: Record<string, unknown> = {}
  if (needsAddress(spec) && needsAddress(before) && !spec.clusterIP && !Array.isArray(spec.clusterIPs)) {
    if (spec.ipFamilies === undefined && spec.ipFamilyPolicy === undefined) {
      kept.ipFamilies = before.ipFamilies
      kept.ipFamilyPolicy = before.ipFamilyPolicy
    }
    kept.clusterIP = before.clusterIP
    kept.clusterIPs = before.clusterIPs
  }
  if (needsNodePort(spec) && needsNodePort(before)) {
    const old = portsOf(before)
    const ports = portsOf(spec).map((port) => {
      const same = port.nodePort
        ? undefined
        : old.find((each) => each.port === port.port && each.protocol === port.protocol)
      return same?.nodePort ? { ...port, nodePort: same.nodePort } : port
    })
    if (ports.some((port, i) => port !== portsOf(spec)[i])) kept.ports = ports
  }
  if (needsHealthCheck(spec) && needsHealthCheck(before) && !spec.healthCheckNodePort)
    kept.healthCheckNodePort = before.healthCheckNodePort
  return Object.keys(kept).length === 0 ? spec : { ...spec, ...kept }
}

/** A Service that becomes an ExternalName gives its addresses back. */
function dropTypeDependent(spec: Spec, before: Spec | undefined): Spec {
  if (needsAddress(spec) || !before || !needsAddress(before)) return spec
  const { clusterIP: _, clusterIPs: __, ipFamilies: ___, ipFamilyPolicy: ____, ...rest } = spec
  return rest
}

function allocateAddresses(spec: Spec, before: Spec | undefined, name: string, where: Allocation): Allocated {
  if (!needsAddress(spec)) return { spec, errors: [] }
  const flags = where.reader.get('apiState', where.cluster)?.flags ?? DEFAULT_FLAGS
  const ranges = flags.serviceCidrs.map(addressRange)
  const given = Array.isArray(spec.clusterIPs)
    ? (spec.clusterIPs as string[])
    : spec.clusterIP
      ? [String(spec.clusterIP)]
      : []
  const headless = given[0] === 'None'
  const chosen = chooseFamilies(spec, given, ranges, headless)
  if (chosen.errors.length > 0) return { spec, errors: chosen.errors }
  const { families, policy } = chosen

  const clusterIPs: string[] = []
  if (headless) clusterIPs.push('None')
  else {
    const old = Array.isArray(before?.clusterIPs) ? before.clusterIPs : []
    for (const [i, family] of families.entries()) {
      const range = ranges.find((each) => each.family === family)
      if (!range) continue
      const ip = given[i] ? canonicalIp(given[i]) : pickClusterIp(range, name, where)
      const wrong = ip === undefined ? 'range is full' : old.includes(ip) ? undefined : refusal(ip, range, where)
      if (wrong)
        return {
          spec,
          errors: [
            invalid(
              'spec.clusterIPs',
              given.length > 0 ? given : [],
              `failed to allocate IP${ip ? ` ${ip}` : ''}: ${wrong}`,
            ),
          ],
        }
      if (ip) clusterIPs.push(ip)
    }
  }
  const wanted = { clusterIP: clusterIPs[0], clusterIPs, ipFamilies: families, ipFamilyPolicy: policy }
  const same =
    JSON.stringify([spec.clusterIP, spec.clusterIPs, spec.ipFamilies, spec.ipFamilyPolicy]) ===
    JSON.stringify(Object.values(wanted))
  return { spec: same ? spec : { ...spec, ...wanted }, errors: [] }
}

/** Models pkg/registry/core/service/ipallocator errors. */
function refusal(ip: string, range: AddressRange, where: Allocation): string | undefined {
  const offset = range.offsetOf(ip)
  const usable = offset !== undefined && offset > 0 && (range.family === 'IPv6' || offset < range.size - 1)
  if (!usable) return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range.cidr}`
  return isFree(ip, where) ? undefined : 'provided IP is already allocated'
}

interface Families {
  readonly families: readonly ('IPv4' | 'IPv6')[]
  readonly policy: string
  readonly errors: readonly FieldError[]
}

/** Models alloc.go initIPFamilyFields. A headless Service without a selector is dual-stack even where the cluster is not. */
function chooseFamilies(
  spec: Spec,
  given: readonly string[],
  ranges: readonly AddressRange[],
  headless: boolean,
): Families {
  const own = ranges.map((range) => range.family)
  const fail = (error: FieldError): Families => ({ families: [], policy: '', errors: [error] })
  const asked = Array.isArray(spec.ipFamilies) ? (spec.ipFamilies as ('IPv4' | 'IPv6')[]) : []
  const fromIps = headless ? [] : given.map((ip) => (ip.includes(':') ? ('IPv6' as const) : ('IPv4' as const)))
  for (const [i, family] of asked.entries()) {
    if (fromIps[i] && fromIps[i] !== family) {
      return fail(
        invalid(`spec.ipFamilies[${i}]`, family, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``),
      )
    }
    if (!own.includes(family) && !(headless && !spec.selector)) {
      return fail(invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'))
    }
  }
  for (const [i, family] of fromIps.entries()) {
    if (!own.includes(family))
      return fail(
        invalid(`spec.clusterIPs[${i}]`, given[i], `may not use ${family} on a cluster which is not configured for it`),
      )
  }
  let policy = typeof spec.ipFamilyPolicy === 'string' ? spec.ipFamilyPolicy : undefined
  if (policy === undefined) {
    if (headless && !spec.selector) policy = 'RequireDualStack'
    else policy = asked.length === 2 || fromIps.length === 2 ? 'RequireDualStack' : 'SingleStack'
  }
  if (policy === 'RequireDualStack' && own.length < 2 && !(headless && !spec.selector)) {
    return fail(invalid('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services'))
  }
  const first = asked[0] ?? fromIps[0] ?? own[0] ?? 'IPv4'
  const other = first === 'IPv4' ? 'IPv6' : 'IPv4'
  const two = policy === 'RequireDualStack' || (policy === 'PreferDualStack' && own.includes(other))
  return { families: two ? [first, other] : [first], policy, errors: [] }
}

function allocatePorts(spec: Spec, before: Spec | undefined, name: string, where: Allocation): Allocated {
  const flags = where.reader.get('apiState', where.cluster)?.flags ?? DEFAULT_FLAGS
  const [from, to] = flags.nodePorts
  const mine = new Set<number>([
    ...portsOf(before).map((port) => port.nodePort ?? 0),
    Number(before?.healthCheckNodePort ?? 0),
  ])
  const errors: FieldError[] = []
  const taken = new Set<number>()
  const check = (field: string, port: number) => {
    taken.add(port)
    if (mine.has(port)) return
    if (port < from || port > to)
      errors.push(
        invalid(field, port, `provided port is not in the valid range. The range of valid ports is ${from}-${to}`),
      )
    else if (!isNodePortFree(port, where)) errors.push(invalid(field, port, 'provided port is already allocated'))
  }
  const given = portsOf(spec)
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
    for (const [i, port] of given.entries()) if (port.nodePort) check(`spec.ports[${i}].nodePort`, port.nodePort)
  }
  if (spec.healthCheckNodePort) check('spec.healthCheckNodePort', Number(spec.healthCheckNodePort))
  if (errors.length > 0) return { spec, errors }

  let ports = given
  if (needsNodePort(spec)) {
    const shared = new Map(
      given.flatMap((port) =>
        port.nodePort ? [[port.port, { protocol: port.protocol, nodePort: port.nodePort }]] : [],
      ),
    )
    ports = given.map((port) => {
      if (port.nodePort) return port
      // One number serves the same port over another protocol.
      const twin = shared.get(port.port)
      const nodePort =
        twin && twin.protocol !== port.protocol
          ? twin.nodePort
          : pickNodePort(`${name}/${port.port}`, [from, to], taken, where)
      if (nodePort === undefined) return port
      taken.add(nodePort)
      shared.set(port.port, { protocol: port.protocol, nodePort })
      return { ...port, nodePort }
    })
  }
  const health =
    needsHealthCheck(spec) && !spec.healthCheckNodePort
      ? pickNodePort(`${name}/health`, [from, to], taken, where)
      : undefined
  if (ports.every((port, i) => port === given[i]) && health === undefined) return { spec, errors }
  return {
    spec: { ...spec, ...(given.length > 0 ? { ports } : {}), ...(health ? { healthCheckNodePort: health } : {}) },
    errors,
  }
}
