import type { ObjectRow } from '../api/types.ts'
import type { Family, Ip } from '../net/address.ts'
import { parseIp } from '../net/ip.ts'
import { endpoint as endpointText } from '../net/summary.ts'
import type { ServicePort } from './service-ports.ts'

/** One backend of a service port. Models pkg/proxy/endpoint.go. */
export interface Endpoint {
  /** `10.244.1.11:8080`, `[fd00::1]:8080`. */
  readonly text: string
  readonly ip: Ip
  readonly port: number
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly node?: string
  readonly zoneHints: readonly string[]
  readonly nodeHints: readonly string[]
  /** The pod behind it, where the slice says so. */
  readonly pod?: { readonly namespace: string; readonly name: string }
}

const ADDRESS_TYPES: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' }

/**
 * The endpoints of a service port from its EndpointSlices, ordered by their text. A backend listed twice counts once: an
 * address may have passed from a pod that is ending to a new one, and the last mention that is not ending wins.
 * Models pkg/proxy/endpointslicecache.go.
 */
export function endpointsOf(port: ServicePort, slices: readonly ObjectRow[]): readonly Endpoint[] {
  const byText = new Map<string, Endpoint>()
  for (const { object } of slices) {
    if (object.addressType !== ADDRESS_TYPES[port.family]) continue
    const ports: readonly SlicePort[] = object.ports ?? []
    const own = ports.filter(
      (p) => (p.name ?? '') === port.portName && (p.protocol ?? 'TCP').toLowerCase() === port.protocol,
    )
    for (const { port: number } of own) {
      if (!number) continue
      for (const entry of (object.endpoints ?? []) as readonly SliceEndpoint[]) {
        const found = readEndpoint(entry, number)
        if (found && (!found.terminating || !byText.has(found.text))) byText.set(found.text, found)
      }
    }
  }
  return [...byText.values()].sort((a, b) => (a.text < b.text ? -1 : 1))
}

interface SlicePort {
  readonly name?: string
  readonly protocol?: string
  readonly port?: number | null
}
interface SliceEndpoint {
  readonly addresses?: readonly string[]
  readonly conditions?: {
    readonly ready?: boolean | null
    readonly serving?: boolean | null
    readonly terminating?: boolean | null
  }
  readonly nodeName?: string
  readonly hints?: { readonly forZones?: readonly { name: string }[]; readonly forNodes?: readonly { name: string }[] }
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string }
}

function readEndpoint(
  { addresses, conditions, nodeName, hints, targetRef }: SliceEndpoint,
  port: number,
): Endpoint | undefined {
  const ip = addresses?.[0] === undefined ? undefined : parseIp(addresses[0])
  if (!ip) return undefined
  const { ready, serving, terminating } = conditions ?? {}
  return {
    text: endpointText(ip, port),
    ...{ ip, port, ready: ready ?? true, serving: serving ?? true, terminating: terminating ?? false },
    ...(nodeName ? { node: nodeName } : {}),
    zoneHints: hints?.forZones?.map(({ name }) => name) ?? [],
    nodeHints: hints?.forNodes?.map(({ name }) => name) ?? [],
    ...(targetRef?.kind === 'Pod' && targetRef.name
      ? { pod: { namespace: targetRef.namespace ?? '', name: targetRef.name } }
      : {}),
  }
}
