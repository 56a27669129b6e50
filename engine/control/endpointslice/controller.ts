import { nameOf } from '../../core/rng.ts'
import type { KubeObject, ObjectRow, Status } from '../../api/types.ts'
import type { Result } from '../../core/result.ts'
import { keyOf, nameOfRow, splitKey } from '../keys.ts'
import { controllerRefTo, ownedBy } from '../ownership.ts'
import { isReady, isTerminating } from '../pods.ts'
import { FIXED_COSTS } from '../time-costs.ts'
import type { Controller, ControllerCtx, ObjectChange, ReconcileResult } from '../types.ts'
import { belongs, type Endpoint, type EndpointPort, endpointOf, type Family, portsOf } from './endpoint.ts'
import { selectedPods, servicesOf } from './selected.ts'
import { type Group, planSlices } from './slices.ts'
import { topologyFacts, wantsTopologyHints, withTopologyHints } from './topology-hints.ts'
import { isOwnWrite, track } from './tracker.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslice-controller.k8s.io'

/** Keeps the EndpointSlices of every Service with a selector in step with its pods. Models pkg/controller/endpointslice. */
export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  watches: ['Service', 'Pod', 'EndpointSlice', 'Node'],
  coalesceUs: FIXED_COSTS.endpointsBatchUs,
  urgent: ({ before, after }) => (after ?? before)?.kind === 'Service',
  keysFor({ before, after }, ctx) {
    const row = after ?? before
    if (!row) return []
    if (row.kind === 'Service') return before && after && sameService(before, after) ? [] : [keyOf(row)]
    if (row.kind === 'EndpointSlice') return after && isOwnWrite(ctx, after) ? [] : ofSlice(row)
    if (row.kind === 'Node') return ofNode({ before, after }, ctx)
    if (before && after && sameEndpoint(before, after)) return []
    return [...new Set([...(before ? servicesOf(before, ctx) : []), ...(after ? servicesOf(after, ctx) : [])])]
  },
  reconcile(key, ctx) {
    const service = ctx.api.get('Service', splitKey(key).namespace, splitKey(key).name)
    if (!service || isTerminating(service)) return
    if (!service.object.spec?.selector || service.object.spec.type === 'ExternalName') return
    return sync(service, ctx)
  },
}

function sameService(before: ObjectRow, after: ObjectRow): boolean {
  const [old, now] = [before.object, after.object]
  return (
    old.spec === now.spec &&
    old.metadata.labels === now.metadata.labels &&
    wantsTopologyHints(old) === wantsTopologyHints(now)
  )
}

/** A node's zone is in the endpoints of its pods; its CPU and readiness count for those that want hints. */
function ofNode({ before, after }: ObjectChange, ctx: ControllerCtx): string[] {
  const services = () => ctx.api.list('Service')
  if (before && after && zoneOf(before) !== zoneOf(after)) return services().map(keyOf)
  if ((before && topologyFacts(before)) === (after && topologyFacts(after))) return []
  return services()
    .filter(({ object }) => wantsTopologyHints(object))
    .map(keyOf)
}

/** A slice of ours that somebody else changed, or that was removed. */
function ofSlice(row: ObjectRow): string[] {
  const service = row.object.metadata.labels?.[SERVICE_NAME]
  if (service === undefined || row.object.metadata.labels?.[MANAGED_BY] !== MANAGER) return []
  return [`${row.namespace}/${service}`]
}

const zoneOf = (node: ObjectRow) => node.object.metadata.labels?.['topology.kubernetes.io/zone']

/** Models endpointutil podEndpointsChanged. */
function sameEndpoint(before: ObjectRow, after: ObjectRow): boolean {
  const [old, now] = [before.object, after.object]
  return (
    old.metadata.labels === now.metadata.labels &&
    old.metadata.deletionTimestamp === now.metadata.deletionTimestamp &&
    old.spec === now.spec &&
    old.status?.podIP === now.status?.podIP &&
    old.status?.podIPs === now.status?.podIPs &&
    old.status?.phase === now.status?.phase &&
    isReady(before) === isReady(after)
  )
}

