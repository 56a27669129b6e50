import type { KubeObject, ObjectRow } from '../../api/types.ts'
import { isFinished, isReady, isTerminating } from '../pods.ts'
import type { ControllerCtx } from '../types.ts'
import { wantsTopologyHints } from './topology-hints.ts'

export type Family = 'IPv4' | 'IPv6'

/** discovery.k8s.io/v1 Endpoint. */
export interface Endpoint {
  readonly addresses: readonly string[]
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean }
  readonly hostname?: string
  readonly targetRef: { readonly kind: 'Pod'; readonly namespace: string; readonly name: string; readonly uid?: string }
  readonly nodeName?: string
  readonly zone?: string
  readonly hints?: {
    readonly forZones?: readonly { readonly name: string }[]
    readonly forNodes?: readonly { readonly name: string }[]
  }
}

/** discovery.k8s.io/v1 EndpointPort. */
export interface EndpointPort {
  readonly name: string
  readonly port: number
  readonly protocol: string
  readonly appProtocol?: string
}

/** Pods with an address that have not finished; those on their way out count too. Models endpointutil ShouldPodBeInEndpoints. */
export function belongs(pod: ObjectRow, family: Family): boolean {
  return addressOf(pod, family) !== undefined && !isFinished(pod) && Boolean(pod.object.spec?.nodeName)
}

export function addressOf(pod: ObjectRow, family: Family): string | undefined {
  const { podIPs, podIP } = pod.object.status ?? {}
  const all: readonly { ip?: string }[] = podIPs?.length ? podIPs : podIP ? [{ ip: podIP }] : []
  return all.find(({ ip }) => ip !== undefined && (family === 'IPv6') === ip.includes(':'))?.ip
}

/**
 * `ready` is what a proxy needs, `serving` the readiness alone: a terminating pod serves but is not ready, unless the
 * Service publishes addresses that are not. Models pkg/controller/util/endpointslice podToEndpoint.
 */
export function endpointOf(pod: ObjectRow, service: KubeObject, family: Family, ctx: ControllerCtx): Endpoint {
  const serving = isReady(pod)
  const terminating = isTerminating(pod)
  const { hostname, subdomain, nodeName } = pod.object.spec ?? {}
  const zone = nodeName && ctx.api.get('Node', '', nodeName)?.object.metadata.labels?.['topology.kubernetes.io/zone']
  const publishes = service.spec?.publishNotReadyAddresses === true
  const ready = publishes || (serving && !terminating)
  return {
    addresses: [addressOf(pod, family) ?? ''],
    conditions: { ready, serving, terminating },
    ...(hostname && subdomain === service.metadata.name ? { hostname } : {}),
    targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.object.metadata.uid },
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(ready && !wantsTopologyHints(service) ? hintsOf(service.spec?.trafficDistribution, zone, nodeName) : {}),
  }
}

/** Models staging endpointslice/trafficdist: the hint of a ready endpoint names its own place. */
function hintsOf(
  distribution: string | undefined,
  zone: string | undefined,
  nodeName: string | undefined,
): Pick<Endpoint, 'hints'> {
  const forZones = zone ? { forZones: [{ name: zone }] } : {}
  if (distribution === 'PreferClose' || distribution === 'PreferSameZone') return zone ? { hints: forZones } : {}
  if (distribution === 'PreferSameNode' && nodeName) return { hints: { ...forZones, forNodes: [{ name: nodeName }] } }
  return {}
}

/** The Service's ports as this pod serves them; a named target that the pod does not have is left out. */
export function portsOf(service: KubeObject, pod: ObjectRow): EndpointPort[] {
  const ports: readonly ServicePort[] = service.spec?.ports ?? []
  return ports.flatMap((port) => {
    const number = targetPort(port, pod)
    if (number === undefined) return []
    return [
      {
        name: port.name ?? '',
        port: number,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
      },
    ]
  })
}

interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly targetPort?: number | string
  readonly appProtocol?: string
}

interface Container {
  readonly restartPolicy?: string
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
}

/** Models pkg/api/v1/pod FindPort: by name among containers, then sidecars. */
function targetPort(
  { port, protocol = 'TCP', targetPort: target = port }: ServicePort,
  pod: ObjectRow,
): number | undefined {
  if (typeof target === 'number') return target === 0 ? port : target
  const { containers = [], initContainers = [] } = pod.object.spec ?? {}
  const sidecars = initContainers.filter(({ restartPolicy }: Container) => restartPolicy === 'Always')
  for (const container of [...containers, ...sidecars] as readonly Container[]) {
    const named = container.ports?.find((each) => each.name === target && (each.protocol ?? 'TCP') === protocol)
    if (named) return named.containerPort
  }
  return undefined
}