function sync(service: ObjectRow, ctx: ControllerCtx): ReconcileResult | undefined {
  const pods = selectedPods(service, ctx)
  const owned = ownedBy(ctx, service, 'EndpointSlice').filter(
    (row) => row.object.metadata.labels?.[MANAGED_BY] === MANAGER,
  )
  const families = familiesOf(service.object)
  let refused: Status | undefined
  const changed: string[] = []
  const note = (result: Result<ObjectRow, Status>, before: ObjectRow | undefined) => {
    if (!result.ok) refused ??= result.error
    else if (result.value !== before) {
      track(ctx, result.value)
      changed.push(result.value.name)
    }
  }
  for (const family of families) {
    const existing = owned.filter((row) => row.object.addressType === family)
    const groups = groupsOf(service, pods, family, ctx)
    const plan = planSlices(
      wantsTopologyHints(service.object) ? withTopologyHints(groups, ctx.api.list('Node')) : groups,
      existing,
    )
    for (const { row, endpoints, ports } of plan.keep)
      note(ctx.api.update({ ...row.object, metadata: metadataOf(service, row.name), endpoints, ports }), row)
    const names = sliceNames(service, family, plan.create.length, ctx)
    plan.create.forEach(({ ports, endpoints }, i) => {
      const name = names[i]
      note(
        ctx.api.create({
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: metadataOf(service, name),
          addressType: family,
          endpoints,
          ports,
        }),
        undefined,
      )
    })
    for (const row of plan.remove) ctx.api.delete('EndpointSlice', row.namespace, row.name)
  }
  for (const row of owned)
    if (!families.includes(row.object.addressType)) ctx.api.delete('EndpointSlice', row.namespace, row.name)
  if (changed.length > 0) {
    const ready = pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length
    ctx.note({
      actor: 'endpointslice-controller',
      text: `${keyOf(service)} has ${ready} ready ${ready === 1 ? 'endpoint' : 'endpoints'} (${changed.join(', ')})`,
      object: nameOfRow(service),
    })
  }
  return refused && { error: refused }
}

function familiesOf(service: KubeObject): readonly Family[] {
  const given: readonly Family[] | undefined = service.spec?.ipFamilies
  return given?.length ? given : ['IPv4']
}

/** Pods by the list of ports that they serve: they differ where a named port does. One empty group if there are none. */
function groupsOf(
  service: ObjectRow,
  pods: readonly ObjectRow[],
  family: Family,
  ctx: ControllerCtx,
): readonly Group[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>()
  for (const pod of pods) {
    if (!belongs(pod, family)) continue
    const ports = portsOf(service.object, pod)
    const id = JSON.stringify(ports)
    const group = groups.get(id) ?? { ports, endpoints: [] }
    groups.set(id, group)
    group.endpoints.push(endpointOf(pod, service.object, family, ctx))
  }
  return groups.size > 0 ? [...groups.values()] : [{ ports: [], endpoints: [] }]
}

function metadataOf(service: ObjectRow, name: string): KubeObject['metadata'] {
  const headless = service.object.spec?.clusterIP === 'None'
  const copied = Object.fromEntries(
    Object.entries(service.object.metadata.labels ?? {}).filter(([key]) => key !== HEADLESS),
  )
  return {
    name,
    generateName: `${service.name}-`,
    namespace: service.namespace,
    labels: { ...copied, [MANAGED_BY]: MANAGER, [SERVICE_NAME]: service.name, ...(headless ? { [HEADLESS]: '' } : {}) },
    ownerReferences: [controllerRefTo(service)],
  }
}

const HEADLESS = 'service.kubernetes.io/headless'

/** The n-th slice of a Service and family is always called the same. */
function sliceNames(service: ObjectRow, family: Family, count: number, ctx: ControllerCtx): string[] {
  const names: string[] = []
  for (let ordinal = 0; names.length < count; ordinal++) {
    const stream = `${ctx.cluster}/EndpointSlice/${service.namespace}/${service.name}/${family}#${ordinal}`
    const name = `${service.name.slice(0, 57)}-${nameOf(ctx.clock.seed, stream, 5)}`
    if (!ctx.api.get('EndpointSlice', service.namespace, name)) names.push(name)
  }
  return names
}
